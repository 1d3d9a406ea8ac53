"""What every app has to know of the socket: whom a group reaches, why sockets are closed, and frames about people.

docs/live.md describes all of it; the frames of rooms are in chat/realtime.py.
"""

import uuid
from enum import IntEnum
from typing import Literal, TypedDict

from accounts.connection_shapes import ConnectionShape
from accounts.shapes import AuthorShape

SUBPROTOCOL = "lifestring.v1"


class CloseCode(IntEnum):
    """Why the server closed a socket; clients decide by it what to do next.

    All are from the private range, with HTTP's meanings: Daphne refuses to send the registered ones.
    """

    MALFORMED = 4400
    NOT_AUTHENTICATED = 4401
    SUSPENDED = 4403
    RESYNC = 4410
    TOO_FAST = 4429
    UNAVAILABLE = 4503


def user_group(user_id: uuid.UUID) -> str:
    """Return the channel-layer group that reaches every open socket of a person, in every process."""
    return f"user.{user_id}"


class SuspendedFrame(TypedDict):
    """To the person: they are suspended; the socket is closed after this frame."""

    type: Literal["suspended"]


class ConnectionRequestedFrame(TypedDict):
    """For the receiver of a new request; `user` is who asks."""

    type: Literal["connection.requested"]
    connection: ConnectionShape
    user: AuthorShape | None


class ConnectionAcceptedFrame(TypedDict):
    """For whoever asked; `user` is who accepted."""

    type: Literal["connection.accepted"]
    connection: ConnectionShape
    user: AuthorShape | None


def connection_requested(connection: ConnectionShape, user: AuthorShape | None) -> ConnectionRequestedFrame:
    """Return the frame that tells of a new request."""
    return ConnectionRequestedFrame(type="connection.requested", connection=connection, user=user)


def connection_accepted(connection: ConnectionShape, user: AuthorShape | None) -> ConnectionAcceptedFrame:
    """Return the frame that tells of an accepted one."""
    return ConnectionAcceptedFrame(type="connection.accepted", connection=connection, user=user)
