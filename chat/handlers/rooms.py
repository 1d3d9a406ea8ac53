"""Coming into a room, leaving it, and what is only said in passing."""

from typing import TYPE_CHECKING, cast

from chat.access import member_of
from chat.frames import Frame
from chat.live_reads import room_snapshot
from chat.realtime import OkFrame, RoomJoinedFrame, TypingFrame, room_group
from lifestring.dispatch import broadcast_now
from lifestring.errors import ConflictError, UnavailableError
from lifestring.rendering import dumps
from lifestring.threads import in_socket_thread

if TYPE_CHECKING:
    from chat.consumers import SocketConsumer

MAX_ROOMS = 1_000
MAX_LIMIT, DEFAULT_LIMIT = 200, 100
LARGEST_SEQ = 2**63 - 1
TRIES = 5

_read_room = in_socket_thread(room_snapshot)
_check_member = in_socket_thread(member_of)


async def join(socket: "SocketConsumer", frame: Frame) -> RoomJoinedFrame | None:
    """Let the socket have what happens in a room, and answer with what it needs to know for that.

    Where more of the log is left than fits into one answer, the socket is not joined yet: whoever asks again with the
    answer's `seq` gets on, and skips nothing.

    Raises:
        NotFoundError, NotAMemberError: the room is not the caller's.
        ValidationFailedError: a field is not what it must be.
        ConflictError: the socket has joined too many rooms.
        UnavailableError: the channel layer or the database is away.
    """
    room_id = frame.id("room_id")
    since, limit = frame.number("since", LARGEST_SEQ), frame.number("limit", MAX_LIMIT) or DEFAULT_LIMIT
    if socket.hub.rooms_of(socket) >= MAX_ROOMS and not socket.hub.joined(socket, room_id):
        raise ConflictError(f"A socket may join at most {MAX_ROOMS} rooms; leave one first.")
    attached = False
    try:
        for _ in range(TRIES):
            await socket.hub.hold(socket, room_id)
            found = await _read_room(room_id, caller=socket.caller, since=since, limit=limit)
            online = await socket.hub.presence.online(room_id)
            if not found.has_more:
                # Nobody is told of their own coming.
                online.add(socket.user_id)
            answer = cast(
                RoomJoinedFrame,
                {"type": "room.joined", "ref": frame.ref, "room_id": room_id, "online": sorted(online), **found.answer},
            )
            if found.has_more:
                return answer
            # Here it is sent between what it holds and what comes after it.
            attached = socket.hub.attach(socket, room_id, found.seq, dumps(answer).decode())
            if attached:
                return None
        raise UnavailableError
    finally:
        if not attached:
            await socket.hub.leave_room(socket, room_id)


async def leave(socket: "SocketConsumer", frame: Frame) -> OkFrame:
    """Send nothing more of a room; also right where the socket has not joined it.

    Raises:
        ValidationFailedError: no `room_id`.
    """
    await socket.hub.leave_room(socket, frame.id("room_id"))
    return OkFrame(type="ok", ref=frame.ref)


async def typing(socket: "SocketConsumer", frame: Frame) -> None:
    """Tell a joined room that the caller types, or not any more.

    Raises:
        ValidationFailedError: a field is not what it must be.
        NotFoundError, NotAMemberError: the room is not the caller's.
        ConflictError: the socket has not joined the room.
    """
    room_id, active = frame.id("room_id"), frame.flag("active")
    if not socket.hub.joined(socket, room_id):
        await _check_member(room_id, socket.caller)
        raise ConflictError("Join the room first.")
    note = TypingFrame(type="typing", room_id=room_id, user_id=socket.caller.user_id, active=active)
    broadcast_now(room_group(room_id), note)
