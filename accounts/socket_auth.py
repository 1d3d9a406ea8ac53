"""Who may open a socket: the page it comes from, and the token it brings (docs/live.md, Opening)."""

import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, WebSocketScope
from django.conf import settings

from accounts.authentication import load_caller_of
from accounts.callers import Caller
from accounts.realtime import SUBPROTOCOL, CloseCode
from accounts.tokens import Claims, TokenError, verifier
from lifestring.bearer import bearer_token
from lifestring.error_rendering import as_domain_error
from lifestring.errors import ErrorCode
from lifestring.threads import in_socket_thread

logger = logging.getLogger(__name__)

TOKEN_PREFIX = "bearer."  # noqa: S105 - no secret


class SocketScope(WebSocketScope):
    """The scope of a socket whose caller is known."""

    caller: Caller
    claims: Claims


SocketApplication = Callable[[Any, ASGIReceiveCallable, ASGISendCallable], Awaitable[None]]


class SocketAuth:
    """ASGI middleware: lets sockets of allowed origins with a valid token through, their caller in `scope["caller"]`.

    Args:
        application: what serves them; its scope is a `SocketScope`.

    A foreign origin fails the handshake (HTTP 403). A missing or dead token is closed with 4401, and with 4503 where keys
    or database are away, both after accepting: browsers tell a page the code of an accepted socket only.
    """

    def __init__(self, application: SocketApplication) -> None:
        self.application = application

    async def __call__(self, scope: WebSocketScope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Serve one socket."""
        if not all(origin_allowed(origin) for origin in _headers(scope, b"origin")):
            await refuse_handshake(scope, receive, send)
            return
        try:
            caller, claims = await sign_in(token_of(scope))
        except Exception as exc:
            error = as_domain_error(exc)
            if error is None:
                raise
            code = CloseCode.UNAVAILABLE if error.status == 503 else CloseCode.NOT_AUTHENTICATED
            logger.info("a socket was not opened: %s", error.code)
            await receive()
            await accept_and_close(scope, send, code)
            return
        await self.application(SocketScope(**scope, caller=caller, claims=claims), receive, send)


def origin_allowed(origin: str) -> bool:
    """Return whether pages of this origin may call, by the very settings that decide it for REST."""
    return origin in settings.CORS_ALLOWED_ORIGINS or any(
        re.match(pattern, origin) for pattern in settings.CORS_ALLOWED_ORIGIN_REGEXES
    )


def token_of(scope: WebSocketScope) -> str | None:
    """Return the token a socket brings: as subprotocol `bearer.<token>`, else as Authorization header.

    The subprotocol counts first: behind a proxy with a password, browsers add an Authorization header of their own.
    """
    for name in scope["subprotocols"]:
        if name.startswith(TOKEN_PREFIX):
            return name.removeprefix(TOKEN_PREFIX)
    return next((token for value in _headers(scope, b"authorization") if (token := bearer_token(value))), None)


async def sign_in(token: str | None) -> tuple[Caller, Claims]:
    """Check a token and read its caller, in a thread of the pool and not in the one all sockets would share.

    Raises:
        TokenError: there is no token, it signs nobody in, or the account is gone (401).
        DomainError: the account is banned (403).
        UnavailableError: the keys cannot be had (503).
    """
    if token is None:
        raise TokenError("An access token is required.", ErrorCode.NOT_AUTHENTICATED)
    return await _sign_in(token)


def _read_caller(token: str) -> tuple[Caller, Claims]:
    claims = verifier().verify(token)
    return load_caller_of(claims), claims


_sign_in = in_socket_thread(_read_caller)


def chosen_subprotocol(scope: WebSocketScope) -> str | None:
    """Return ours where it is offered; a browser that offered any fails the handshake when none is chosen."""
    return SUBPROTOCOL if SUBPROTOCOL in scope["subprotocols"] else None


async def accept_and_close(scope: WebSocketScope, send: ASGISendCallable, code: CloseCode) -> None:
    """Open a socket only to say with which code it is closed."""
    await send({"type": "websocket.accept", "subprotocol": chosen_subprotocol(scope), "headers": []})
    await send({"type": "websocket.close", "code": int(code), "reason": None})


async def refuse_handshake(_scope: WebSocketScope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """Answer a handshake with HTTP 403, as servers do for a close before the accept; also an ASGI application."""
    await receive()
    await send({"type": "websocket.close", "code": 1008, "reason": None})


def _headers(scope: WebSocketScope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]
