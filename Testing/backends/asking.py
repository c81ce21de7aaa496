"""How tests ask a server: with short time limits, and waits that are noted instead of waited."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from CTSpatialVQALib.backends.backend import Answer
from CTSpatialVQALib.backends.case_data import CaseData
from CTSpatialVQALib.backends.consent import Consent, nobody_consented
from CTSpatialVQALib.backends.openai_backend import OpenAIBackend
from CTSpatialVQALib.backends.wire.retrying import Timing
from CTSpatialVQALib.imaging.generic_slices import SliceOptions, slices_contract
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.words import Probe

KEY = "sk-test-THIS-key-must-never-be-seen-4711"
LIMITS = {"connect_s": 10, "read_s": 20, "total_s": 20, "deadline_s": 60, "attempts": 3}
# the first and the last slice of the body are air
FEW_SLICES = slices_contract(SliceOptions(count=4, size=32, windows=("mediastinum",), side_letters=False))


class Waits:
    """Time that passes only when somebody waits."""

    def __init__(self, *, cancelled_in: bool = False) -> None:
        self.seconds: list[float] = []
        self._cancelled_in = cancelled_in
        self.cancel = threading.Event()

    def timing(self) -> Timing:
        return Timing(cancel=self.cancel, clock=lambda: sum(self.seconds), dice=lambda: 0.5, wait=self._wait)

    def _wait(self, event: threading.Event, seconds: float) -> bool:
        self.seconds.append(seconds)
        if self._cancelled_in:
            event.set()
        return event.is_set()


def backend_at(
    url: str,
    *,
    waits: Waits | None = None,
    key: str | None = KEY,
    consent: Consent = nobody_consented,
    contract: Any = FEW_SLICES,
    model: str = "m",
    **options: Any,
) -> OpenAIBackend:
    return OpenAIBackend(
        "asked",
        url=url,
        model=model,
        contract=contract,
        key=key,
        options={**LIMITS, **options},
        consent=consent,
        timing=(waits or Waits()).timing(),
    )


def question(text: str = "Where is the nodule?", number: int = 0) -> Question:
    return Question(question_id=f"q{number}", case_id="body", text=text, reference="left")


def ask(backend: OpenAIBackend, case: CaseData, text: str = "Where is the nodule?") -> Answer:
    return backend.ask(question(text), case, Probe.FULL)


def ended(work: Callable[[], Answer]) -> Answer:
    """The work's result; a request that never ends fails the test instead of stopping the suite."""
    found: list[Answer] = []
    thread = threading.Thread(target=lambda: found.append(work()), daemon=True)
    thread.start()
    thread.join(60)
    assert found, "the request did not end"
    return found[0]
