"""The hub that files of local models are fetched from: a destination like any other, which needs consent."""

from __future__ import annotations

import os

from CTSpatialVQALib.backends.consent import Consent, ConsentOnce, Destination
from CTSpatialVQALib.backends.wire.addresses import Address, origin_of
from CTSpatialVQALib.backends.wire.connection_pool import route_to
from CTSpatialVQALib.backends.wire.peers import stays_here

HUB_VARIABLE = "HF_ENDPOINT"  # the hub's own variable, for a mirror in the house
_USUAL_HUB = "https://huggingface.co"
# Where the usual hub sends its clients for the files themselves; what begins with a dot is the end of a name.
_FILE_SERVERS = (".huggingface.co", ".hf.co")


def hub_address() -> Address:
    """The hub that the environment names, else the usual one.

    Raises
    ------
    BadInput
        If the variable holds no address.
    """
    return origin_of(os.environ.get(HUB_VARIABLE) or _USUAL_HUB)


def hub_hosts() -> tuple[str, ...]:
    """The names that a download may contact; one that begins with a dot stands for all that end so."""
    hub = hub_address()
    files = _FILE_SERVERS if hub.origin == _USUAL_HUB else ()
    proxy = route_to(hub, ca_file=None).proxy.rpartition(":")[0].strip("[]")
    return (hub.name, *files, *((proxy,) if proxy else ()))


def hub_consent(repository: str, consent: Consent) -> ConsentOnce:
    """Consent to fetch a repository's files; what leaves is no more than which one it is, and who asks."""
    hub = hub_address()
    files = " and its file servers" if hub.origin == _USUAL_HUB else ""
    leaves = (
        f"the name of the repository {repository}, to fetch its files from there{files}",
        "the hub's token, where one is set up on this computer",
    )
    return ConsentOnce(consent, Destination(hub.origin, leaves), stays_here=lambda: stays_here(hub.name))
