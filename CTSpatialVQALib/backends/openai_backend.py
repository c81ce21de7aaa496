"""The backend that asks a model behind an OpenAI-compatible server, about pictures or in words alone.

What leaves is the pictures that the contract prepared, the question's text and a random request id; no file
name, path, DICOM tag or patient id. To another machine nothing goes without the user's consent.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from CTSpatialVQALib.backends.backend import Answer
from CTSpatialVQALib.backends.case_data import CaseData
from CTSpatialVQALib.backends.consent import Consent, ConsentOnce, Destination
from CTSpatialVQALib.backends.text_chat import ChatRequest
from CTSpatialVQALib.backends.wire.addresses import Address, chat_address
from CTSpatialVQALib.backends.wire.connection_pool import Route, route_to
from CTSpatialVQALib.backends.wire.decoding_options import decoding_of
from CTSpatialVQALib.backends.wire.http_exchange import Exchange
from CTSpatialVQALib.backends.wire.peers import stays_here
from CTSpatialVQALib.backends.wire.request_body import Message, Openings
from CTSpatialVQALib.backends.wire.retrying import RetryPolicy, Timing
from CTSpatialVQALib.backends.wire.retrying_client import ChatClient, ChatPrompt, ChatResult
from CTSpatialVQALib.backends.wire.secret import Secret
from CTSpatialVQALib.backends.wire.server_options import ChatOptions, chat_options
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.imaging.contract import Contract, Part
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.reply import Presentation
from CTSpatialVQALib.records.words import Probe


class OpenAIBackend:
    """A model behind a server that speaks OpenAI's chat completions; a `Backend` and a `ChatModel`.

    Nothing is sent before the first question, and to a host other than this machine only with consent.

    Parameters
    ----------
    name : under which replies are kept
    url : the server, as people type it (see `wire.addresses`)
    model : its name at the server; at Azure the deployment
    contract : what it is shown; None for a model that is asked in words alone
    key : for the server, from the environment or from memory; never kept anywhere
    options : see `wire.server_options.ChatOptions`
    key_source : where the key comes from, as consent names it ("the key in the variable MODEL_KEY")
    consent : asked once, before anything leaves this machine
    timing : clock, dice and the event that cancels

    Raises
    ------
    BadInput
        For an address, key or option that cannot be, and for a contract whose input is not pictures.
    """

    def __init__(
        self,
        name: str,
        *,
        url: str,
        model: str,
        contract: Contract | None,
        key: str | None,
        options: Mapping[str, JsonValue],
        consent: Consent,
        key_source: str = "",
        timing: Timing | None = None,
    ) -> None:
        where = f"backend {name}"
        _refuse_volumes(where, contract)
        self.name = name
        self.version = model
        self.contract = contract
        self._options = chat_options(options, where=where)
        self._decoding = decoding_of(contract, self._options)
        self._address = chat_address(url, model=model, api_version=self._options.api_version)
        self._route = route_to(self._address, ca_file=self._options.ca_file)
        self._key_source = key_source if key is not None else ""
        self._consent = ConsentOnce(
            consent, self.destination, stays_here=lambda: stays_here(self._address.name)
        )
        self._openings = Openings()
        self._timing = timing or Timing()
        secret = None if key is None else Secret(key, where=f"{where}: key")
        self.exchange = Exchange(
            self._address,
            self._route,
            self._options,
            self._timing,
            key=secret,
            key_header=_key_header(self._address, self._options),
            peer_allowed=self._consent.allows_peer,
        )
        self._client = ChatClient(
            self.exchange,
            self._address.chat_url,
            policy=RetryPolicy(attempts=self._options.attempts),
            timing=self._timing,
            deadline_s=self._options.deadline_s,
            key=secret,
        )

    @property
    def description(self) -> str:
        """What it is and what it is shown, for the report."""
        seen = "asked in words alone" if self.contract is None else f"shown contract {self.contract.name}"
        return f"Model {self.version} behind an OpenAI-compatible server, {seen}."

    @property
    def parameters(self) -> Mapping[str, JsonValue]:
        """What is asked for: temperature, seed, tokens and whatever else changes replies.

        A server that does not take one of them is asked without it; each reply's facts say so.
        """
        return self._decoding.parameters

    @property
    def in_flight(self) -> int:
        """How many requests go at once."""
        return self._options.in_flight

    @property
    def address(self) -> Address:
        """The server that is meant."""
        return self._address

    @property
    def route(self) -> Route:
        """The way to it."""
        return self._route

    @property
    def destination(self) -> Destination:
        """Where it sends to, and what."""
        return Destination(
            self._address.origin, _leaves(self.contract, self._address, self._route, self._key_source)
        )

    def require_consent(self) -> None:
        """Ask for consent now, if it is needed; else it is asked for before the first request.

        Raises
        ------
        BadInput
            Without it, naming the host.
        """
        self._consent.require()

    def presentation(self, question: Question, case: CaseData, probe: Probe) -> Presentation:
        """The pictures that the contract makes of this case."""
        return case.shown(self._pictures(), probe, question).presentation

    def prompt(self, question: Question) -> str:
        """System text, and what stands around the pictures and the question."""
        prompt = self._pictures().prompt
        parts = prompt.parts(question.text, ("",), pixels=True)
        return "\n".join((prompt.system, *(part.text or "[picture]" for part in parts)))

    def ask(self, question: Question, case: CaseData, probe: Probe) -> Answer:
        """Ask about the pictures.

        Raises
        ------
        BadInput
            Without consent, and if the case has not what the probe needs.
        """
        self.require_consent()
        contract = self._pictures()
        prepared = case.shown(contract, probe, question)
        *before, last = prepared.parts(question.text)
        pictured = any(part.image is not None for part in before)
        opening = self._openings.of(prepared, before) if pictured else b""
        words = last.text if pictured else _joined((*before, last))
        message = Message(contract.prompt.system, opening, words, plain=not pictured)
        return self.send(message).answer

    def chat(self, request: ChatRequest) -> Answer:
        """Ask in words alone.

        Raises
        ------
        BadInput
            Without consent.
        """
        message = Message(request.system, b"", request.user, plain=True)
        return self.send(message, max_tokens=request.max_tokens, schema=request.schema).answer

    def send(
        self,
        message: Message,
        *,
        max_tokens: int = 0,
        schema: Mapping[str, JsonValue] | None = None,
        once: bool = False,
    ) -> ChatResult:
        """Send one message; the failure, if any, with its layer. With `once` a failure is not tried again.

        Raises
        ------
        BadInput
            Without consent.
        """
        self.require_consent()
        fields = self._decoding.fields(self.version, max_tokens=max_tokens, schema=schema)
        return self._client.ask(ChatPrompt(message, fields, self._options.extra), once=once)

    def cancel(self) -> None:
        """End what is being asked within a moment, with the outcome `cancelled`, and ask nothing more."""
        self._timing.cancel.set()

    def close(self) -> None:
        """Hang up."""
        self.exchange.close()

    def _pictures(self) -> Contract:
        if self.contract is None:
            raise BadInput(
                f"backend {self.name}",
                expected="a contract that says what the model is shown",
                came="none",
                remedy="Name one, for example contract = 'slices'",
            )
        return self.contract


def _refuse_volumes(where: str, contract: Contract | None) -> None:
    if contract is not None and contract.kind != "images":
        raise BadInput(
            f"{where}: contract",
            expected="one that makes pictures, as chat servers take them",
            came=f"{contract.name}, which makes one array of the volume",
            remedy="Choose slices, medgemma, lingshu or vila-m3, or a backend of kind volume-server",
        )


def _key_header(address: Address, options: ChatOptions) -> str:
    api_key = options.auth == "api-key" or (options.auth == "auto" and address.azure)
    return "api-key" if api_key else "Authorization"


def _leaves(contract: Contract | None, address: Address, route: Route, key_source: str) -> tuple[str, ...]:
    pixels = () if contract is None else (f"the pixels of the slices that contract {contract.name} chooses",)
    words = "the question's text" if contract is not None else "the text of each request"
    key = (key_source,) if key_source else ()
    plain = ("all of it readable on the way (http)",) if address.origin.startswith("http:") else ()
    through = (f"all of it through the proxy {route.proxy}",) if route.proxy else ()
    return (*pixels, words, *key, "a random request id (no name, id, date or DICOM tag)", *plain, *through)


def _joined(parts: tuple[Part, ...]) -> str:
    return "".join(part.text for part in parts)
