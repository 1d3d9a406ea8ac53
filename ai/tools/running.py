"""Doing what is asked: for a person who asks by POST /ai/execute-action, or for a model that speaks to one."""

import json
import uuid
from functools import cache
from typing import Any, NamedTuple, Protocol

from rest_framework import serializers

from accounts.callers import Caller
from ai import reads
from ai.assistant.sources import Source
from ai.tools.actions import Action, Ask, Done, ProposedAction
from ai.tools.catalogue import ACTIONS
from ai.tools.schemas import Json, offered, parameters
from lifestring.error_rendering import as_domain_error
from lifestring.errors import DomainError, SuspendedError, ValidationFailedError, flatten_errors
from lifestring.parsing import check_storable, strict_json

# So many bytes of a model's arguments are read.
MAX_ARGUMENTS = 32 * 1024
_NAMESPACE = uuid.UUID("b0a4f6f2-5a0c-5d0e-8f0b-6f3d1a7c2e94")

NO_SUCH_TOOL = "There is no such tool."
NO_OBJECT = "The arguments must be a JSON object."
TOO_LONG = f"The arguments must not be longer than {MAX_ARGUMENTS // 1024} KiB."
NOTHING_TO_CONFIRM = "This changes nothing, so there is nothing to confirm."
WAITS = "The person has been asked to confirm this. It is not done yet."


class Call(Protocol):
    """A tool call as a model made it."""

    @property
    def name(self) -> str:
        """The tool's name, if it is one."""

    @property
    def arguments(self) -> str:
        """JSON, if it is any."""


class ToolOutcome(NamedTuple):
    """What came of a tool call.

    Args:
        result: plain JSON for the model and the client's event; `error` in it where nothing came of it.
        sources: what the model may refer to from now on.
        actions: what the person is asked to confirm.
    """

    result: Json
    sources: list[Source]
    actions: list[ProposedAction]


@cache
def tool_definitions() -> list[Json]:
    """Return the tools as Chat Completions describes them; always the same, so that a prompt's beginning is too."""
    return [
        {
            "type": "function",
            "function": {
                "name": action.name,
                "description": action.description,
                "parameters": parameters(action.serializer, action.offer),
            },
        }
        for action in ACTIONS.values()
    ]


def perform(caller: Caller, action: Action, data: Any, *, new_id: uuid.UUID, base: str = "") -> Done:
    """Do it, as its route would.

    Args:
        caller: who does it.
        action: what.
        data: what it is given, unchecked.
        new_id: of what it may create.
        base: scheme and host for links.

    Raises:
        ValidationFailedError, DomainError: as its route would, fields named as there.
    """
    values = _validated(action, data)
    if action.writes:
        _check_may_write(caller)
    return action.run(Ask(caller, values, new_id, base))


def propose(caller: Caller, action: Action, data: Json, answer_id: uuid.UUID) -> ProposedAction:
    """Return an action for the caller to confirm, checked as far as it can be without doing it.

    Args:
        caller: for whom.
        action: one that writes.
        data: what it is to be given, as a model said it.
        answer_id: of the model's answer; the same action in the same answer has the same key.

    Raises:
        ValidationFailedError: it could not be done with this, or changes nothing.
        SuspendedError: the caller may not write.
        NotFoundError: it is about what is not there for the caller.
    """
    if action.label is None:
        raise ValidationFailedError({"action_type": [NOTHING_TO_CONFIRM]})
    values = _validated(action, data)
    _check_may_write(caller)
    return {
        "action_type": action.name,
        "action_data": data,
        "label": action.label(caller, values),
        "idempotency_key": str(_key(action, data, answer_id)),
    }


def run_tool(
    caller: Caller, call: Call, *, room_id: uuid.UUID | None = None, answer_id: uuid.UUID | None = None
) -> ToolOutcome:
    """Run a model's tool call, as the caller and with the caller's rights; what the model did wrong is in the result.

    What only reads is done. What writes is proposed, or done where the caller has allowed that in this room
    (docs/decisions/021-tools.md).

    Args:
        caller: whom the model speaks to, read anew.
        call: the call, nothing of which is trusted.
        room_id: where; None where nobody can have allowed anything.
        answer_id: of the answer that is being made: the same action twice in one answer is done once.
    """
    answer_id = answer_id or uuid.uuid4()
    try:
        action = ACTIONS.get(call.name)
        if action is None:
            return _failed(NO_SUCH_TOOL)
        data = offered(_arguments(call.arguments), action.offer)
        if action.writes and not (room_id and reads.may_act(room_id, caller)):
            proposed = propose(caller, action, data, answer_id)
            return ToolOutcome({"status": "proposed", "label": proposed["label"], "note": WAITS}, [], [proposed])
        done = perform(caller, action, data, new_id=_key(action, data, answer_id))
    except Exception as problem:
        error = as_domain_error(problem)
        if error is None:
            raise
        return _failed(error.message, error)
    return ToolOutcome({"status": "done", "message": done.message, **done.brief}, list(done.sources), [])


def _check_may_write(caller: Caller) -> None:
    if caller.is_suspended:
        raise SuspendedError


def _validated(action: Action, data: Any) -> dict[str, Any]:
    serializer = action.serializer(data=data)
    try:
        serializer.is_valid(raise_exception=True)
    except serializers.ValidationError as error:
        raise ValidationFailedError(flatten_errors(error.detail)) from error
    values: dict[str, Any] = serializer.validated_data
    return values


def _arguments(written: str) -> Json:
    """What a model wrote as arguments; none at all is an empty object.

    Raises:
        ValidationFailedError: it is no object, or holds what cannot be stored.
    """
    raw = written.encode("utf-8", "surrogatepass")
    if len(raw) > MAX_ARGUMENTS:
        raise ValidationFailedError({"arguments": [TOO_LONG]})
    try:
        given = strict_json(raw) if raw.strip() else {}
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise ValidationFailedError({"arguments": [NO_OBJECT]})
    check_storable(raw, given)
    return given


def _key(action: Action, data: Json, answer_id: uuid.UUID) -> uuid.UUID:
    return uuid.uuid5(_NAMESPACE, f"{answer_id}\n{action.name}\n{json.dumps(data, sort_keys=True)}")


def _failed(message: str, error: DomainError | None = None) -> ToolOutcome:
    errors = error.errors if error is not None else None
    return ToolOutcome({"error": message, **({"errors": errors} if errors else {})}, [], [])
