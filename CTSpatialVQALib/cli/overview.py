"""What the program prints when it is called without a command."""

from __future__ import annotations

import argparse

from CTSpatialVQALib.cli.arguments import CommandParser

# in the order in which a newcomer needs them
_GROUPS: dict[str, tuple[str, ...]] = {
    "Try it": ("demo", "init"),
    "Look at a CT": ("check", "measure", "contracts", "prepare"),
    "Look at words": ("ground", "claims"),
    "Ask models and judge their answers": ("backends", "run", "score", "report", "reproduce"),
    "Keep, prove and pass on what was read": ("verify", "key", "sign", "merge", "adjudicate", "export"),
    "Make question sets": ("build",),
    "Your shell": ("completion",),
}


def overview(parser: CommandParser) -> str:
    """Every command with its sentence, in groups, and what to type first."""
    sentences = _sentences(parser)
    width = max(map(len, sentences))
    lines = ["Audit how vision-language models reason about space in CT. Research use only."]
    grouped = {name for names in _GROUPS.values() for name in names}
    groups = _GROUPS | {"More": tuple(name for name in sentences if name not in grouped)}
    for title, names in groups.items():
        present = [name for name in names if name in sentences]
        if present:
            lines += ["", title]
            lines += [f"  {name:{width}}  {sentences[name]}" for name in present]
    lines += [
        "",
        "First:  ctspatialvqa demo --out demo-out",
        "Then:   ctspatialvqa COMMAND --help   (each with examples)",
    ]
    return "\n".join(lines)


def _sentences(parser: CommandParser) -> dict[str, str]:
    """The commands' names and summaries, as --help lists them."""
    return {
        action.dest: action.help or ""
        for commands in parser._actions
        if isinstance(commands, argparse._SubParsersAction)
        for action in commands._choices_actions
    }
