"""What every app has to know of the socket: whom a group reaches, and why sockets are closed (docs/live.md)."""

import uuid
from enum import IntEnum

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
