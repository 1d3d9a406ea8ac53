"""What the frames do that concern the connection itself; the consumer's table names each (docs/live.md)."""

from typing import TYPE_CHECKING

from accounts.realtime import CloseCode
from accounts.socket_auth import sign_in
from chat.frames import Frame
from chat.realtime import OkFrame, PongFrame
from lifestring.errors import DomainError, ErrorCode, ForbiddenError, socket_error

if TYPE_CHECKING:
    from chat.consumers import SocketConsumer


async def ping(_socket: "SocketConsumer", frame: Frame) -> PongFrame:
    """Answer, so that a client knows the way there and back is open."""
    return PongFrame(type="pong", ref=frame.ref)


async def auth(socket: "SocketConsumer", frame: Frame) -> OkFrame | None:
    """Go on with a newer token of the same user.

    Raises:
        DomainError: as `sign_in`; the socket goes on with its old token, unless the account is banned or gone.
        ForbiddenError: the token is somebody else's.
    """
    try:
        caller, claims = await sign_in(frame.text("token"))
    except DomainError as error:
        if error.code in {ErrorCode.BANNED, ErrorCode.USER_NOT_FOUND}:
            socket.emit(socket_error(error, frame.ref))
            socket.close(CloseCode.NOT_AUTHENTICATED)
            return None
        raise
    if caller.user_id != socket.caller.user_id:
        raise ForbiddenError("The token is another user's; open a socket of its own for it.")
    socket.caller = caller
    socket.watch_expiry(claims)
    return OkFrame(type="ok", ref=frame.ref)
