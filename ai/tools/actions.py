"""What an action is: something a person can do by a route, and the assistant can do or propose for them."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypedDict

from rest_framework import serializers

from accounts.callers import Caller
from ai.assistant.sources import Source
from ai.tools.schemas import Json, Offer


class Ask(NamedTuple):
    """What an action is done with.

    Args:
        caller: who does it, or has it done for them.
        values: validated by the action's serializer.
        new_id: of what it may create.
        base: scheme and host for links.
    """

    caller: Caller
    values: dict[str, Any]
    new_id: uuid.UUID
    base: str

    @classmethod
    def to_read(cls, caller: Caller, base: str = "", **values: Any) -> "Ask":
        """Ask for something that creates nothing."""
        return cls(caller, values, uuid.UUID(int=0), base)


class Done(NamedTuple):
    """What came of it.

    Args:
        data: as the action's route shows it.
        message: one sentence for people.
        brief: the same for a model: no more than everybody may see, and short.
        sources: what a model that was told so may refer to.
        status: the HTTP status of the route.
    """

    data: Any
    message: str
    brief: Json
    sources: tuple[Source, ...] = ()
    status: int = 200


@dataclass(frozen=True)
class Action:
    """Something that can be done.

    Args:
        name: its `action_type`, and the tool's name for a model.
        description: for a model: what it does, and when to use it.
        serializer: checks what it is given; the one of its route, where that takes a body.
        offer: what of it a model may fill.
        run: does it.
        label: says in a few words what a person is asked to confirm; None where it only reads, and nobody is asked.
    """

    name: str
    description: str
    serializer: type[serializers.Serializer[Any]]
    offer: Offer
    run: Callable[[Ask], Done]
    label: Callable[[Caller, dict[str, Any]], str] | None = None

    @property
    def writes(self) -> bool:
        """Whether it changes anything."""
        return self.label is not None


class ProposedAction(TypedDict):
    """An action for a person to confirm, by sending it to POST /ai/execute-action with the key as `Idempotency-Key`."""

    action_type: str
    action_data: Json
    label: str
    idempotency_key: str
