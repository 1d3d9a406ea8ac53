"""Every frame of the socket, in and out, as docs/live.md describes them; JSON objects whose `type` tells them apart.

The group that reaches a person's sockets is `accounts.realtime.user_group`, that of a room's joined ones `room_group`.
What is sent to either is the same for everybody who gets it.
"""

import uuid
from datetime import datetime
from typing import Any, Literal, NotRequired, TypedDict

from accounts.shapes import AuthorShape
from chat.shapes import MessageShape, RoomShape


def room_group(room_id: uuid.UUID) -> str:
    """Return the channel-layer group that reaches every socket that has joined a room, in every process."""
    return f"room.{room_id}"


# --- from the client; each may carry `ref`, up to 64 characters, which its answer repeats -----------------------------


class PingFrame(TypedDict):
    """Asks for a `pong`."""

    type: Literal["ping"]
    ref: NotRequired[str | None]


class AuthFrame(TypedDict):
    """Brings a newer access token of the same user."""

    type: Literal["auth"]
    token: str
    ref: NotRequired[str | None]


class RoomJoinFrame(TypedDict):
    """Asks for all that happens in a room, and for what happened after `since`, the last `seq` the client has seen."""

    type: Literal["room.join"]
    room_id: uuid.UUID
    since: NotRequired[int | None]
    limit: NotRequired[int]
    ref: NotRequired[str | None]


class RoomLeaveFrame(TypedDict):
    """Asks for nothing more of a room; the person stays in it."""

    type: Literal["room.leave"]
    room_id: uuid.UUID
    ref: NotRequired[str | None]


class MessageSendFrame(TypedDict):
    """Says something; with an `id` of the client's own it may be repeated."""

    type: Literal["message.send"]
    room_id: uuid.UUID
    content: str
    id: NotRequired[uuid.UUID | None]
    ref: NotRequired[str | None]


class MessageEditFrame(TypedDict):
    """Changes the text of one's own message."""

    type: Literal["message.edit"]
    room_id: uuid.UUID
    id: uuid.UUID
    content: str
    ref: NotRequired[str | None]


class MessageDeleteFrame(TypedDict):
    """Deletes a message."""

    type: Literal["message.delete"]
    room_id: uuid.UUID
    id: uuid.UUID
    ref: NotRequired[str | None]


class TypingNoteFrame(TypedDict):
    """Says that one types, or not any more; not answered."""

    type: Literal["typing"]
    room_id: uuid.UUID
    active: bool
    ref: NotRequired[str | None]


class ReadNoteFrame(TypedDict):
    """Says up to where one has read."""

    type: Literal["read"]
    room_id: uuid.UUID
    message_id: uuid.UUID
    ref: NotRequired[str | None]


class HistoryFrame(TypedDict):
    """Asks for the messages before one."""

    type: Literal["history"]
    room_id: uuid.UUID
    before: uuid.UUID
    limit: NotRequired[int]
    ref: NotRequired[str | None]


# --- answers; `ref` is null where the frame had none ------------------------------------------------------------------


class PongFrame(TypedDict):
    """Answers `ping`."""

    type: Literal["pong"]
    ref: str | None


class OkFrame(TypedDict):
    """Says that a frame was done."""

    type: Literal["ok"]
    ref: str | None


class SentFrame(TypedDict):
    """Answers `message.send`, after the commit; `seq` is null where that entry of the log was trimmed since."""

    type: Literal["ok"]
    ref: str | None
    message: MessageShape
    seq: int | None


class ChangedFrame(TypedDict):
    """Answers `message.edit` and `message.delete`, after the commit."""

    type: Literal["ok"]
    ref: str | None
    seq: int | None


class MarkedFrame(TypedDict):
    """Answers `read`: how many messages of others are still unread."""

    type: Literal["ok"]
    ref: str | None
    unread_count: int


class HistoryPageFrame(TypedDict):
    """Answers `history`: messages, the last first, and whether there are older ones."""

    type: Literal["history"]
    ref: str | None
    room_id: uuid.UUID
    messages: list[MessageShape]
    has_more: bool


class RoomJoinedFrame(TypedDict):
    """Answers `room.join`: the room as it is at `seq`. All that follows is sent, unless `has_more` of the log is left.

    With `since` it holds `events`, the log after it. Otherwise, and where the log does not reach back that far, `reset` is
    true and `messages` is the newest page, the last first; `has_more` then says whether there are older ones.
    """

    type: Literal["room.joined"]
    ref: str | None
    room_id: uuid.UUID
    room: RoomShape
    participants: list[AuthorShape | None]
    online: list[str]
    seq: int
    has_more: bool
    events: NotRequired[list[dict[str, Any]]]
    reset: NotRequired[Literal[True]]
    messages: NotRequired[list[MessageShape]]


class ErrorFrame(TypedDict):
    """Says that a frame was not done, with the codes of REST; `errors` holds messages by dotted field name."""

    type: Literal["error"]
    ref: str | None
    code: str
    message: str
    errors: NotRequired[dict[str, list[str]]]


# --- unasked ----------------------------------------------------------------------------------------------------------


class HelloFrame(TypedDict):
    """The first frame: whose socket this is, its name in the logs, and the server's clock (ISO 8601)."""

    type: Literal["hello"]
    user_id: str
    connection_id: str
    server_time: str


class AuthExpiringFrame(TypedDict):
    """The token ends at `expires_at` (ISO 8601), in a minute or less."""

    type: Literal["auth.expiring"]
    expires_at: str


# --- the room log, as it happens and in replays: `by` did it, null where it was nobody of ours or is erased -----------


class LogFrame(TypedDict):
    """What all entries of a room's log have."""

    room_id: uuid.UUID
    seq: int
    at: datetime
    by: uuid.UUID | None


class MessageFrame(LogFrame):
    """Somebody wrote or changed a message; `message` is the one of REST, with `user`."""

    type: Literal["message.created", "message.updated"]
    message: MessageShape


class MessageDeletedFrame(LogFrame):
    """A message is gone. In replays every entry about it looks like this one."""

    type: Literal["message.deleted"]
    message_id: uuid.UUID | None


class ParticipantAddedFrame(LogFrame):
    """Somebody came into the room; both are null where they have been erased since."""

    type: Literal["participant.added"]
    user_id: uuid.UUID | None
    user: AuthorShape | None


class ParticipantRemovedFrame(LogFrame):
    """Somebody left the room or was taken out; null in replays where they have been erased since."""

    type: Literal["participant.removed"]
    user_id: uuid.UUID | None


class RoomUpdatedFrame(LogFrame):
    """The room has another name or other metadata; `room` is the one of REST without what only one person sees."""

    type: Literal["room.updated"]
    room: RoomShape


# --- of rooms, beside the log -----------------------------------------------------------------------------------------


class RoomDeletedFrame(TypedDict):
    """The room is gone with all that was said in it."""

    type: Literal["room.deleted"]
    room_id: uuid.UUID


class ReadFrame(TypedDict):
    """Somebody has read up to a message."""

    type: Literal["read"]
    room_id: uuid.UUID
    user_id: uuid.UUID
    message_id: uuid.UUID


class TypingFrame(TypedDict):
    """Somebody types, or not any more."""

    type: Literal["typing"]
    room_id: uuid.UUID
    user_id: uuid.UUID
    active: bool


class PresenceFrame(TypedDict):
    """Somebody's first socket has joined the room, or their last one left it."""

    type: Literal["presence"]
    room_id: uuid.UUID
    user_id: uuid.UUID
    online: bool


class RoomAddedFrame(TypedDict):
    """To the person: they are in this room from now on."""

    type: Literal["room.added"]
    room_id: uuid.UUID
    room: RoomShape


class RoomRemovedFrame(TypedDict):
    """To the person: they are not in this room any more, or it is gone."""

    type: Literal["room.removed"]
    room_id: uuid.UUID
