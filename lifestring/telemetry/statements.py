"""How many statements the running request, frame or job has sent, and for how long it waited for them."""

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(slots=True)
class Statements:
    """A count that goes up.

    Args:
        count: statements sent.
        seconds: what they took together, from here.
    """

    count: int = 0
    seconds: float = 0.0


_current: ContextVar[Statements | None] = ContextVar("statements", default=None)


def count_statements() -> Statements:
    """Begin to count for what this thread or task does from here on."""
    counted = Statements()
    _current.set(counted)
    return counted


def note_statement(seconds: float) -> None:
    """Count one; called by the database backend."""
    counted = _current.get()
    if counted is not None:
        counted.count += 1
        counted.seconds += seconds
