"""Every frame of the socket, in and out, as docs/live.md describes them; JSON objects whose `type` tells them apart.

The group that reaches a person's sockets is `accounts.realtime.user_group`, that of a room's joined ones `room_group`.
What is sent to either is the same for everybody who gets it.
"""

import uuid
from datetime import datetime
from typing import Any, Literal, NotRequired, TypedDict

from accounts.shapes import AuthorShape


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


# --- answers; `ref` is null where the frame had none ------------------------------------------------------------------


class PongFrame(TypedDict):
    """Answers `ping`."""

    type: Literal["pong"]
    ref: str | None


class OkFrame(TypedDict):
    """Says that a frame was done."""

    type: Literal["ok"]
    ref: str | None


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
    message: dict[str, Any]


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
    room: dict[str, Any]


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


class RoomAddedFrame(TypedDict):
    """To the person: they are in this room from now on."""

    type: Literal["room.added"]
    room_id: uuid.UUID
    room: dict[str, Any]


class RoomRemovedFrame(TypedDict):
    """To the person: they are not in this room any more, or it is gone."""

    type: Literal["room.removed"]
    room_id: uuid.UUID
