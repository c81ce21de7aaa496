"""Facts of a log beside its verdicts: how each was given, and who signed the log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from CTSpatialVQALib.audit.chain import EMPTY_HEAD, Head, Stored
from CTSpatialVQALib.audit.signing import PublicKey
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.records.event import EventKind
from CTSpatialVQALib.report.text_format import counted

_AXES = ("R", "A", "S")
_JUDGED = frozenset({EventKind.VERDICT, EventKind.CORRECTION, EventKind.ADJUDICATED})
_MOST_NAMED = 4


class Signature(NamedTuple):
    """One signature of the log, and what it says when it is checked with the key that it names itself."""

    seq: int
    covers: int
    signed_utc: str
    key: str
    status: str
    good: bool


@dataclass
class LogFacts:
    """Gathered record by record.

    Parameters
    ----------
    viewings : id of the verdict's event -> what the reader had before him, in words, one fact each
    signatures : in the order of the log
    """

    where: str
    viewings: dict[str, tuple[str, ...]] = field(default_factory=dict)
    signatures: list[Signature] = field(default_factory=list)
    _before: Head = EMPTY_HEAD

    def add(self, stored: Stored) -> None:
        """Take in one record.

        Raises
        ------
        BadInput
            If a verdict or a signature does not hold what its kind promises.
        """
        kind, payload = stored.event["kind"], stored.event["payload"]
        try:
            if kind in _JUDGED:
                self.viewings[stored.event["event_id"]] = viewing_words(payload["verdict"])
            elif kind == EventKind.SIGNED:
                self.signatures.append(_signature(stored.seq, payload, self._before))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BadInput(
                f"{self.where}: record {stored.seq}",
                expected=f"the payload of an event '{kind}'",
                came=f"another shape ({error!r})",
                remedy="Export it as jsonl, which takes every record as it is",
            ) from error
        self._before = Head(stored.seq, stored.sha256)


def viewing_words(verdict: Mapping[str, Any]) -> tuple[str, ...]:
    """How long the item was before the reader, and what was on the screen when he judged."""
    spent = _spent(verdict["shown_utc"], verdict["given_utc"])
    seen = verdict.get("viewing") or {}
    facts = [spent, _place(seen.get("slice_ras")), _window(seen), seen.get("layout") or ""]
    facts.append(_names((*(seen.get("structures") or ()), *(seen.get("regions") or ()))))
    for pending, words in (("slices_pending", "not drawn yet"), ("surfaces_pending", "not yet in 3D")):
        if names := _names(seen.get(pending) or ()):
            facts.append(f"{words}: {names}")
    if markers := seen.get("markers") or ():
        facts.append(counted(len(markers), "marker"))
    if picture := seen.get("picture_sha256"):
        facts.append(f"picture {picture[:12]}\u2026")
    return tuple(fact for fact in facts if fact)


def _spent(shown_utc: str | None, given_utc: str) -> str:
    if shown_utc is None:
        return ""
    seconds = (datetime.fromisoformat(given_utc) - datetime.fromisoformat(shown_utc)).total_seconds()
    if seconds < 0:
        return "time unknown (the clock went back)"
    minutes, seconds_left = divmod(round(seconds), 60)
    return f"{minutes} min {seconds_left} s" if minutes else f"{seconds_left} s"


def _place(point: tuple[float, float, float] | None) -> str:
    if point is None:
        return ""
    shown = " ".join(f"{axis} {value:.0f}" for axis, value in zip(_AXES, point, strict=True))
    return f"slices at {shown} mm".replace("-", "\u2212")


def _window(seen: Mapping[str, Any]) -> str:
    level, width = seen.get("window_level_hu"), seen.get("window_width_hu")
    if level is None or width is None:
        return ""
    return f"window {level:.0f} / {width:.0f} HU".replace("-", "\u2212")


def _names(structures: tuple[str, ...]) -> str:
    names = ", ".join(structures[:_MOST_NAMED]).replace("_", " ").replace(":", " ")
    more = len(structures) - _MOST_NAMED
    return f"{names} and {more} more" if more > 0 else names


def _signature(seq: int, payload: Mapping[str, Any], before: Head) -> Signature:
    named = Head(payload["seq"], payload["sha256"])
    key, signed_utc = str(payload["public_key"]), str(payload["signed_utc"])
    if "merged_from" in payload:
        status, good = "of a reader's own log; merge --check and that log show whether it holds", False
    elif named != before:
        status, good = "does not fit: it signs another record than the one before it", False
    elif not PublicKey(key).vouches_for(named, signed_utc, str(payload["signature"])):
        status, good = "does not fit: it was not made with the key that it names", False
    else:
        status, good = "fits the key that it names", True
    return Signature(seq, named.seq, signed_utc, key, status, good)
