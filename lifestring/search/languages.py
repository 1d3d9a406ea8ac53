"""The languages whose inflections are understood, and how a text tells which it is in."""

import re
import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True)
class Language:
    """One of PostgreSQL's text search configurations.

    Args:
        config: its name.
        code: what a row that says its language begins with (ISO 639-1).
        words: frequent words, in lower case, that no other language here has; as many of each.
    """

    config: str
    code: str
    words: tuple[str, ...]

    @property
    def signs(self) -> tuple[str, ...]:
        """What tells that a text is in it."""
        return (self.code, *self.words)


def _language(config: str, code: str, words: str) -> Language:
    return Language(config, code, tuple(words.split()))


# The first is also taken where nothing tells.
LANGUAGES = (
    _language("english", "en", "the and this with you from to"),
    _language("german", "de", "und der das ist ich ein für"),
    _language("french", "fr", "et les une est avec nous dans"),
    _language("spanish", "es", "el los las y muy pero soy"),
    _language("italian", "it", "che di gli della sono è più"),
    _language("portuguese", "pt", "não uma em você ao é muito"),
    _language("dutch", "nl", "het een niet ik zijn voor ook"),
)

# Letters that are no accented forms of others to Unicode, but to whoever types them on another keyboard.
LETTERS = {
    **dict.fromkeys("đð", "d"),
    "ß": "ss",
    "æ": "ae",
    "œ": "oe",
    "þ": "th",
    "ø": "o",
    "ł": "l",
    "\u0131": "i",
    "\u03c2": "\u03c3",
}
# Combining accents, to Python and PostgreSQL alike.
MARKS = r"[\u0300-\u036f]+"
_MARKS = re.compile(MARKS)


def fold(text: str) -> str:
    """Return a text as it is compared: in lower case, without accents, as the function in the database does."""
    found = _MARKS.sub("", unicodedata.normalize("NFKD", text.lower()))
    for letter, plain in LETTERS.items():
        found = found.replace(letter, plain)
    return found
