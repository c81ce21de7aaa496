"""Addresses of servers as people type them, and the one URL that is meant by each."""

from __future__ import annotations

import ipaddress
import re
from typing import Literal, NamedTuple
from urllib.parse import SplitResult, parse_qsl, quote, urlencode, urlsplit

from CTSpatialVQALib.backends.wire.peers import is_local_name, is_loopback
from CTSpatialVQALib.errors import BadInput, shown

# RFC 3986, 3.1
_SCHEME = re.compile(r"(?i)^[a-z][a-z0-9+.-]*://")
# v1, v1beta, v1beta2: a part of the path behind which the interface begins
_VERSION_SEGMENT = re.compile(r"^v\d+[a-z]*\d*$")
# RFC 1123, 2.1, and the underscore that container networks use
_LABEL = re.compile(r"^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$")
_ENDPOINTS = ("/chat/completions", "/completions", "/models", "/responses", "/embeddings")
# Ollama's own interface, whose address its manual shows; the compatible one stands beside it
_OLLAMA_NATIVE = re.compile(r"/api(/(chat|generate|tags|show))?$")
# Azure names the model in the path
_DEPLOYMENT = re.compile(r"^(.*/openai/deployments/[^/]+)(/.*)?$")
_AZURE = (".openai.azure.com", ".cognitiveservices.azure.com", ".services.ai.azure.com", ".azure-api.net")
_ANY_HERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # what servers say they listen on
_PORTS = {"http": 80, "https": 443}
AZURE_API_VERSION = "2024-10-21"  # the last one that is generally available under dated versions


class Address(NamedTuple):
    """One server.

    Parameters
    ----------
    chat_url, models_url : what is asked; `models_url` is empty where a server lists none for this address
    origin : scheme, host and port, as consent is recorded for it; the port unless it is the scheme's own
    name : the host alone
    local : by its name it is this machine; whether it is, `peers` decides on the network address
    azure : keys go into the header `api-key`
    """

    chat_url: str
    models_url: str
    origin: str
    name: str
    local: bool
    azure: bool


def chat_address(url: str, *, model: str = "", api_version: str | None = None) -> Address:
    """The address of a chat server as people type it.

    Understood are a missing scheme, spaces and quotes around it, `0.0.0.0`, a trailing slash, the address
    with or without `/v1`, with the whole endpoint, Ollama's own `/api`, and Azure's resource, deployment
    or `/openai/v1` addresses.

    Parameters
    ----------
    model : at Azure the deployment, which is part of the address there
    api_version : of Azure's dated interface

    Raises
    ------
    BadInput
        If no server can be meant, or if the address holds a password or a query that may hold a key.
    """
    origin = origin_of(url)
    split = _split(_with_scheme(url))
    query = dict(parse_qsl(split.query, keep_blank_values=True))
    if set(query) - {"api-version"}:
        raise _refuse("an address without ?key=value", "one with a query", "Name the key in key_variable")
    azure = origin.name.endswith(_AZURE)
    path = re.sub(r"/+", "/", split.path).rstrip("/")
    version = api_version or query.get("api-version")
    if azure and model and not path:
        path = f"/openai/deployments/{quote(model, safe='')}"
    deployment = _DEPLOYMENT.match(path)
    if deployment:
        dated = urlencode({"api-version": version or AZURE_API_VERSION})
        return origin._replace(
            chat_url=f"{origin.origin}{deployment[1]}/chat/completions?{dated}",
            models_url="",
            azure=True,
        )
    base = origin.origin + _base_path(path)
    suffix = f"?{urlencode({'api-version': version})}" if version else ""
    return origin._replace(
        chat_url=f"{base}/chat/completions{suffix}", models_url=f"{base}/models{suffix}", azure=azure
    )


def origin_of(url: str) -> Address:
    """Scheme, host and port alone of an address as people type it; the URLs are left empty.

    Raises
    ------
    BadInput
        If no server can be meant, or if the address holds a password.
    """
    split = _split(_with_scheme(url))
    name, port = _host_and_port(split)
    scheme = split.scheme.lower()
    if scheme not in _PORTS:
        raise _refuse("http:// or https://", shown(scheme + "://"), "Correct the address")
    if "@" in split.netloc:
        raise _refuse("no password in it", "one before '@'", "Name the key in key_variable")
    bracketed = f"[{name}]" if ":" in name else name
    host = bracketed if port in (None, _PORTS[scheme]) else f"{bracketed}:{port}"
    return Address("", "", f"{scheme}://{host}", name, is_loopback(name) or is_local_name(name), azure=False)


def has_scheme(url: str) -> bool:
    """Whether an address as people type it says its scheme."""
    return _SCHEME.match(_trimmed(url)) is not None


def _trimmed(url: str) -> str:
    return url.strip().strip("'\"<>").strip()


def _with_scheme(url: str) -> str:
    text = _trimmed(url)
    if not text or any(not c.isprintable() or c.isspace() for c in text):
        raise _refuse("a server's address", shown(text), "Write it as http://host:port/v1")
    if _SCHEME.match(text):
        return text
    text = text.removeprefix("//")
    return f"{_likely_scheme(text)}://{text}"


def _likely_scheme(text: str) -> Literal["http", "https"]:
    """Servers in the house speak http on a port of their own, services on the net https."""
    split = _split(f"//{text}")
    name, port = _host_and_port(split)
    if port == _PORTS["https"]:
        return "https"
    in_house = port is not None or "." not in name or ":" in name or name.replace(".", "").isdigit()
    return "http" if in_house and not name.endswith(_AZURE) else "https"


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:  # a bracket too few, or what is no IPv6 address between two
        came = "brackets that hold no IPv6 address"
        raise _refuse("a host", came, "Write the address as http://host:port/v1") from None


class _HostAndPort(NamedTuple):
    name: str
    port: int | None


def _host_and_port(split: SplitResult) -> _HostAndPort:
    try:
        name, port = (split.hostname or "").rstrip("."), split.port
    except ValueError:
        raise _refuse(
            "a port from 1 to 65535", shown(split.netloc.rpartition("@")[2]), "Correct the port"
        ) from None
    name = _ANY_HERE.get(name, name)
    if not _is_host(name) or port == 0:
        raise _refuse("a host", shown(name), "Write the address as http://host:port/v1")
    return _HostAndPort(name, port)


def _is_host(name: str) -> bool:
    if ":" in name:
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True
    try:
        ascii_name = name.encode("idna").decode()
    except UnicodeError:
        return False
    return all(_LABEL.match(label) for label in ascii_name.split("."))


def _base_path(path: str) -> str:
    path = _OLLAMA_NATIVE.sub("", path)
    for endpoint in _ENDPOINTS:
        path = path.removesuffix(endpoint)
    if any(_VERSION_SEGMENT.match(segment) for segment in path.split("/")):
        return path
    return f"{path}/v1"


def _refuse(expected: str, came: str, remedy: str) -> BadInput:
    return BadInput("address of the server", expected=expected, came=came, remedy=remedy)
