"""Plain text rules shared by every door."""

import re

_SURROGATE = re.compile("[\ud800-\udfff]")


def unstorable(text: str) -> str | None:
    """Say why PostgreSQL could not store this text, or None if it can: it knows neither NUL nor lone surrogates."""
    if "\x00" in text:
        return "The text must not contain NUL characters."
    if not text.isascii() and _SURROGATE.search(text):
        return "The text must not contain lone surrogates."
    return None
