"""The queue of embeddings, and what is stored, as tests look at them."""

import time
import uuid
from collections.abc import Callable
from typing import Any

from dramatiq import Message

from ai.models import StringEmbedding
from ai.sentences import content_hash

PATIENCE_SECONDS = 15.0
MODEL = "text-embedding-3-small"


class EmbeddingJobs:
    """The queue in Redis."""

    def __init__(self, broker: Any) -> None:
        self.broker = broker

    def _messages(self, queue: str) -> list[Message[Any]]:
        found = self.broker.client.hvals(f"{self.broker.namespace}:{queue}.msgs")
        return [Message.decode(raw) for raw in found]

    @property
    def waiting(self) -> list[tuple[str, tuple[Any, ...]]]:
        """(actor, arguments) of what is queued, delayed or being worked on."""
        queued = self._messages("embeddings") + self._messages("embeddings.DQ")
        return [(message.actor_name, tuple(message.args)) for message in queued]

    @property
    def dead(self) -> list[tuple[Any, ...]]:
        """The arguments of what was given up."""
        return [tuple(message.args) for message in self._messages("embeddings.XQ")]


def eventually(condition: Callable[[], Any]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


def stored_for(string_id: uuid.UUID | str) -> StringEmbedding | None:
    """What is stored of a string; there is never more than one row."""
    return StringEmbedding.objects.filter(string_id=string_id).first()


def hash_of(text: str, model: str = MODEL) -> str:
    """The `content_hash` of a string's text."""
    return content_hash(model, text)
