"""Which rooms are the assistant's, and what is said there of how it shall answer."""

import uuid
from typing import NamedTuple

from accounts.assistant import assistant_id
from accounts.callers import Caller
from ai import reads
from ai.availability import RETRY_SECONDS
from chat import reads as chat_reads
from chat import services
from chat.access import member_of
from lifestring import rows
from lifestring.errors import DomainError, ErrorCode, UnavailableError, ValidationFailedError
from lifestring.expressions import TextKey

NOT_ITS_ROOM = "This is not a room with the assistant."
NO_ACCOUNT = "The account that speaks for the assistant does not exist: AI_BOT_USER_ID names another."
NAME = "Assistant"
# As text: other clients may keep anything there.
_COLUMNS = (TextKey("metadata", "type"), TextKey("metadata", "context_enabled"))


class AssistantRoom(NamedTuple):
    """A room with the assistant.

    Args:
        has_context: whether answers draw on the asker's profile and on what they may find.
    """

    has_context: bool


def assistant_room(room_id: uuid.UUID, caller: Caller) -> AssistantRoom:
    """Return a room that the caller and the assistant are in.

    Raises:
        NotFoundError: there is no such room.
        NotAMemberError: the caller is not in it.
        DomainError: it is not a room of the assistant (400).
    """
    member_of(room_id, caller)
    found = rows.fetch(reads.room, (room_id,), _COLUMNS)
    bot = assistant_id()
    if not found or found[0][0] != reads.ROOM_TYPE or (bot and not chat_reads.participant(room_id, bot).exists()):
        raise DomainError(NOT_ITS_ROOM)
    return AssistantRoom(has_context=found[0][1] != "false")


def open_room(caller: Caller, room_id: uuid.UUID, *, has_context: bool) -> None:
    """Make a room of the caller and the assistant; a second call with the same id makes nothing.

    Raises:
        UnavailableError: the account that is to speak for the assistant does not exist (`ai_unavailable`).
    """
    values = {
        "name": NAME,
        "metadata": {"type": reads.ROOM_TYPE, "context_enabled": has_context},
        "participant_ids": [assistant_id()],
    }
    try:
        services.room_create(caller=caller, room_id=room_id, values=values)
    except ValidationFailedError as error:
        raise UnavailableError(
            NO_ACCOUNT, code=ErrorCode.AI_UNAVAILABLE, headers={"Retry-After": RETRY_SECONDS}
        ) from error
