"""What each frame of a client does (docs/live.md, Client to server): parse, call a service or a read, answer."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from chat.frames import Frame
from chat.handlers import connection, messages, rooms

if TYPE_CHECKING:
    from chat.consumers import SocketConsumer

Handler = Callable[["SocketConsumer", Frame], Awaitable[Mapping[str, Any] | None]]

# What clients may send, and what does it; apps above this one add theirs when they are loaded.
HANDLERS: dict[str, Handler] = {
    "ping": connection.ping,
    "auth": connection.auth,
    "room.join": rooms.join,
    "room.leave": rooms.leave,
    "typing": rooms.typing,
    "message.send": messages.send,
    "message.edit": messages.edit,
    "message.delete": messages.delete,
    "read": messages.read,
    "history": messages.history,
}
