"""Ed25519 keys in files of the user's own, and signatures over the head of a log.

The private key stands in the one file that the user named and nowhere else: no error text, log or other file
has any of it. A signature covers the hash of a record and through the chain every record up to it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from CTSpatialVQALib.audit.chain import Head
from CTSpatialVQALib.errors import BadInput, WorkFailed
from CTSpatialVQALib.files import require_regular_file, write_bytes
from CTSpatialVQALib.records.base import canonical_json

if TYPE_CHECKING:  # imported where it is used: most of what opens a log signs nothing
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PUBLIC_ENDING = ".pub"
_PURPOSE = "CTSpatialVQA audit log head"  # so that no signature made for something else counts here
_MAX_KEY_BYTES = 4096


@dataclass(frozen=True)
class PublicKey:
    """What checks a signature; anybody may have it. `hex`: the raw key, 64 hexadecimal digits (RFC 8032)."""

    hex: str

    def vouches_for(self, head: Head, signed_utc: str, signature: str) -> bool:
        """Whether the owner of the private key signed just this head at that time."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        try:
            key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.hex))
            key.verify(bytes.fromhex(signature), _message(head, signed_utc))
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True)
class PrivateKey:
    """What signs. Only `load_private_key` makes one; printing it shows no more than its public half."""

    public: PublicKey
    _key: Ed25519PrivateKey = field(repr=False, compare=False)

    def sign(self, head: Head, signed_utc: str) -> str:
        """The signature over `head` and the time, 128 hexadecimal digits (Ed25519, RFC 8032)."""
        return self._key.sign(_message(head, signed_utc)).hex()

    def __reduce__(self) -> str:
        raise TypeError("a private key is not copied")


class KeyFiles(NamedTuple):
    """Where a new pair of keys lies."""

    private: Path
    public: Path


def create_key(path: Path) -> KeyFiles:
    """Make a new key pair: the private key at `path` (PEM, 0600), the public key beside it at `path`.pub.

    Raises
    ------
    BadInput
        If there is a file at one of the two paths; a key is never replaced.
    WorkFailed
        If they could not be written.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        PublicFormat,
    )

    files = KeyFiles(path, path.with_name(path.name + PUBLIC_ENDING))
    for file in files:
        if os.path.lexists(file):
            raise BadInput(file, expected="a new file", came="an existing one", remedy="Give another path")
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_bytes(files.private, private, private=True)
    write_bytes(files.public, public, private=False)
    return files


def load_private_key(path: Path) -> PrivateKey:
    """Read the key that `create_key` made.

    Raises
    ------
    BadInput
        If the file is no private Ed25519 key, or others than its owner may read it. Nothing of what the file
        holds stands in the text.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    data = _key_bytes(path, "a private key")
    if os.name != "nt" and path.stat().st_mode & 0o077:
        raise BadInput(
            path,
            expected="a private key that only its owner can read",
            came="one that others can read too",
            remedy="Make a new one with `key`, or, if nobody has read it, run: chmod 600",
        )
    try:
        key = load_pem_private_key(data, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):  # not chained: their text may quote the file
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise BadInput(
            path,
            expected="a private Ed25519 key without a password, in PEM",
            came="something else",
            remedy="Give the file that `key --out` wrote",
        )
    return PrivateKey(PublicKey(key.public_key().public_bytes_raw().hex()), key)


def load_public_key(path: Path) -> PublicKey:
    """Read a public key.

    Raises
    ------
    BadInput
        If the file is no public Ed25519 key; a private one is refused by name, for it should not travel.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    data = _key_bytes(path, "a public key")
    try:
        key = load_pem_public_key(data)
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        private = b"PRIVATE" in data
        raise BadInput(
            path,
            expected="a public Ed25519 key in PEM",
            came="a private key" if private else "something else",
            remedy=f"Give the file that ends in {PUBLIC_ENDING}",
        )
    return PublicKey(key.public_bytes_raw().hex())


def _key_bytes(path: Path, what: str) -> bytes:
    require_regular_file(path, expected=what)
    try:
        with path.open("rb") as stream:
            return stream.read(_MAX_KEY_BYTES)
    except OSError as error:
        raise WorkFailed(f"{path}: the key could not be read: {error.strerror or error}.") from error


def _message(head: Head, signed_utc: str) -> bytes:
    return canonical_json([_PURPOSE, head.seq, head.sha256, signed_utc]).encode()
