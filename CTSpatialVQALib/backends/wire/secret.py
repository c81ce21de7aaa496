"""How does a key stay unseen? It is held where no text shows it, and struck from whatever comes back."""

from __future__ import annotations

import re

from pydantic import JsonValue

from CTSpatialVQALib.errors import BadInput

_LEAST = 8  # shorter ones are placeholders (EMPTY, none, ollama); striking them would deface answers
STRUCK = "[key]"


class Secret:
    """A key in memory. `str` and `repr` do not show it.

    Parameters
    ----------
    key : as it stands in the environment; white space around it is dropped
    where : named in the error

    Raises
    ------
    BadInput
        If it cannot stand in a header: blank, or with characters other than visible ASCII. Without the key.
    """

    __slots__ = ("_key", "_pattern")

    def __init__(self, key: str, *, where: str = "key") -> None:
        self._key = key.strip()
        if not self._key or not all("!" <= character <= "~" for character in self._key):
            raise BadInput(
                where,
                expected="a key of visible ASCII characters",
                came="a blank one" if not self._key else "one with other characters in it",
                remedy="Correct the environment variable that holds it",
            )
        self._pattern = re.compile(re.escape(self._key))

    def __repr__(self) -> str:
        return "Secret()"

    def __reduce__(self) -> str:
        raise TypeError("a key is not to be written anywhere")

    def revealed(self) -> str:
        """The key itself, for the one header that carries it."""
        return self._key

    def struck_from(self, text: str) -> str:
        """`text` with the key replaced."""
        return self._pattern.sub(STRUCK, text) if len(self._key) >= _LEAST else text

    def struck_from_value(self, value: JsonValue) -> JsonValue:
        """A plain value with the key replaced in each text of it."""
        if isinstance(value, str):
            return self.struck_from(value)
        if isinstance(value, list):
            return [self.struck_from_value(one) for one in value]
        if isinstance(value, dict):
            return {self.struck_from(key): self.struck_from_value(one) for key, one in value.items()}
        return value
