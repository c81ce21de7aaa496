"""`slicer.i18n` without any translation loaded; strict about what can be translated."""

from __future__ import annotations

import slicer


def translate(context: str, text: str) -> str:
    """The text in the application's language."""
    if not isinstance(context, str) or not isinstance(text, str):
        raise TypeError("translate takes a context and a text")
    translated: str = slicer.app.translate(context, text)
    return translated


def tr(text: str) -> str:
    """The text in the application's language; the context is the calling file."""
    if not isinstance(text, str):
        raise TypeError(f"only text can be translated, not {type(text).__name__}")
    return text
