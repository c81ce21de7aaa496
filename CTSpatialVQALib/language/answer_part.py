"""The part of a model's output that is its answer.

One place for recorded predictions and replies from servers alike. Reasoning, markers, leaked prompts,
run-on dialogue, explanations and markdown are cut; a labelled final answer, an `answer` element and the
`answer` field of a JSON object outweigh what stands around them. Each cut is named, so that a score can
say what it did and a reader can switch it off.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import NamedTuple

from CTSpatialVQALib.language.reasoning_marks import apart

# no answer to a question about place needs more; what is longer is a document, or output that ran away
LONGEST_ANSWER = 4_000

# control tokens of known chat templates, in the spellings in which they leak into texts
_MARKER = re.compile(
    r"</?s>|<\|?/?(?:im_start|im_end|im_sep|endoftext|end_of_text|begin_of_text|end|eot_id|eom_id|"
    r"assistant|user"
    r"|system|pad|unk|bos|eos|start|return|message|start_header_id|end_header_id|end_of_turn|start_of_turn"
    r"|end_of_solution|END_RESPONSE|START_OF_TURN_TOKEN|END_OF_TURN_TOKEN|CHATBOT_TOKEN)\|?>"
    r"|\[/?INST\]|<\uff5c[^\uff5c<>]{1,40}\uff5c>",
    re.IGNORECASE,
)
# elements of HTML that only lay a text out
_LAYOUT = re.compile(r"</?(?:b|i|u|em|strong|p|br|ul|ol|li|div|span|h[1-6]|sub|sup|code|pre)\s*/?>", re.I)
# what still looks like a token of some template: nobody knows which side of it is the answer
_UNKNOWN_MARK = re.compile(
    r"<\|[^<>|\n]{1,40}\|>|<unused\d+>|<extra_id_\d+>|◁[^▷\n]{1,40}▷|</?[a-z][\w:.-]{2,40}>|"
    r"\[/?[A-Z_]{4,20}\]"
)
_ANSWER_ELEMENT = re.compile(
    r"<(answer|final_answer|final|response|output|solution|conclusion|result)>(.*?)(?:</\1>|$)",
    re.IGNORECASE | re.DOTALL,
)
_MAY_MARK = re.compile(r"[<◁\[\]]")

# a dialogue that the model goes on to write by itself
_RUN_ON = re.compile(r"(?:^|[\s.?!])(?:Question|User|Human|Q)\s*[:：]", re.IGNORECASE)
_PROMPT = re.compile(
    r"^(?:you are (?:an?|the) [^.]{0,200}(?:assistant|radiologist|expert|model)[^.]*\."
    r"|(?:please )?answer the (?:following )?question[^.:]*[.:]"
    r"|<image>|<im_patch>|based on the (?:provided |given )?(?:ct|image|scan|volume)[^,.:]*[,:])\s*",
    re.IGNORECASE,
)
_LEADING_LABEL = re.compile(
    r"^\W*(?:(?:my|the)\s+)?(?:final\s+)?(?:answer|assistant|response|prediction|a)\s*\**\s*[:：]\s*",
    re.IGNORECASE,
)
_ANSWER_LABEL = re.compile(r"(?<=\S)\s*\b(?:answer|assistant|response)\s*[:：]", re.IGNORECASE)
# `Final answer: left`, `### Conclusion`, `So the answer is B`: what follows outweighs what was considered
_FINAL_LABEL = re.compile(
    r"(?:(?:\bmy|\bthe)\s+)?\b(?:final\s+(?:answer|diagnosis|conclusion|decision|verdict)|answer)"
    r"\s*[*_]*\s*(?:[:：]|\n|=|\bis\s*[:：]|-(?=\s))\s*"
    r"|\b(?:the|my)\s+(?:final|correct|best|right)\s+answer\s+(?:is|would be)\b\s*[:：]?"
    r"|\bthe\s+answer\s+is\b\s*[:：]?(?!\s*(?:not\b|unclear|uncertain|unknown))"
    r"|^[\s#*_]*(?:final\s+)?(?:conclusion|impression|summary|verdict)\s*[*_]*\s*[:：]?\s*(?:\n|"
    r"(?<=[:：])\s*)"
    r"|(?<=[.!?])\s*(?:conclusion|verdict)\s*[:：]",
    re.IGNORECASE | re.MULTILINE,
)
_CONDITIONAL = re.compile(r"\b(?:if|whether|unless|whatever)\b[^.\n]*$", re.IGNORECASE)
# sections that explain an answer and are none
_EXPLANATION = re.compile(
    r"(?:^|[\s*_#])(?:explanation|reasoning|rationale|justification|reason|confidence(?: level| score)?|"
    r"disclaimer"
    r"|references?|sources?|evidence|details|note)\s*[*_]*\s*[:：]",
    re.IGNORECASE,
)
# a section of thinking aloud that a label opens at the very start of the output
_LEADING_REASONING = re.compile(
    r"^\W*(?:thoughts?|reasoning|analysis|explanation|rationale|chain of thought|step\s*1)\s*[*_]*\s*[:：]",
    re.IGNORECASE,
)
_BOXED = re.compile(r"\\boxed\s*\{((?:[^{}]|\{[^{}]*\})*)\}")
_LATEX = re.compile(r"\\(?:text|mathrm|textbf|mathbf)\s*\{([^{}]*)\}|\\[()\[\]]|\$")
_FENCE = re.compile(r"```[a-z]*\n?|```", re.IGNORECASE)
_BULLET = re.compile(r"^\s*(?:[-*•▪‣]|\d{1,2}[.)](?=\s))\s+", re.MULTILINE)
_HEADER = re.compile(r"^\s*#{1,6}\s*(.*?)\s*#*\s*$", re.MULTILINE)
_EMPHASIS = re.compile(r"\*\*|__|(?<!\w)[*_](?=\w)|(?<=[\w.,;:!?)])[*_](?!\w)|`")
_TABLE_ROW = re.compile(r"^\s*\|(.*)\|\s*$", re.MULTILINE)
_MAY_FORMAT = re.compile(r"[*_`#|\\$•▪‣\n]")
# fields of a JSON object in which models put the answer, the most telling first
_ANSWER_FIELDS = (
    "final_answer",
    "finalanswer",
    "answer",
    "response",
    "prediction",
    "result",
    "output",
    "conclusion",
)
_REASONING_FIELDS = frozenset(
    "reasoning explanation rationale thought thoughts analysis confidence evidence".split()
)


class AnswerPart(NamedTuple):
    """What is left of an output.

    text : the answer in one line, empty where there is none
    cuts : what was cut from the output, by name
    readable : False where marks of an unknown kind leave open what the answer is, or the text is too long
    """

    text: str
    cuts: tuple[str, ...] = ()
    readable: bool = True


# the same output is scored, compared under probes and shown
@lru_cache(maxsize=20_000)
def answer_part(output: str) -> AnswerPart:
    """The answer in a model's output."""
    cuts: list[str] = []
    text, reasoning = apart(output)
    if reasoning:
        cuts.append("reasoning")
    text = _from_element(text, cuts)
    text = _from_json(text, cuts)
    if _MAY_MARK.search(text):
        text = _noting(cuts, "marker", text, _LAYOUT.sub(" ", _MARKER.sub(" ", text)))
    text = _noting(cuts, "leaked prompt", text, _without_start(_PROMPT, text))
    text = _noting(cuts, "label", text, _without_start(_LEADING_LABEL, text))
    text = _noting(cuts, "run-on dialogue", text, _before_dialogue(text))
    text = _noting(cuts, "reasoning before the answer", text, _final_answer(text))
    text = _noting(cuts, "explanation", text, _without_explanation(text))
    readable = not _UNKNOWN_MARK.search(text) and len(text) <= LONGEST_ANSWER
    return AnswerPart(_plain(text[: LONGEST_ANSWER + 1]), tuple(cuts), readable)


def _noting(cuts: list[str], what: str, before: str, after: str) -> str:
    if after.strip() != before.strip():
        cuts.append(what)
    return after.strip()


def _from_element(text: str, cuts: list[str]) -> str:
    """The content of the last `<answer>` element."""
    if "<" not in text:
        return text
    elements = [match for match in _ANSWER_ELEMENT.finditer(text) if match.group(2).strip()]
    if not elements:
        return text
    cuts.append("label")
    return elements[-1].group(2).strip()


def _from_json(text: str, cuts: list[str]) -> str:
    """The answer field of a JSON object, alone or in a fenced block."""
    bare = _FENCE.sub("", text).strip() if "```" in text else text.strip()
    if not (bare.startswith("{") and bare.endswith("}")):
        at = bare.find('{"')
        bare = bare[at : bare.rfind("}") + 1] if at >= 0 else ""
    if not bare:
        return text
    try:
        value = json.loads(bare)
    except (ValueError, RecursionError):
        return text
    answer = _field(value) if isinstance(value, dict) else None
    if answer is None:
        return text
    cuts.append("JSON")
    return answer


def _field(value: dict[str, object]) -> str | None:
    fields = {str(name).lower().replace(" ", "_"): entry for name, entry in value.items()}
    for name in _ANSWER_FIELDS:
        if name in fields:
            return _spoken(fields[name])
    if "error" in fields:
        return None  # an error report is no answer, and is known by its field
    others = [entry for name, entry in fields.items() if name not in _REASONING_FIELDS]
    return _spoken(others[0]) if len(others) == 1 else None


def _spoken(entry: object) -> str:
    if isinstance(entry, bool):
        return "yes" if entry else "no"
    if isinstance(entry, list):
        return ", ".join(_spoken(part) for part in entry)
    if isinstance(entry, dict):
        return ", ".join(f"{name} {_spoken(part)}" for name, part in entry.items())
    return "" if entry is None else str(entry)


def _without_start(pattern: re.Pattern[str], text: str) -> str:
    text = text.strip()
    while found := pattern.match(text):
        text = text[found.end() :]
    return text


def _before_dialogue(text: str) -> str:
    """The text before a dialogue; one at the very start leaves what follows its own answer label."""
    found = _RUN_ON.search(text)
    while found is not None and not text[: found.start()].strip():
        answer = _ANSWER_LABEL.search(text, found.end())
        text = text[(answer or found).end() :].strip()
        found = _RUN_ON.search(text) if answer else None
    return text if found is None else text[: found.start() + 1]


def _final_answer(text: str) -> str:
    """What the last label of a final answer announces; the whole text where it announces nothing."""
    boxed = _BOXED.findall(text) if "\\boxed" in text else []
    if boxed:
        return str(boxed[-1])
    for label in reversed(list(_FINAL_LABEL.finditer(text))):
        rest = text[label.end() :]
        line = text.rfind("\n", 0, label.start()) + 1
        if re.search(r"\w", rest) and not _CONDITIONAL.search(text[line : label.start()]):
            return rest
    return text


def _without_explanation(text: str) -> str:
    opened = _LEADING_REASONING.match(text)
    found = _EXPLANATION.search(text, opened.end() if opened else 0)
    if opened:
        return text[opened.end() :]
    if found is None or not re.search(r"\w", text[: found.start()]):
        return text
    return text[: found.start()]


def _plain(text: str) -> str:
    """Without markdown, each line a statement of its own, in one line."""
    if _MAY_FORMAT.search(text):
        text = _FENCE.sub("", text)
        text = _LATEX.sub(lambda match: match.group(1) or "", text)
        text = _TABLE_ROW.sub(lambda match: match.group(1).replace("|", ","), text)
        text = _HEADER.sub(r"\1", text)
        text = _BULLET.sub("\n", text)
        text = _EMPHASIS.sub("", text)
        text = _one_line(text)
    return " ".join(text.split())


def _one_line(text: str) -> str:
    """Blank lines and bullets end a statement; a broken line goes on."""
    paragraphs = [" ".join(part.split()) for part in re.split(r"\n\s*\n+", text)]
    stopped = [part if part[-1] in ".!?;:," else f"{part}." for part in paragraphs if part]
    if len(stopped) > 1:
        return " ".join(stopped)
    return paragraphs[0] if len(paragraphs) == 1 else "".join(part for part in paragraphs if part)
