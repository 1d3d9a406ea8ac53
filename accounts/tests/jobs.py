"""The queue of the accounts' jobs, as tests look at it."""

import time
from collections.abc import Callable
from typing import Any

import dramatiq
from dramatiq import Message

PATIENCE_SECONDS = 15.0


class Jobs:
    """The queue of the accounts' jobs in Redis."""

    def __init__(self) -> None:
        self.broker: Any = dramatiq.get_broker()

    def _messages(self, queue: str) -> list[Message[Any]]:
        key = f"{self.broker.namespace}:{queue}.msgs"
        return [Message.decode(raw) for raw in self.broker.client.hvals(key)]

    @property
    def waiting(self) -> list[tuple[str, tuple[Any, ...]]]:
        """(actor, arguments) of what is queued, delayed or being worked on."""
        queued = self._messages("accounts") + self._messages("accounts.DQ")
        return [(message.actor_name, tuple(message.args)) for message in queued]

    @property
    def dead(self) -> list[tuple[Any, ...]]:
        """The arguments of what was given up."""
        return [tuple(message.args) for message in self._messages("accounts.XQ")]


def eventually(condition: Callable[[], Any]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)
