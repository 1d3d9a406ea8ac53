"""`manage.py doctor`: a configuration held against the live world before the first start (docs/deploy.md, The first time).

Each app's doctor.py looks at what it needs and says one line about each.
"""

from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from importlib import import_module
from typing import NamedTuple

from django.utils.module_loading import autodiscover_modules


class State(StrEnum):
    """How something is; only what is `WRONG` keeps the service from doing its work."""

    GOOD = "ok"
    NOTE = "note"
    WRONG = "wrong"


class Finding(NamedTuple):
    """One line.

    Args:
        state: how it is.
        subject: what was looked at, in a word or two.
        sentence: what was seen, and where it is not good what to do.
    """

    state: State
    subject: str
    sentence: str


Look = Callable[[], Iterable[Finding]]
_looks: list[tuple[str, Look]] = []


def look(subject: str) -> Callable[[Look], Look]:
    """Register something to look at; whatever it raises is a finding about its subject."""

    def register(function: Look) -> Look:
        _looks.append((subject, function))
        return function

    return register


def good(subject: str, sentence: str) -> Finding:
    """Return a finding that all is well."""
    return Finding(State.GOOD, subject, sentence)


def note(subject: str, sentence: str) -> Finding:
    """Return a finding that somebody may want to know."""
    return Finding(State.NOTE, subject, sentence)


def wrong(subject: str, sentence: str) -> Finding:
    """Return a finding that must be mended."""
    return Finding(State.WRONG, subject, sentence)


def examine() -> Iterator[Finding]:
    """Look at everything, one after the other."""
    import_module("lifestring.doctor.own")
    autodiscover_modules("doctor")
    for subject, function in _looks:
        try:
            yield from function()
        except Exception as error:
            yield wrong(subject, f"This could not be looked at: {type(error).__name__}: {error}")
