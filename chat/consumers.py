"""The socket's door: one client's connection, which hands frames to handlers and what the hub has for it to the client.

What a frame does is a handler's matter; what the frames are is in realtime.py (docs/live.md).
"""

import asyncio
import contextlib
import logging
import time
import uuid
from collections.abc import Coroutine, Mapping
from datetime import UTC, datetime
from typing import Any, cast

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable
from channels.consumer import AsyncConsumer
from channels.exceptions import StopConsumer
from channels.utils import await_many_dispatch
from opentelemetry.trace import SpanKind
from redis.exceptions import RedisError

from accounts.realtime import CloseCode, SuspendedFrame
from accounts.socket_auth import SocketScope, accept_and_close, chosen_subprotocol
from accounts.tokens import LEEWAY_SECONDS, Claims
from chat.daphne import adapted
from chat.frames import Allowance, Frame, MalformedFrameError, Pace, TooFastError, read_frame
from chat.handlers import HANDLERS
from chat.hub import Hub, hub_of_this_loop
from chat.outgoing import Outgoing
from chat.realtime import AuthExpiringFrame, HelloFrame
from lifestring.context import set_request_id
from lifestring.error_rendering import as_domain_error
from lifestring.errors import DomainError, ErrorCode, socket_error
from lifestring.rendering import dumps, iso
from lifestring.telemetry import tracing
from lifestring.telemetry.metrics import FRAMES_IN, SOCKETS

logger = logging.getLogger(__name__)

WARNING_SECONDS = 60.0


class SocketConsumer(AsyncConsumer):
    """One client's socket, of the `caller` that `SocketAuth` found.

    Its frames are handled one after the other, so answers keep their order. It is in no group of the channel layer: the
    hub of its process is, once for all sockets (chat/hub.py).
    """

    hub: Hub

    async def __call__(self, scope: Any, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Serve the socket until it is closed; whatever ends it, its places and its timer end too."""
        self.scope = scope
        self.caller = cast(SocketScope, scope)["caller"]
        self.user_id = str(self.caller.user_id)
        self.session_id = cast(SocketScope, scope)["claims"].session_id
        self.connection_id = str(uuid.uuid4())
        self.expiry: asyncio.Task[None] | None = None
        self._over = asyncio.Event()
        self._beside: set[asyncio.Task[None]] = set()
        set_request_id(self.connection_id)
        async with contextlib.AsyncExitStack() as stack:
            self.outgoing = Outgoing(stack.enter_context(adapted(cast(Any, send))), self.resync, self._over.set)
            try:
                self.hub = await stack.enter_async_context(hub_of_this_loop())
                stack.push_async_callback(self._clean_up)
                stack.enter_context(SOCKETS.track_inprogress())
                # Before it is accepted: nothing that is sent after the greeting is missed.
                await self.hub.enter(self)
            except (RedisError, OSError, TimeoutError) as error:
                logger.warning("the channel layer is away: %s", type(error).__name__)
                await accept_and_close(scope, send, CloseCode.UNAVAILABLE)
                return
            with contextlib.suppress(StopConsumer):
                await await_many_dispatch(cast(Any, [receive, self._end]), self.dispatch)

    async def _end(self) -> Mapping[str, Any]:
        await self._over.wait()
        return {"type": "socket.over"}

    async def dispatch(self, message: Mapping[str, Any]) -> None:
        """Handle one message of the server, or the end of what there was to send.

        Channels would hop to its one shared thread before each to close old database connections; none are held here.
        """
        await getattr(self, message["type"].replace(".", "_"))(message)

    # --- the socket's life ---

    async def websocket_connect(self, _message: Mapping[str, Any]) -> None:
        """Greet; somebody suspended only hears that they are."""
        scope = cast(SocketScope, self.scope)
        await self.outgoing.accept(chosen_subprotocol(scope))
        self.allowance = Allowance(time.monotonic())
        if self.caller.is_suspended:
            self.emit(SuspendedFrame(type="suspended"))
            self.close(CloseCode.SUSPENDED)
            return
        now = iso(datetime.now(UTC))
        self.emit(HelloFrame(type="hello", user_id=self.user_id, connection_id=self.connection_id, server_time=now))
        self.watch_expiry(scope["claims"])

    async def websocket_receive(self, message: Mapping[str, Any]) -> None:
        """Answer one frame of the client, and wait until the answer is on its way."""
        now = time.monotonic()
        pace = self.allowance.spend(now)
        FRAMES_IN.inc()
        if self.outgoing.is_closing:
            return
        if pace is Pace.HOPELESS:
            self.close(CloseCode.TOO_FAST)
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
            self.emit(socket_error(error, ref))
            if isinstance(error, MalformedFrameError) and self.allowance.malformed_too_often(now):
                self.close(CloseCode.MALFORMED)
        else:
            if answer is not None:
                self.emit(answer)
        await self.outgoing.drained()

    async def _answer(self, frame: Frame, pace: Pace) -> Mapping[str, Any] | None:
        if pace is Pace.TOO_FAST:
            raise TooFastError
        frame.check()
        handler = HANDLERS.get(frame.type or "")
        if handler is None:
            raise DomainError("There is no frame of this type.", code=ErrorCode.UNKNOWN_TYPE)
        with tracing.span(f"frame {frame.type}", SpanKind.SERVER):
            return await handler(self, frame)

    async def websocket_disconnect(self, message: Mapping[str, Any]) -> None:
        """End with the socket."""
        logger.info("the socket was closed: %s", message.get("code"))
        raise StopConsumer

    async def socket_over(self, _message: Mapping[str, Any]) -> None:
        """End when the last thing was sent; the server sees to the rest of the closing."""
        raise StopConsumer

    async def _clean_up(self) -> None:
        if self.expiry is not None:
            self.expiry.cancel()
        self.outgoing.abandon()
        beside = list(self._beside)
        for task in beside:
            task.cancel()
        await self.hub.leave(self)
        await asyncio.gather(*beside, return_exceptions=True)

    # --- what goes out ---

    def push(self, text: str) -> None:
        """Send a rendered frame nobody asked for."""
        self.outgoing.push(text)

    def answer(self, text: str) -> None:
        """Send a rendered answer."""
        self.outgoing.answer(text)

    def emit(self, frame: Mapping[str, Any]) -> None:
        """Send one frame; nothing happens on a socket that is closed or closing."""
        self.outgoing.answer(dumps(frame).decode())

    def attend(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside the frames, for as long as the socket is open."""
        task = asyncio.get_running_loop().create_task(work)
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)

    def close(self, code: CloseCode) -> None:
        """Close the socket after what was sent before; from here on its frames are not read."""
        self.outgoing.close(int(code))

    def resync(self) -> None:
        """Close the socket now, with nothing more: it cannot be kept complete."""
        logger.info("the socket cannot be kept complete")
        self.outgoing.close(int(CloseCode.RESYNC), at_once=True)

    # --- the token's life ---

    def watch_expiry(self, claims: Claims) -> None:
        """Warn of, and at last close for, the end of this token instead of any earlier one's."""
        if self.expiry is not None:
            self.expiry.cancel()
        self.session_id = claims.session_id
        self.expiry = asyncio.create_task(self._expire(claims.expires_at))

    async def _expire(self, expires_at: float) -> None:
        await asyncio.sleep(expires_at - WARNING_SECONDS - time.time())
        ends = iso(datetime.fromtimestamp(expires_at, UTC))
        self.emit(AuthExpiringFrame(type="auth.expiring", expires_at=ends))
        await asyncio.sleep(expires_at + LEEWAY_SECONDS - time.time())
        self.close(CloseCode.NOT_AUTHENTICATED)
