"""Every frame of the socket, in and out, as docs/live.md describes them; JSON objects whose `type` tells them apart.

The group that reaches a person's sockets is `accounts.realtime.user_group`.
"""

from typing import Any, Literal, NotRequired, TypedDict

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


# --- from the channel layer -------------------------------------------------------------------------------------------


class ForwardMessage(TypedDict):
    """What `lifestring.dispatch` sends to a group: a rendered frame that goes to the client as it is."""

    type: Literal["forward"]
    payload: dict[str, Any]
