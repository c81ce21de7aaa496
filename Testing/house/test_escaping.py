"""One function spells out what cannot be seen, wherever text from elsewhere is put out."""

from __future__ import annotations

import ast
import json
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from CTSpatialVQALib.cli.console import emit, emit_json, say
from CTSpatialVQALib.cli.main import main
from CTSpatialVQALib.escaping import json_line, visible, visible_line

HIDDEN = ("\x1b[2J", "\x07", "\r", "\n", "\x9b31m", "\u202e", "\u2066", "\u2028", "\ufeff", "\ud800", "\x00")
JOINERS = "\u200c\u200d"


@given(st.text(st.characters()))
def test_visible_text_hides_nothing_and_keeps_what_is_seen(text: str) -> None:
    for character in visible(text):
        assert (
            character.isprintable()
            or character in f"\n\t{JOINERS}"
            or unicodedata.category(character) == "Zs"
        )
    if text.isprintable():
        assert visible(text) == visible_line(text) == text
    assert visible(visible(text)) == visible(text)


@given(st.text(st.characters()))
def test_a_visible_line_is_one_line(text: str) -> None:
    line = visible_line(text)
    assert line.splitlines() in ([line], [])
    line.encode("utf-8")


@given(
    st.recursive(
        st.none() | st.integers() | st.text(st.characters()),
        lambda v: st.lists(v) | st.dictionaries(st.text(), v),
    )
)
def test_a_json_line_is_printable_and_means_the_same(value: object) -> None:
    line = json_line(value)
    assert all(c.isprintable() or c in JOINERS for c in line)
    assert json.loads(line) == value


@pytest.mark.parametrize("write", [emit, emit_json, say])
@pytest.mark.parametrize("hidden", HIDDEN)
def test_results_and_messages_spell_it_out(
    capfd: pytest.CaptureFixture[str], write: Callable[[str], None], hidden: str
) -> None:
    write(f"before{hidden}after")
    import sys

    sys.stdout.flush()
    out, err = capfd.readouterr()
    (line,) = (out + err).split("\n")[:-1]
    assert line.isprintable()
    assert "before" in line
    assert "after" in line


@pytest.mark.parametrize("hidden", [sign for sign in HIDDEN if sign not in ("\ud800", "\x00")])
@pytest.mark.parametrize(
    "arguments",
    [["claims", "TEXT"], ["ground", "TEXT"], ["claims", "TEXT", "--json"], ["verify", "TEXT"], ["TEXT"]],
)
def test_no_output_of_a_command_holds_what_cannot_be_seen(
    capfd: pytest.CaptureFixture[str], arguments: list[str], hidden: str
) -> None:
    text = f"a nodule in the left {hidden} upper lobe {hidden}"
    with suppress(SystemExit):
        main([text if one == "TEXT" else one for one in arguments])
    out, err = capfd.readouterr()
    assert out + err
    assert all(line.isprintable() for line in (out + err).split("\n"))


def test_commands_write_through_the_console_only(root: Path) -> None:
    """A `print` or a bare write of a command would pass by what spells hidden text out."""
    wrong = []
    for path in sorted((root / "CTSpatialVQALib" / "cli").glob("*.py")):
        if path.name == "console.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                if called in ("print", "sys.stdout.write", "sys.stderr.write"):
                    wrong.append(f"{path.name}:{node.lineno}: {called}")
    assert not wrong
