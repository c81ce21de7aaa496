"""Whose machine a network address or a name is: this one, or another one that needs consent."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable

PeerAllowed = Callable[[str], bool]  # whether something may be sent to this network address


class PeerRefused(OSError):
    """A connection leads to a machine that nobody agreed to send to.

    Parameters
    ----------
    peer : its network address
    """

    def __init__(self, peer: str) -> None:
        super().__init__(f"no consent for {peer}")
        self.peer = peer


def is_loopback(address: str) -> bool:
    """Whether a network address is this machine's own: 127.0.0.0/8 or ::1. A name is none."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None)
    return bool((mapped or parsed).is_loopback)


def is_local_name(name: str) -> bool:
    """Whether a name is meant for this machine (RFC 6761, 6.3); where it leads, only its addresses say."""
    return name == "localhost" or name.endswith(".localhost")


def stays_here(name: str) -> bool:
    """Whether all that is sent to `name`, a name or an address, stays on this machine; in doubt it does not.

    A local name is looked up: a hosts file or a name server may let it lead anywhere.
    """
    if not is_local_name(name):
        return is_loopback(name)
    try:
        addresses = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except OSError:
        return False
    return bool(addresses) and all(is_loopback(str(address[0])) for *_, address in addresses)
