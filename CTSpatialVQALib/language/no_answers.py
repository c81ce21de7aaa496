"""Texts that are no answers: refusals, abstentions, missing images, error reports, broken output.

`abstention_in` speaks of one clause and knows nothing of the rest; whether a whole text is no answer is
decided where its clauses are weighed (`answer_reading`). `broken_output` speaks of whole texts.
"""

from __future__ import annotations

import itertools
import re

from CTSpatialVQALib.records.words import NoAnswer

_I = re.IGNORECASE
_MEDIUM = (
    r"(?:images?|scans?|ct|cts|volumes?|slices?|pictures?|attachments?|files?|data(?:set)?|series|study|"
    r"studies|\.nii(?:\.gz)? files?)"
)
_CANNOT = (
    r"(?:cannot|can ?not|can['’]?t|could not|could(?:n['’]?t)|(?:am|are|is|was) (?:not able|"
    r"unable)(?: to)?|"
    r"unable to"
    r"|not able to|not possible(?: for me)? to|impossible(?: for me)? to|difficult to|hard to|"
    r"no way (?:of|to)"
    r"|do(?:es)? not allow(?: me)? to|don['’]?t allow(?: me)? to|allow me to|have no (?:basis|"
    r"means) (?:to|for)"
    r"|don['’]?t have the (?:ability|capability) to|do not have the (?:ability|capability) to"
    r"|don['’]?t want to|do not want to|won['’]?t|will not|not going to|hesitate to|refrain from|"
    r"would rather not)"
)

# each entry: the name of the no-answer, and the words by which a clause is known for one
_TABLE: tuple[tuple[NoAnswer, tuple[str, ...]], ...] = (
    (
        NoAnswer.FAILED,
        (
            r"\berror code\b|\binternal (?:server )?error\b|\bhttp (?:error )?[45]\d\d\b|"
            r"\b[45]\d\d (?:error|bad gateway|service)",
            r"^\W*(?:\w*error|exception|traceback|warning)\b\s*[:({]|^\W*error\b|\btraceback \(most recent",
            r"\bfailed to (?:obtain|get|load|generate|fetch|process|connect|retrieve|produce|parse|run|"
            r"call|complete)",
            r"\b(?:out of memory|outofmemory|rate limit|quota exceeded|time[d ]? ?out|timeout|bad gateway"
            r"|service unavailable|connection (?:refused|reset|error|aborted)|max(?:imum)? retries|"
            r"overloaded"
            r"|try again later|no response (?:from|received)|request (?:failed|was blocked)|stack trace|"
            r"segfault)\b",
            r"\{\s*\"?error\"?\s*:",
            r"\b(?:something|an error) (?:went wrong|occurred)\b|\bplaceholder\b|\bcontent (?:filter|"
            r"removed|blocked)",
        ),
    ),
    (
        NoAnswer.NO_IMAGE,
        (
            rf"\bno (?:\w+ ){{0,2}}?{_MEDIUM} (?:(?:was|were|is|are|has been|have been) )?(?:attached|"
            r"provided|uploaded|"
            r"supplied|included|visible|available|found|received|given|shared|present|here)",
            r"\b(?:please|could you|can you|kindly|if you|you could) (?:\w+ ){0,2}?(?:provide|upload|"
            r"attach|share|send|supply|re-?upload|paste|describe|include)\b",
            rf"\b{_CANNOT} (?:see|view|access|open|load|display|find|process|interpret|read|receive|"
            rf"look at|analy[sz]e) (?:\w+ ){{0,3}}?{_MEDIUM}\b",
            r"\b(?:do not|don['’]?t|did not|didn['’]?t|doesn['’]?t) (?:\w+ )?(?:see|have|receive|find|"
            rf"get|contain)(?: access to)? (?:an?y?|the|your|that|this)? ?(?:\w+ )?{_MEDIUM}(?! of (?:a|"
            r"an)\b)",
            rf"\b{_MEDIUM} (?:seems?|appears?) (?:not to (?:have been |be )|"
            r"to (?:have )?not (?:been |be )?)\w+",
            rf"\b{_MEDIUM} (?:is|are|was|were|seems?|appears?)(?: to be)? (?:missing|not (?:attached|"
            r"provided|included|visible|uploaded|available|loaded|shown)|empty|blank|corrupt\w*)",
            r"\bwithout (?:access to |seeing |having |being shown )?(?:an?|the|any|your) (?:actual |"
            rf"ct )?{_MEDIUM}\b",
            rf"\bonly received? (?:a |the )?text\b|\bonly received a\b|\bno access to (?:the )?{_MEDIUM}|"
            rf"\bthere is no (?:attached )?{_MEDIUM}\b(?! of)",
            r"\bno way of (?:opening|seeing|viewing|accessing)\b|\bforgot to (?:attach|upload|include)\b",
        ),
    ),
    (
        NoAnswer.REFUSED,
        (
            rf"\b{_CANNOT} (?:help|assist|comply|provide|offer|give|fulfil\w*|make|answer|respond|"
            r"discuss|interpret|perform|engage|diagnos\w*|support|process|view|share|comment)\b",
            r"\b(?:can['’]?t|cannot|not able to|unable to) be of (?:more |any )?(?:help|assistance)",
            r"\bas an? (?:ai|artificial|large|language|text)\b|\bi['’]?m (?:just |only )?an? (?:ai|"
            r"language|text|virtual)\b|\bi am (?:just |only )?an? (?:ai|language|text|virtual)\b",
            r"\bnot (?:qualified|licen[sc]ed|a (?:doctor|physician|radiologist|medical))\b|"
            r"\bmust decline\b|\bagainst (?:my|our|the) (?:policy|guidelines)\b",
            r"\bnot (?:allow me to give|able to give) medical advice\b|\bmedical advice\b|"
            r"\bi (?:respectfully )?decline\b",
            r"\b(?:consult|see|ask|contact|speak to|speak with|discuss\w* (?:this )?with|refer to|"
            r"seek) (?:with )?(?:an?|your|the) (?:\w+ ){0,3}?(?:radiologist|doctor|physician|"
            r"pulmonologist|cardiologist|specialist|professional|provider|expert|surgeon|colleague)",
            r"\b(?:should|must|needs? to|has to|ought to) be (?:\w+ )?(?:assessed|evaluated|interpreted|"
            r"reviewed|read|correlated|answered|made|done|reported) (?:by|with)\b",
        ),
    ),
    (
        NoAnswer.CANNOT_DETERMINE,
        (
            # the writer cannot look: `I cannot see a nodule` denies one, `I cannot check for it` says nothing
            r"\bi(?: am|['’]m| was)? (?:\w+ )?(?:not able to|unable to|cannot|can ?not|can['’]?t) (?:\w+ly )?"
            r"(?:check|examine|inspect|look|interpret|view|access|review|open|analy[sz]e|scan|study|observe"
            r"|offer|work|verify|confirm)\b",
            rf"\b{_CANNOT} (?:reliably |safely |confidently |definitively |really |clearly |accurately |"
            r"currently |honestly |possibly |yet |be sure )?(?:to )?(?:determine|tell|say|assess|"
            r"evaluate|ascertain|answer|judge|conclude|establish|confirm|verify|specify|infer|decide|"
            r"know|state|locali[sz]e|differentiate|distinguish|estimate|comment|commit|be (?:sure|"
            r"certain|specific)|make (?:out|a)|pin|quantify|measure|predict|assign|name|give (?:a|an|"
            r"you|the))\b",
            r"\b(?:cannot|can ?not|can['’]?t|could not|"
            r"could(?:n['’]?t)) (?:\w+ )?be (?:\w+ly )?(?:determined|told|said|assessed|evaluated|"
            r"ascertained|answered|judged|concluded|established|confirmed|verified|specified|inferred|"
            r"decided|locali[sz]ed|differentiated|distinguished|estimated|measured|given|settled|stated|"
            r"quantified|named|assigned|known|made|located|identified with|discerned)\b(?! that)",
            rf"\b{_CANNOT} (?:see|identify|find|recogni[sz]e|discern|visuali[sz]e|locate|"
            r"appreciate) (?:clearly |exactly )?(?:where|which|what|on which|in which|the (?:exact |"
            r"precise )?(?:location|side|level|position|lobe|segment|site|answer)|it\b|this\b|enough)",
            r"\bnot (?:\w+ )?(?:specified|mentioned|stated|given|provided|determinable|answerable|"
            r"discernible|assessable|evaluable|applicable|determined|known|decidable|addressed|"
            r"specifically (?:stated|mentioned))\b",
            r"\b(?:not|n['’]t) (?:\w+ )?(?:enough|sufficient|adequate)\b|\binsufficient\b|\binadequate\b|"
            r"\b(?:not|n['’]t) (?:entirely |completely |quite |really )?(?:sure|certain|confident)\b",
            r"\b(?:unknown|undetermined|indeterminate|undeterminable|unanswerable|unclear|inconclusive|"
            r"non-?diagnostic|unspecified)\b",
            r"^\W*(?:n/?a|tbd|\?+|uncertain|unsure|nil return)\W*$|\bi (?:do not|don['’]?t|wouldn['’]?t|"
            r"did not|didn['’]?t) (?:really )?know\b|\bno idea\b|\bnot clear\b(?! of)",
            r"\b(?:does not|doesn['’]?t|do not|don['’]?t|did not) (?:\w+ )?(?:cover|include|show|"
            r"extend to|reach|depict|contain) (?:the |this |that |any of the )?(?:region|area|level|"
            r"lungs?|structure|organ|part|question|relevant|required|needed)",
            r"\b(?:outside|beyond|not (?:in|within|part of)) (?:of )?the (?:field of view|scan range|"
            r"scanned|imaged|acquired|coverage|exam\w+ area)",
            r"\b(?:too|very) (?:dark|blurry|noisy|bright|small|poor|low|grainy|few|coarse|"
            r"unclear)\b[^.]*\b(?:to|for)\b|\b(?:poor|limited|bad|low|degraded) (?:image )?quality\b|"
            r"\bresolution is\b",
            r"\b(?:requires?|needs?|would need|i['’]d need|need to see|would require)\b [^.]*\b(?:review|"
            r"full|complete|more|additional|further|other|window|images?|slices?|data|information|"
            r"examination)\b",
            r"\bno (?:information|data|details?|statement|conclusion|reliable|"
            r"definite(?:ly|ive)?)\b(?: \w+)? ?(?:about|on|regarding|is|are|can|could|to|available|given|"
            r"provided|"
            r"possible|answer|statement)?",
            r"\b(?:image quality|slice selection|the (?:images?|scans?|data|slices?)) (?:\w+ )?(?:does|"
            r"do|allows?) (?:not )?(?:me )?",
            r"\b(?:clinical correlation|further evaluation|further imaging|correlat\w+ with)\b",
            r"\bnot assessable\b|\bnot possible\b|\bimpossible\b|\bis not included\b|"
            r"\bnot been (?:imaged|scanned|covered)\b",
        ),
    ),
    (
        NoAnswer.UNCOMMITTED,
        (
            r"\bit (?:all )?depends\b|\bdepends? on\b|\bmay vary\b|\bvar(?:y|ies) (?:between|from|with|"
            r"among)\b|\b50[/-]50\b|\beither (?:is|are) possible\b",
            r"^\W*(?:maybe|possibly|perhaps|probably|could be|likely|potentially|presumably|hard to say|"
            r"good question)\W*$",
            r"^\W*(?:yes\W*(?:/|or|and)\W*no|no\W*(?:/|or|and)\W*yes)\b",
            r"\blet(?:['’]s| me| us) (?:look|see|check|think|take|have|start|analy[sz]e|begin|examine|"
            r"go)\b|\b(?:i['’]?ll|i will|i['’]?m going to|we will) (?:now )?(?:look|check|analy[sz]e|"
            r"examine|begin|start)\b",
            r"^\W*(?:sure|certainly|of course|okay|ok|absolutely|great|happy to help|thank(?:s|"
            r" you)[^.]*|hello|hi|i appreciate[^.]*|sorry|good (?:question|morning))\W*$",
            r"\bthank you for\b|\bi appreciate\b|\bmight be or might not\b|\bmay or may not\b|"
            r"\bcould go either way\b|\bi guess\b|\ba guess\b|\bguessing\b|\bjust guess|\btoss",
        ),
    ),
)
_PATTERNS = tuple((name, re.compile("|".join(words), _I)) for name, words in _TABLE)
# one quick look decides for most clauses; the table only says which kind it is
_ANY = re.compile("|".join(f"(?:{pattern.pattern})" for _, pattern in _PATTERNS), _I)
# knowledge about patients at large, or about how one would look: says nothing about this patient
_GENERIC = re.compile(
    r"\b(?:typically|usually|generally|often|commonly|most often|most commonly|in general|frequently|"
    r"by definition"
    r"|tends? to|are considered|is considered|is defined|one (?:should|would|can|could|may|must)|"
    r"we would|you (?:can|would|should|may)"
    r"|it is important|is important|is an important part|can be caused|may be caused|may point to|(?:is|"
    r"are) an? (?:common|sign|rounded|known|frequent)|(?:were|was|are|is) (?:carefully |systematically |"
    r"all |both )?(?:reviewed|assessed|examined|inspected|checked|analy[sz]ed|traced|looked at)|"
    r"i (?:looked|checked|reviewed|examined|traced)|you asked|your question|would clarify|"
    r"in (?:the )?case of|would (?:be )?(?:visible|appear|show|present|look)|would be (?:expected|pushed|"
    r"pulled|displaced)|can be (?:observed|seen|"
    r"found) in (?:either|any|all)|can be (?!seen|observed|appreciated|identified|counted|measured|found|"
    r"traced|followed|visuali|recogni|in\b|on\b|at\b|either|left|right|upper|lower|both|unilateral|"
    r"bilateral|made out)|are best appreciated"
    r"|in (?:most )?patients with|in elderly patients|is (?:reserved|recommended)|possible locations?|"
    r"common locations?"
    r"|is the best way|should be (?:correlated|made|assessed|evaluated|considered)|includes? the following"
    r"|can be found (?:in|on)|may be found|are found\?|may be seen in|is the largest solid|"
    r"to (?:determine|measure|assess|evaluate|identify|answer) (?:this|the|its|whether|which|where)"
    r"|might be (?:useful|helpful|warranted)|may be (?:useful|helpful|warranted|considered)|follow-up|"
    r"differential diagnosis|known as|as the name (?:says|implies|suggests)|appears? on (?:ct|imaging) as"
    r"|(?:is|are) (?:highly |quite |very )?variable|in (?:many|some|most) (?:people|persons|individuals|"
    r"cases)"
    r"|ha(?:s|ve) to be interpreted|(?:as|like) with any|treatment of choice"
    r"|(?:steps?|methods?|measurements?) (?:would be|is|are) (?:needed|required|necessary))\b",
    _I,
)
_EMPTY_VALUE = re.compile(r"^\W*(?:nan|null|none|undefined|nil|void|n\.?a\.?|\[\s*\]|\{\s*\}|\"\")\W*$", _I)
_WORD = re.compile(r"[^\W_]+")
_REPEATED = 4  # a word group said so often in a row is a model that has run into a loop


def abstention_in(words: str) -> NoAnswer | None:
    """What kind of no-answer a clause is, or None where it says something."""
    if not _ANY.search(words):
        return None
    return next(name for name, pattern in _PATTERNS if pattern.search(words))


def speaks_generally(words: str) -> bool:
    """Whether a clause tells what is usual, possible or advisable, and nothing of this patient."""
    return bool(_GENERIC.search(words))


def broken_output(text: str, *, none_answers: bool = False) -> bool:
    """Whether a text is no language, an empty value, or one phrase over and over.

    Parameters
    ----------
    none_answers : whether the bare word `none` answers the question
    """
    if _EMPTY_VALUE.match(text):
        # `None` alone is how Python writes an empty value; `none` and `None.` are words
        return not (none_answers and text.strip(" \"'") in ("none", "none.", "None."))
    words = _WORD.findall(text.lower())
    if not words:
        return True
    if _doubled(words) or _UNFINISHED.search(text) or _ROLES_ONLY.match(text):
        return True
    return any(_loops(words, length) for length in range(1, 13))


# a text that stops where its noun should follow; names of chat roles without a word of theirs
_UNFINISHED = re.compile(r"^(?!.*[.!?]\s).*\b(?:the|a|an|of|in the|on the)\s*$", re.IGNORECASE | re.DOTALL)
_ROLES_ONLY = re.compile(r"^\W*(?:assistant|user|system|model|human|answer|question)\W*$", re.IGNORECASE)
_STUTTER = 3  # pairs of one word said twice in a row


def _doubled(words: list[str]) -> bool:
    """Whether most of a text is words said twice: `the the lung lung region region`."""
    pairs = sum(one == other for one, other in itertools.pairwise(words))
    return pairs >= _STUTTER and pairs * 4 >= len(words)


def _loops(words: list[str], length: int) -> bool:
    """Whether a group of `length` words stands `_REPEATED` times in a row (single words twice as often)."""
    times = _REPEATED * 2 - 2 if length == 1 else _REPEATED - (length > 4)
    span = length * (times - 1)
    run = 0
    for at in range(len(words) - length):
        run = run + 1 if words[at] == words[at + length] else 0
        if run >= span:
            return True
    return False
