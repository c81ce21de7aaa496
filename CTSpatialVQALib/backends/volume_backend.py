"""The backend that asks a volume server: a model in an environment of its own, shown the prepared array.

What leaves is the array that the contract prepared, the prompt and random ids; no file name, path, DICOM tag
or patient id. To another machine nothing goes without the user's consent.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping

from pydantic import JsonValue

from CTSpatialVQALib.backends.backend import Answer, spoken
from CTSpatialVQALib.backends.case_data import CaseData
from CTSpatialVQALib.backends.consent import Consent, ConsentOnce, Destination
from CTSpatialVQALib.backends.volume_client import Health, Json, VolumeClient
from CTSpatialVQALib.backends.volume_options import volume_options
from CTSpatialVQALib.backends.wire.addresses import Address, origin_of
from CTSpatialVQALib.backends.wire.connection_pool import Route, route_to
from CTSpatialVQALib.backends.wire.failures import Failure
from CTSpatialVQALib.backends.wire.http_exchange import Exchange
from CTSpatialVQALib.backends.wire.peers import stays_here
from CTSpatialVQALib.backends.wire.retrying import RetryPolicy, Timing
from CTSpatialVQALib.backends.wire.secret import Secret
from CTSpatialVQALib.errors import BadInput, WorkFailed, one_line, shown
from CTSpatialVQALib.imaging.contract import Contract, Part
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.reply import Presentation
from CTSpatialVQALib.records.words import Outcome, Probe

_IMAGE = "<image>"  # stands in the prompt for each picture of the array, in their order
_MOST_COUNTS = 20  # numbers of a reply's `usage` that are kept


class VolumeServerBackend:
    """A model behind a volume server; a `Backend`.

    Parameters
    ----------
    name : under which replies are kept
    url : the server, as people type it
    contract : what the model is shown; the server says which one its model is made for
    key : the server's token, from the environment or from memory; never kept anywhere
    options : see `volume_options.VolumeOptions`
    key_source : where the key comes from, as consent names it
    consent : asked once, before anything leaves this machine
    timing : clock, dice and the event that cancels

    Raises
    ------
    BadInput
        For an address, key or option that cannot be.
    """

    def __init__(
        self,
        name: str,
        *,
        url: str,
        contract: Contract,
        key: str | None,
        options: Mapping[str, JsonValue],
        consent: Consent,
        key_source: str = "",
        timing: Timing | None = None,
    ) -> None:
        where = f"backend {name}"
        self.name = name
        self.contract = contract
        self._options = volume_options(options, where=where)
        self._origin = origin_of(url)
        self._timing = timing or Timing()
        route = route_to(self._origin, ca_file=self._options.ca_file)
        leaves = _leaves(contract, self._origin, route, key_source if key is not None else "")
        self.destination = Destination(self._origin.origin, leaves)
        self._consent = ConsentOnce(
            consent, self.destination, stays_here=lambda: stays_here(self._origin.name)
        )
        self._client = VolumeClient(
            Exchange(
                self._origin,
                route,
                self._options,
                self._timing,
                key=None if key is None else Secret(key, where=f"{where}: key"),
                peer_allowed=self._consent.allows_peer,
            ),
            self._origin.origin,
            policy=RetryPolicy(attempts=self._options.attempts),
            timing=self._timing,
            deadline_s=self._options.deadline_s,
        )
        self._health: Health | Failure | None = None
        self._asking_health = threading.Lock()

    @property
    def version(self) -> str:
        """Model and version, as the server says.

        Raises
        ------
        BadInput
            Without consent, or if the server's model is made for another contract.
        WorkFailed
            If the server does not answer; the text names the layer that fails.
        """
        health = self.health()
        return f"{health.model} {health.version}".strip()

    @property
    def description(self) -> str:
        """What it is and what it is shown, for the report."""
        return f"A model behind a volume server, shown contract {self.contract.name}."

    @property
    def parameters(self) -> Mapping[str, JsonValue]:
        """Decoding: the contract's, with what the options change."""
        return {"generation": {**self.contract.generation, **self._options.generation}}

    @property
    def in_flight(self) -> int:
        """How many questions go at once."""
        return self._options.in_flight

    @property
    def client(self) -> VolumeClient:
        """The asking side of the protocol."""
        return self._client

    def require_consent(self) -> None:
        """Ask for consent now, if it is needed.

        Raises
        ------
        BadInput
            Without it, naming the host.
        """
        self._consent.require()

    def health(self) -> Health:
        """What the server says it is; asked once, also if it does not answer. Errors as `version`."""
        self.require_consent()
        with self._asking_health:
            if self._health is None:
                self._health = self._client.health()
            health = self._health
        if isinstance(health, Failure):
            raise WorkFailed(f"backend {self.name}: {health.layer}: {health.says}")
        self.require_contract(health)
        return health

    def require_contract(self, health: Health) -> None:
        """The server's model must be made for this backend's contract, or for any.

        Raises
        ------
        BadInput
            If it is made for another one.
        """
        if health.contract is not None and health.contract != self.contract.name.partition("@")[0]:
            raise BadInput(
                f"backend {self.name}: contract",
                expected=f"{shown(health.contract)}, which the server's model is made for",
                came=self.contract.name,
                remedy="Correct 'contract' in the study file",
            )

    def presentation(self, question: Question, case: CaseData, probe: Probe) -> Presentation:
        """The array that the contract makes of this case."""
        return case.shown(self.contract, probe, question).presentation

    def prompt(self, question: Question) -> str:
        """The text with the contract's tokens, as it is sent with pixels."""
        prompt = self.contract.prompt
        labels = None if self.contract.kind == "volume" else ("",)
        return f"{prompt.system}\n{_joined(prompt.parts(question.text, labels, pixels=True))}"

    def ask(self, question: Question, case: CaseData, probe: Probe) -> Answer:
        """Ask about the array.

        Raises
        ------
        BadInput
            Without consent, and if the case has not what the probe needs.
        """
        self.require_consent()
        prepared = case.shown(self.contract, probe, question)
        request: Json = {
            "contract": self.contract.name,
            "system": self.contract.prompt.system,
            "prompt": _joined(prepared.parts(question.text)),
            "question": question.text,
            "generation": self.parameters["generation"],
        }
        reply = self._client.ask(prepared, request)
        return _failed(reply) if isinstance(reply, Failure) else _answer(reply)

    def cancel(self) -> None:
        """End what is being asked within a moment, with the outcome `cancelled`, and ask nothing more."""
        self._timing.cancel.set()

    def close(self) -> None:
        """Take the arrays back from the server and hang up."""
        self._client.close()


def _leaves(contract: Contract, origin: Address, route: Route, key_source: str) -> tuple[str, ...]:
    key = (key_source,) if key_source else ()
    plain = ("all of it readable on the way (http)",) if origin.origin.startswith("http:") else ()
    through = (f"all of it through the proxy {route.proxy}",) if route.proxy else ()
    array = f"the array that contract {contract.name} prepares"
    return (array, "the question's text", "random ids", *key, *plain, *through)


def _joined(parts: tuple[Part, ...]) -> str:
    return "".join(part.text or _IMAGE for part in parts)


def _failed(failure: Failure) -> Answer:
    facts: dict[str, JsonValue] = {"http_status": failure.status} if failure.status else {}
    return Answer(failure.outcome, detail=one_line(failure.says), facts=facts)


def _facts(reply: Json) -> Json:
    """What the server said beside the text, as far as it has the shape that the protocol gives it."""
    facts: Json = {"request_id": reply["request_id"]}
    seconds, finish, usage = reply.get("seconds"), reply.get("finish"), reply.get("usage")
    if isinstance(seconds, int | float):
        facts["seconds"] = seconds
    if isinstance(finish, str):
        facts["finish"] = one_line(finish[:200], 40)
    if isinstance(usage, dict):
        counts = {name: count for name, count in usage.items() if isinstance(count, int | float)}
        facts["usage"] = {name[:40]: counts[name] for name in sorted(counts)[:_MOST_COUNTS]}
    return facts


def _answer(reply: Json) -> Answer:
    text = reply.get("text")
    if not isinstance(text, str):
        return Answer(Outcome.UNPARSEABLE, detail="the server's reply has no text")
    facts = _facts(reply)
    if reply.get("finish") == "length":
        return Answer(
            Outcome.TRUNCATED, text, detail="the reply was cut off at its greatest length", facts=facts
        )
    return spoken(text)._replace(facts=facts)
