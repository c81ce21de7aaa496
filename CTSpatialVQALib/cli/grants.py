"""What a study asks for and only its user can give: interpreters, a yes to code, keys, certificates.

A study file is data that may come from anywhere. Nothing of this is taken from it: it comes from the options
of the command, from the environment, or from the user's own file (`cli.remembered_grants`).
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from pydantic import JsonValue

from CTSpatialVQALib.audit.events import Entry, GrantOf, grant_given
from CTSpatialVQALib.backends.local_options import PYTHON_VARIABLE
from CTSpatialVQALib.backends.wire.addresses import has_scheme, origin_of
from CTSpatialVQALib.benchmark.study import Study, Wishes
from CTSpatialVQALib.cli import remembered_grants
from CTSpatialVQALib.cli.console import question, say
from CTSpatialVQALib.errors import BadInput, shown
from CTSpatialVQALib.escaping import visible_line
from CTSpatialVQALib.records.study import StudyBackend

_OPTIONS: Mapping[GrantOf, tuple[str, str]] = {
    "python": ("[BACKEND=]PATH", "interpreter in which local models run"),
    "trust_code": ("REPOSITORY@REVISION", "yes to running the Python files of exactly this model"),
    "key_variable": ("NAME[=ORIGIN]", "environment variable whose key is sent to the server, or to ORIGIN"),
    "ca_file": ("[BACKEND=]FILE", "certificates (PEM) to trust beside the system's"),
}


class Wish(NamedTuple):
    """Something that a study wants and nobody granted.

    Parameters
    ----------
    grant_of, value : what would have to be granted, the value as the option takes it
    says : what it means, to be read after 'to'
    """

    backend: str
    grant_of: GrantOf
    value: str
    says: str

    @property
    def entry(self) -> Entry:
        """For the log, once it is granted."""
        prefixed = self.grant_of in ("python", "ca_file")
        value = self.value.partition("=")[2] if prefixed else self.value
        return grant_given(self.backend, self.grant_of, _without_folder(self.grant_of, value))

    @property
    def option(self) -> str:
        """The option that grants it, as it can be pasted."""
        return visible_line(f"{_option(self.grant_of)} {shlex.quote(self.value)}")


class Grants:
    """What the user gives, as options write it.

    Parameters
    ----------
    values : for each kind the values of its option
    used : entries for the log, of what was needed
    """

    def __init__(self, values: Mapping[GrantOf, Sequence[str]] | None = None) -> None:
        self._values = {kind: tuple((values or {}).get(kind, ())) for kind in _OPTIONS}
        self.used: list[Entry] = []

    def with_more(self, more: Mapping[GrantOf, Sequence[str]]) -> Grants:
        """These and `more`; where both say something, these stand."""
        return Grants({kind: (*self._values[kind], *more.get(kind, ())) for kind in _OPTIONS})

    def key_variable(
        self, url: str, *, named: str | None = None, origins: frozenset[str] = frozenset()
    ) -> str | None:
        """The variable that holds the key for the server at `url`, or None.

        Parameters
        ----------
        named : the one that the study names, which alone a name without a server can grant
        origins : of all servers that want it

        Raises
        ------
        BadInput
            If a variable is granted by its name alone and several servers want it.
        """
        origin = origin_of(url).origin
        pairs = [text.partition("=") for text in self._values["key_variable"]]
        for name, _, server in pairs:
            if server and origin_of(server).origin == origin:
                return name
        if named is None or not any(name == named and not server for name, _, server in pairs):
            return None
        if len(origins) > 1:
            raise BadInput(
                f"--key-variable {shown(named)}",
                expected=f"the server that gets it: {', '.join(sorted(origins))}",
                came="a variable that several servers want",
                remedy=f"Write --key-variable {shlex.quote(f'{named}={origin}')}",
            )
        return named

    def plain_key_variable(self) -> str | None:
        """A variable that was named without a server, for a server that stands on the command line too."""
        return next((text for text in self._values["key_variable"] if "=" not in text), None)

    def missing(self, study: Study, backends: Iterable[StudyBackend]) -> Iterator[Wish]:
        """What the study wants for these backends and nobody granted.

        Raises
        ------
        BadInput
            If a grant fits several servers.
        """
        for declared in backends:
            wishes = study.wishes.get(declared.name, Wishes())
            if wishes.python and self._python(declared.name) is None and not os.environ.get(PYTHON_VARIABLE):
                says = visible_line(f"run models with the program {wishes.python}")
                yield Wish(declared.name, "python", f"{declared.name}={wishes.python}", says)
            if wishes.trust_remote_code and self._trusted(declared) is None:
                says = visible_line(f"run the Python files of {wishes.trust_remote_code}")
                yield Wish(declared.name, "trust_code", wishes.trust_remote_code, says)
            if wishes.key_variable and declared.url and self._key(study, declared, wishes) is None:
                origin = origin_of(declared.url).origin
                variable = visible_line(wishes.key_variable)
                says = f"send what the environment variable {variable} holds to {origin}"
                yield Wish(declared.name, "key_variable", f"{wishes.key_variable}={origin}", says)
            if wishes.ca_file and self._of_backend("ca_file", declared.name) is None:
                says = visible_line(f"trust the certificates in {wishes.ca_file}")
                yield Wish(declared.name, "ca_file", f"{declared.name}={wishes.ca_file}", says)

    def applied(self, study: Study, declared: StudyBackend) -> StudyBackend:
        """The declaration with what the user gives in place of what the study wishes.

        Raises
        ------
        BadInput
            If the study wants what nobody granted; it names the option that grants it.
        """
        for wish in self.missing(study, [declared]):
            raise BadInput(
                f"{study.path}: backend {wish.backend}",
                expected=f"your own yes, which no study can give, to {wish.says}",
                came="none",
                remedy=f"Grant it with {wish.option}",
            )
        wishes = study.wishes.get(declared.name, Wishes())
        key_variable = self._key(study, declared, wishes) if declared.url else None
        if key_variable is not None:
            self._note(declared.name, {"key_variable": key_variable})
        return self.applied_to_own(declared.model_copy(update={"key_variable": key_variable}))

    def applied_to_own(self, declared: StudyBackend) -> StudyBackend:
        """A declaration of the user's own, with the interpreter, code and certificates that he allows."""
        granted: dict[str, str | None] = {}
        if declared.kind == "local":
            granted = {"python": self._python(declared.name), "trust_remote_code": self._trusted(declared)}
        elif declared.url:
            granted = {"ca_file": self._of_backend("ca_file", declared.name)}
        self._note(declared.name, granted)
        options: dict[str, JsonValue] = {name: value for name, value in granted.items() if value is not None}
        return declared.model_copy(update={"options": {**declared.options, **options}})

    def _note(self, backend: str, granted: Mapping[str, str | None]) -> None:
        """Keep for the log what is used; of a path its last part, for a log names no place on a computer."""
        for name, value in granted.items():
            if value is None:
                continue
            kind = _KINDS[name]
            entry = grant_given(backend, kind, _without_folder(kind, value))
            if entry not in self.used:
                self.used.append(entry)

    def _python(self, backend: str) -> str | None:
        return self._of_backend("python", backend)

    def _trusted(self, declared: StudyBackend) -> str | None:
        """`MODEL@REVISION` as the backend's option takes it; a folder may be named from here or in full."""
        model = declared.model or ""
        for text in self._values["trust_code"]:
            repository, _, revision = text.rpartition("@")
            same_folder = Path(model).is_dir() and Path(repository).resolve() == Path(model).resolve()
            if repository == model or same_folder:
                return f"{model}@{revision}"
        return None

    def _key(self, study: Study, declared: StudyBackend, wishes: Wishes) -> str | None:
        variable = wishes.key_variable
        origins = frozenset(
            origin_of(backend.url).origin
            for backend in study.backends
            if variable is not None
            and backend.url
            and study.wishes.get(backend.name, Wishes()).key_variable == variable
        )
        return self.key_variable(declared.url or "", named=variable, origins=origins)

    def _of_backend(self, kind: GrantOf, backend: str) -> str | None:
        """The value for this backend by name, else one for all."""
        values = self._values[kind]
        named = next((text[len(backend) + 1 :] for text in values if text.startswith(f"{backend}=")), None)
        return named or next((text for text in values if not _names_a_backend(text)), None)


_KINDS: Mapping[str, GrantOf] = {
    "python": "python",
    "trust_remote_code": "trust_code",
    "key_variable": "key_variable",
    "ca_file": "ca_file",
}


def _without_folder(kind: GrantOf, value: str) -> str:
    if kind == "trust_code":
        model, at, revision = value.rpartition("@")
        return f"{Path(model).name if Path(model).is_dir() else model}{at}{revision}"
    return value if kind == "key_variable" else Path(value).name


def _names_a_backend(text: str) -> bool:
    name, equals, _ = text.partition("=")
    return bool(equals) and os.sep not in name and "/" not in name


def _option(kind: GrantOf) -> str:
    return f"--{kind.replace('_', '-')}"


def grant_options(parser: argparse._ActionsContainer, *, without: Sequence[GrantOf] = ()) -> None:
    """The options that grant what a study wishes."""
    for kind, (metavar, summary) in _OPTIONS.items():
        if kind not in without:
            parser.add_argument(
                _option(kind), action="append", default=[], metavar=metavar, help=f"{summary}; repeatable"
            )


def grants_of(arguments: argparse.Namespace, *, key_variable: bool = True) -> Grants:
    """What the command's own options grant.

    Parameters
    ----------
    key_variable : whether the command has that option for studies; else it is one of another meaning

    Raises
    ------
    BadInput
        If a value is not what its option takes.
    """
    kinds = [kind for kind in _OPTIONS if key_variable or kind != "key_variable"]
    values = {kind: tuple(getattr(arguments, kind, None) or ()) for kind in kinds}
    for text in values.get("key_variable", ()):
        _, equals, server = text.partition("=")
        if equals and not has_scheme(server):
            raise BadInput(
                "--key-variable",
                expected="NAME or NAME=ORIGIN, with the scheme of the server",
                came=shown(text),
                remedy="For example MODEL_KEY=https://models.example.org",
            )
    for text in values["trust_code"]:
        if not all(text.rpartition("@")[::2]):
            raise BadInput(
                "--trust-code",
                expected="REPOSITORY@REVISION",
                came=shown(text),
                remedy="Name model and revision of the code that you read",
            )
    return Grants(values)


def grants_of_user(study: Study) -> Grants:
    """What the user's own file allows to this study.

    Raises
    ------
    BadInput
        If that file cannot be read.
    """
    return Grants(remembered_grants.of_study(study.sha256))


def settled(study: Study, backends: Sequence[StudyBackend], grants: Grants, *, may_ask: bool) -> Grants:
    """The options' grants with those of the user's own file; what is missing is asked for at a terminal.

    A yes is kept in that file for this very study file, by its digest: a changed one is asked about anew.
    """
    grants = grants.with_more(remembered_grants.of_study(study.sha256))
    wishes = list(grants.missing(study, backends))
    if not wishes or not may_ask or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return grants
    say(f"{study.path} asks for what only you can give:")
    for wish in wishes:
        say(f"  backend {wish.backend}: to {wish.says}   ({wish.option})")
    question("Allow this for this study, until its file changes? [y/N] ")
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        return grants
    more = remembered_grants.grouped((wish.grant_of, wish.value) for wish in wishes)
    remembered_grants.remember(study.sha256, more)
    return grants.with_more(more)
