"""Saying, changing, deleting and reading messages: the same services as over REST."""

import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.conf import settings

from accounts.authentication import load_active_caller
from accounts.callers import Caller
from chat import reads, services
from chat.access import validated_of_member
from chat.frames import Frame
from chat.handlers.rooms import DEFAULT_LIMIT, MAX_LIMIT
from chat.live_reads import messages_before
from chat.realtime import ChangedFrame, HistoryPageFrame, MarkedFrame, SentFrame
from chat.serializers import MessageWriteSerializer
from chat.services import Written
from chat.shapes import WITH_USER, message_shape
from lifestring.threads import in_socket_thread

if TYPE_CHECKING:
    from chat.consumers import SocketConsumer

_read_history = in_socket_thread(messages_before)


@in_socket_thread
def as_active(user_id: uuid.UUID, act: Callable[[Caller], Any]) -> Any:
    """Act as somebody, read anew as for each request of REST: a socket may be open for hours.

    Raises:
        DomainError: they are suspended, banned or gone.
    """
    return act(load_active_caller(user_id))


def _content(room_id: uuid.UUID, caller: Caller, frame: Frame) -> str:
    content: str = validated_of_member(room_id, caller, MessageWriteSerializer(data=frame.data))["content"]
    return content


async def send(socket: "SocketConsumer", frame: Frame) -> SentFrame:
    """Say something; the answer comes after the commit.

    Raises:
        ValidationFailedError: a field is not what it must be, or the id is taken.
        NotFoundError, NotAMemberError: the room is not the caller's.
        DomainError: the caller is suspended.
    """
    room_id, message_id = frame.id("room_id"), frame.optional_id("id") or uuid.uuid4()

    def act(caller: Caller) -> Written:
        content = _content(room_id, caller, frame)
        return services.message_send(caller=caller, room_id=room_id, message_id=message_id, content=content)

    sent: Written = await as_active(socket.caller.user_id, act)
    message: Any = message_shape(sent.row, base=settings.PUBLIC_URL, include=WITH_USER)
    return SentFrame(type="ok", ref=frame.ref, message=message, seq=sent.seq)


async def edit(socket: "SocketConsumer", frame: Frame) -> ChangedFrame:
    """Change the text of one's own message.

    Raises:
        ForbiddenError: it is somebody else's.
        ValidationFailedError, NotFoundError, NotAMemberError, DomainError: as `send`.
    """
    room_id, message_id = frame.id("room_id"), frame.id("id")

    def act(caller: Caller) -> Written:
        content = _content(room_id, caller, frame)
        return services.message_update(caller=caller, room_id=room_id, message_id=message_id, content=content)

    changed: Written = await as_active(socket.caller.user_id, act)
    return ChangedFrame(type="ok", ref=frame.ref, seq=changed.seq)


async def delete(socket: "SocketConsumer", frame: Frame) -> ChangedFrame:
    """Delete a message.

    Raises:
        ForbiddenError: it is somebody else's, and the caller is no staff.
        ValidationFailedError, NotFoundError, NotAMemberError, DomainError: as `send`.
    """
    room_id, message_id = frame.id("room_id"), frame.id("id")

    def act(caller: Caller) -> int:
        return services.message_delete(caller=caller, room_id=room_id, message_id=message_id)

    return ChangedFrame(type="ok", ref=frame.ref, seq=await as_active(socket.caller.user_id, act))


async def read(socket: "SocketConsumer", frame: Frame) -> MarkedFrame:
    """Note how far the caller has read.

    Raises:
        ValidationFailedError: a field is not what it must be, or the message is not in the room.
        NotFoundError, NotAMemberError, DomainError: as `send`.
    """
    room_id, message_id = frame.id("room_id"), frame.id("message_id")

    def act(caller: Caller) -> int:
        services.read_mark_set(caller=caller, room_id=room_id, message_id=message_id)
        unread: int = reads.read_state(room_id, caller)["unread_count"]
        return unread

    return MarkedFrame(type="ok", ref=frame.ref, unread_count=await as_active(socket.caller.user_id, act))


async def history(socket: "SocketConsumer", frame: Frame) -> HistoryPageFrame:
    """Show the messages before one.

    Raises:
        ValidationFailedError: a field is not what it must be, or the message is not in the room.
        NotFoundError, NotAMemberError: the room is not the caller's.
    """
    room_id, before = frame.id("room_id"), frame.id("before")
    limit = frame.number("limit", MAX_LIMIT) or DEFAULT_LIMIT
    messages, has_more = await _read_history(room_id, caller=socket.caller, before=before, limit=limit)
    return HistoryPageFrame(type="history", ref=frame.ref, room_id=room_id, messages=messages, has_more=has_more)
