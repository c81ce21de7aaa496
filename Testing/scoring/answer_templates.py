"""Sentences of known truth: templates filled with the side, the lobe or the yes of a reference."""

from __future__ import annotations

from typing import Literal, NamedTuple

Truth = Literal["right", "wrong", "no answer"]
Slot = Literal["side", "lobe", "yes", "any"]


class Template(NamedTuple):
    """A sentence with slots.

    slot : what kind of reference fills it; truth : what the filled sentence is
    text : `{s}` is the reference's own value, `{o}` another one, `{r}` the whole reference
    """

    slot: Slot
    truth: Truth
    text: str


TEMPLATES = (
    # the reference itself, wrapped
    Template("any", "right", "{r}"),
    Template("any", "right", "Answer: {r}"),
    Template("any", "right", "**{r}**"),
    Template("any", "right", "Final answer: {r}"),
    Template("any", "right", "<think>It is hard to say, maybe the opposite.</think>{r}"),
    Template("any", "right", "<seed:think>Left? Right?</seed:think>{r}"),
    Template("any", "right", "{r} This is best seen on the axial images."),
    # sides
    Template("side", "right", "{S}, not {o}."),
    Template("side", "right", "Not on the {o}, but on the {s}."),
    Template("side", "right", "The {o} side is clear; the finding is on the {s}."),
    Template("side", "right", "{O} was considered and rejected. Final answer: {s}."),
    Template("side", "right", "Rather than the {o}, the {s} side is affected."),
    Template("side", "right", "At first glance it looks like the {o} side. On review it is on the {s}."),
    Template("side", "right", "It is on the {s}. The {o} side is unremarkable."),
    Template("side", "right", "The finding is most likely on the {s}."),
    Template("side", "right", "There is nothing on the {o}, whereas the {s} shows the finding."),
    Template("side", "right", "On the patient's {s}, i.e. the {o} side of the image."),
    Template("side", "right", "It lies on the {s} side, without involvement of the {o} side."),
    Template("side", "wrong", "Not on the {s}."),
    Template("side", "wrong", "{O}, not {s}."),
    Template("side", "wrong", "Not on the {s}, but on the {o}."),
    Template("side", "wrong", "{S} was considered and rejected. Final answer: {o}."),
    Template("side", "wrong", "The {s} side is clear; the finding is on the {o}."),
    Template("side", "wrong", "I first thought {s}, but it is on the {o}."),
    Template("side", "wrong", "It used to be on the {s}; now it is on the {o}."),
    Template("side", "wrong", "The {s} side is spared."),
    Template("side", "wrong", "On the {o}, away from the {s} side."),
    Template("side", "wrong", "{S}. Wait, actually {o}."),
    Template("side", "wrong", "It is on the side opposite to the {s}."),
    Template("side", "wrong", "Neither on the {s} nor on the {o}."),
    Template("side", "no answer", "It could be {s} or {o}."),
    Template("side", "no answer", "I cannot tell whether it is {s} or {o}."),
    Template("side", "no answer", "Typically this is on the {s}, but I cannot see the image."),
    # lobes
    Template("lobe", "right", "It is in the {s}, not in the {o}."),
    Template("lobe", "right", "The {o} is normal. The finding is located in the {s}."),
    Template("lobe", "right", "There is no abnormality in the {o}; it lies in the {s}."),
    Template("lobe", "right", "Initially I thought of the {o}, but it is in the {s}."),
    Template("lobe", "right", "The {s} is affected, whereas the {o} is spared."),
    Template("lobe", "right", "No longer in the {o} but in the {s}."),
    Template("lobe", "wrong", "It is not in the {s}."),
    Template("lobe", "wrong", "All lobes except the {s}."),
    Template("lobe", "wrong", "It is in the {o}, not in the {s}."),
    Template("lobe", "wrong", "The {s} is normal. The finding is located in the {o}."),
    Template("lobe", "wrong", "The {s} was considered first, but the finding is in the {o}."),
    Template("lobe", "wrong", "The {o} rather than the {s}."),
    Template("lobe", "wrong", "The {s} is free of it."),
    Template("lobe", "wrong", "Previously it was in the {s}; now it is in the {o}."),
    Template("lobe", "wrong", "The lobe opposite to the {s}."),
    Template("lobe", "wrong", "In the {s} and in the {o}."),
    Template("lobe", "no answer", "Either the {s} or the {o}."),
    Template("lobe", "no answer", "Whether it is the {s} cannot be determined."),
    Template("side", "right", "The {o}? No, the {s}."),
    Template("side", "right", "Definitely {s}."),
    Template("side", "right", "{S}, I believe."),
    Template("side", "right", "There is no abnormality on the {o} side, but there is one on the {s}."),
    Template("side", "right", "Unlike the {o} side, the {s} side is affected."),
    Template("side", "right", "It can be seen on the {s} (not on the {o})."),
    Template("side", "right", "{S}-sided. Please correlate clinically."),
    Template("side", "right", "I am not a radiologist, but it is on the {s}."),
    Template("side", "wrong", "The {s}? No, the {o}."),
    Template("side", "wrong", "The {s} side cannot be the answer; it is the {o}."),
    Template("side", "wrong", "I would have expected the {s}, but it is the {o}."),
    Template("side", "wrong", "It is contralateral to the {s}."),
    Template("side", "wrong", "Both sides, {s} and {o}."),
    Template("side", "wrong", "On the {s} side of the image."),
    Template("side", "wrong", "The {s} is not involved; the {o} is."),
    Template("side", "wrong", "Not only on the {s} but also on the {o}."),
    Template("side", "wrong", "{S} is unlikely."),
    Template("side", "wrong", "Contrary to the {s} side, the {o} side is affected."),
    Template("side", "wrong", "The {s} side looks normal to me."),
    Template("side", "wrong", "It is not true that it is on the {s}."),
    Template("side", "no answer", "Possibly {s}, possibly {o}."),
    Template("side", "no answer", "{S}/{o}?"),
    Template("side", "no answer", "If the image were mirrored it would be on the {s}; I cannot say."),
    Template("lobe", "right", "The {s} (not the {o})."),
    Template("lobe", "right", "As opposed to the {o}, the {s} is affected."),
    Template("lobe", "right", "The {o}? No, the {s}."),
    Template("lobe", "right", "It can be seen in the {s}."),
    Template("lobe", "right", "It is found in the {s} but not in the {o}."),
    Template("lobe", "right", "In the {s}; there is nothing elsewhere."),
    Template("lobe", "right", "Looking at the axial slices, I can identify it in the {s}."),
    Template("lobe", "right", "Thank you for the question. It is in the {s}."),
    Template("lobe", "right", "It lies in the {s}. There is no pleural effusion."),
    Template("lobe", "right", "{S}, sparing the {o}."),
    Template("lobe", "right", "Most likely the {s}."),
    Template("lobe", "wrong", "Apart from the {s}, all lobes are affected."),
    Template("lobe", "wrong", "Every lobe other than the {s}."),
    Template("lobe", "wrong", "The {s} has been ruled out."),
    Template("lobe", "wrong", "The finding in the {s} has resolved."),
    Template("lobe", "wrong", "It spares the {s}."),
    Template("lobe", "wrong", "Involvement of the {s} is unlikely."),
    Template("lobe", "wrong", "The {s} is not involved; the {o} is."),
    Template("lobe", "wrong", "Not only the {s} but also the {o}."),
    Template("lobe", "wrong", "I would have expected the {s}, but it is in the {o}."),
    Template("lobe", "wrong", "The {s}? No, the {o}."),
    Template("lobe", "wrong", "In the {o}, adjacent to the {s}."),
    Template("lobe", "wrong", "It lies just above the {s}."),
    Template("lobe", "wrong", "It has moved from the {s} to the {o}."),
    Template("lobe", "wrong", "There is no finding in the {s}."),
    Template("lobe", "wrong", "The {s} appears unremarkable."),
    Template("lobe", "no answer", "It may be in the {s}, but I am not sure."),
    Template("lobe", "no answer", "The {s} is a common place for it."),
    Template("lobe", "no answer", "The {s} cannot be excluded."),
    # yes or no
    Template("yes", "right", "{S}, that is the case."),
    Template("yes", "right", "I was unsure at first, but the answer is {s}."),
    Template("yes", "right", "Final answer: {s}"),
    Template("yes", "right", '{{"answer": "{s}"}}'),
    Template("yes", "wrong", "{O}."),
    Template("yes", "wrong", "I considered {s}. Final answer: {o}."),
    Template("yes", "no answer", "Yes or no."),
    Template("yes", "no answer", "It depends on the slice."),
    # what nobody can count as an answer
    Template("any", "no answer", "I cannot determine this from the image."),
    Template("any", "no answer", "I'm sorry, but I can't help with interpreting medical images."),
    Template("any", "no answer", "Failed to obtain answer via API"),
    Template("any", "no answer", "N/A"),
    Template("any", "no answer", "No CT images were attached to your message."),
    Template("any", "no answer", "There is not enough information to answer."),
    Template("any", "no answer", "As an AI, I am unable to view scans. Please consult a radiologist."),
    Template("any", "no answer", "The image quality is too poor to say."),
    Template("any", "no answer", "Let me take a look at the scan."),
    Template("any", "no answer", "nan"),
    Template("any", "no answer", "<think>The scan shows"),
)


def filled(template: Template, own: str, other: str, reference: str) -> str:
    """The sentence; `{S}` and `{O}` are the values with a capital."""
    capital = {"S": own[:1].upper() + own[1:], "O": other[:1].upper() + other[1:]}
    return template.text.format(s=own, o=other, r=reference, **capital)
