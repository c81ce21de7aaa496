"""The signatures of a log, checked against a key while `verify` walks the chain."""

from __future__ import annotations

from CTSpatialVQALib.audit.chain import ChainBroken, Head, Stored
from CTSpatialVQALib.audit.signing import PublicKey


class Signatures:
    """The signatures of a log, checked against `key`; without a key they are counted only.

    `last` is the head that the last good signature of the key covers.
    """

    def __init__(self, key: PublicKey | None) -> None:
        self.key = key
        self.last: Head | None = None
        self._others = 0

    def check(self, stored: Stored, before: Head, where: str) -> None:
        """Take in a record of the kind `signed`; `before` is the record that it follows.

        Raises
        ------
        ChainBroken
            If it names the key but vouches for another chain, or is no signature at all.
        """
        payload = stored.event["payload"]
        if self.key is None or type(payload) is not dict or payload.get("public_key") != self.key.hex:
            self._others += 1
            return
        signed_head: object = (payload.get("seq"), payload.get("sha256"))
        if signed_head != before:
            why = "it signs another record than the one before it: the chain was rebuilt from here or earlier"
            raise ChainBroken(where, stored.seq, why)
        if not self.key.vouches_for(before, str(payload.get("signed_utc")), str(payload.get("signature"))):
            raise ChainBroken(where, stored.seq, "its signature was not made with the key that it names")
        self.last = before

    def notes(self) -> tuple[str, ...]:
        """What a reader should know of the signatures that were not checked."""
        if not self._others:
            return ()
        count = "1 signature" if self._others == 1 else f"{self._others} signatures"
        if self.key is None:
            return (f"{count} not checked: give the signer's public key",)
        return (f"{count} by another key not checked",)
