"""The socket's door: one client's connection, which hands frames to handlers and forwards what is sent to its groups.

What a frame does is a handler's matter; what the frames are is in realtime.py (docs/live.md).
"""

import asyncio
import contextlib
import json
import logging
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any, cast

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable
from channels.consumer import AsyncConsumer
from channels.exceptions import StopConsumer
from redis.exceptions import RedisError

from accounts.realtime import CloseCode, user_group
from accounts.socket_auth import SocketScope, accept_and_close, chosen_subprotocol
from accounts.tokens import LEEWAY_SECONDS, Claims
from chat import handlers
from chat.frames import Allowance, Frame, MalformedFrameError, Pace, TooFastError, read_frame
from chat.realtime import AuthExpiringFrame, HelloFrame
from lifestring.context import set_request_id
from lifestring.dispatch import ForwardMessage
from lifestring.error_rendering import as_domain_error
from lifestring.errors import DomainError, ErrorCode, socket_error
from lifestring.rendering import dumps, iso

logger = logging.getLogger(__name__)

WARNING_SECONDS = 60.0

Handler = Callable[["SocketConsumer", Frame], Awaitable[Mapping[str, Any] | None]]

# What clients may send, and what does it.
HANDLERS: dict[str, Handler] = {"ping": handlers.ping, "auth": handlers.auth}


class SocketConsumer(AsyncConsumer):
    """One client's socket, of the `caller` that `SocketAuth` found.

    Its messages are handled one after the other, so answers and forwarded frames keep their order. What may wait for
    the database runs as `database_sync_to_async(…, thread_sensitive=False)`; otherwise all sockets of a process would
    queue behind one thread.
    """

    async def __call__(self, scope: Any, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Serve the socket until it is closed; whatever ends it, its groups and its timer end too."""
        self.caller = cast(SocketScope, scope)["caller"]
        self.connection_id = str(uuid.uuid4())
        self.groups: set[str] = set()
        self.open = False
        self.expiry: asyncio.Task[None] | None = None
        self.base_send = send
        set_request_id(self.connection_id)
        try:
            await super().__call__(scope, receive, send)
        except RedisError as error:
            # Raised while joining, before the socket was accepted: nothing later in its life asks Redis unguarded.
            logger.warning("the channel layer is away: %s", type(error).__name__)
            await accept_and_close(scope, send, CloseCode.UNAVAILABLE)
        finally:
            await self._clean_up()

    async def dispatch(self, message: Mapping[str, Any]) -> None:
        """Handle one message of the client or of the channel layer.

        Channels would hop to its one shared thread before each to close old database connections; none are held here.
        """
        await getattr(self, message["type"].replace(".", "_"))(message)

    # --- the socket's life ---

    async def websocket_connect(self, _message: Mapping[str, Any]) -> None:
        """Join the person's own group, then greet: nothing that is sent after the greeting is missed."""
        await self.join(user_group(self.caller.user_id))
        subprotocol = chosen_subprotocol(cast(SocketScope, self.scope))
        await self.send({"type": "websocket.accept", "subprotocol": subprotocol})
        self.open = True
        self.allowance = Allowance(time.monotonic())
        now = iso(datetime.now(UTC))
        user_id = str(self.caller.user_id)
        await self.emit(HelloFrame(type="hello", user_id=user_id, connection_id=self.connection_id, server_time=now))
        self.watch_expiry(cast(SocketScope, self.scope)["claims"])

    async def websocket_receive(self, message: Mapping[str, Any]) -> None:
        """Answer one frame of the client."""
        now = time.monotonic()
        pace = self.allowance.spend(now)
        if not self.open:
            return
        if pace is Pace.HOPELESS:
            await self.close(CloseCode.TOO_FAST)
            return
        ref = None
        try:
            frame = read_frame(message.get("text"))
            ref = frame.ref
            answer = await self._answer(frame, pace)
        except Exception as exc:
            error = as_domain_error(exc)
            if error is None:
                logger.exception("a frame failed")
                error = DomainError("Something went wrong on our side.", code=ErrorCode.SERVER_ERROR, status=500)
            await self.emit(socket_error(error, ref))
            if isinstance(error, MalformedFrameError) and self.allowance.malformed_too_often(now):
                await self.close(CloseCode.MALFORMED)
        else:
            if answer is not None:
                await self.emit(answer)

    async def _answer(self, frame: Frame, pace: Pace) -> Mapping[str, Any] | None:
        if pace is Pace.TOO_FAST:
            raise TooFastError
        frame.check()
        handler = HANDLERS.get(frame.type or "")
        if handler is None:
            raise DomainError("There is no frame of this type.", code=ErrorCode.UNKNOWN_TYPE)
        return await handler(self, frame)

    async def websocket_disconnect(self, message: Mapping[str, Any]) -> None:
        """End with the socket."""
        self.open = False
        logger.info("the socket was closed: %s", message.get("code"))
        raise StopConsumer

    async def _clean_up(self) -> None:
        self.open = False
        if self.expiry is not None:
            self.expiry.cancel()
        for group in self.groups:
            with contextlib.suppress(RedisError):
                await self.channel_layer.group_discard(group, self.channel_name)

    # --- what goes out ---

    async def forward(self, message: ForwardMessage) -> None:
        """Pass on what was sent to one of the socket's groups."""
        await self.emit(json.loads(message["text"]))

    async def emit(self, frame: Mapping[str, Any]) -> None:
        """Send one frame; nothing happens on a socket that is closed or closing."""
        if self.open:
            # Servers raise one or the other for a peer that has just gone; its disconnect message follows.
            with contextlib.suppress(OSError, RuntimeError):
                await self.send({"type": "websocket.send", "text": dumps(frame).decode()})

    async def close(self, code: CloseCode) -> None:
        """Close the socket from our side; from here on it sends nothing and its frames are not read."""
        if self.open:
            self.open = False
            with contextlib.suppress(OSError, RuntimeError):
                await self.send({"type": "websocket.close", "code": int(code)})

    async def join(self, group: str) -> None:
        """Receive what is sent to a group from here on."""
        self.groups.add(group)
        await self.channel_layer.group_add(group, self.channel_name)

    # --- the token's life ---

    def watch_expiry(self, claims: Claims) -> None:
        """Warn of, and at last close for, the end of this token instead of any earlier one's."""
        if self.expiry is not None:
            self.expiry.cancel()
        self.expiry = asyncio.create_task(self._expire(claims.expires_at))

    async def _expire(self, expires_at: float) -> None:
        await asyncio.sleep(expires_at - WARNING_SECONDS - time.time())
        ends = iso(datetime.fromtimestamp(expires_at, UTC))
        await self.emit(AuthExpiringFrame(type="auth.expiring", expires_at=ends))
        await asyncio.sleep(expires_at + LEEWAY_SECONDS - time.time())
        await self.close(CloseCode.NOT_AUTHENTICATED)
