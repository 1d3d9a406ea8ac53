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
from lifestring.errors import DomainError, ErrorCode
from lifestring.threads import in_socket_thread
from lifestring.throttling import Places, address_behind, address_may_ask

logger = logging.getLogger(__name__)

_CODES = {429: CloseCode.TOO_FAST, 503: CloseCode.UNAVAILABLE}
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

    A foreign origin fails the handshake (HTTP 403). A missing or dead token is closed with 4401, with 4503 where keys or
    database are away, and with 4429 where a person or an address has as many sockets as they may have, all of it after
    accepting: browsers tell a page the code of an accepted socket only.
    """

    def __init__(self, application: SocketApplication) -> None:
        self.application = application
        self.places = Places()

    async def __call__(self, scope: WebSocketScope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Serve one socket."""
        if not all(origin_allowed(origin) for origin in _headers(scope, b"origin")):
            await refuse_handshake(scope, receive, send)
            return
        address = _address_of(scope)
        with self.places.place(address, settings.MAX_SOCKETS_PER_ADDRESS) as has_place:
            found = await self._sign_in(scope, address) if has_place else CloseCode.TOO_FAST
            if isinstance(found, CloseCode):
                await receive()
                await accept_and_close(scope, send, found)
                return
            caller, claims = found
            with self.places.place(str(caller.user_id), settings.MAX_SOCKETS_PER_PERSON) as may_open:
                if may_open:
                    await self.application(SocketScope(**scope, caller=caller, claims=claims), receive, send)
                else:
                    await receive()
                    await accept_and_close(scope, send, CloseCode.TOO_FAST)

    async def _sign_in(self, scope: WebSocketScope, address: str) -> tuple[Caller, Claims] | CloseCode:
        try:
            return await sign_in(token_of(scope), address=address)
        except Exception as exc:
            error = as_domain_error(exc)
            if error is None:
                raise
            logger.info("a socket was not opened: %s", error.code)
            return _CODES.get(error.status, CloseCode.NOT_AUTHENTICATED)


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


async def sign_in(token: str | None, *, address: str = "") -> tuple[Caller, Claims]:
    """Check a token and read its caller, in a thread of the pool and not in the one all sockets would share.

    Args:
        token: as it was sent.
        address: whose limit this counts for, "" for none.

    Raises:
        TokenError: there is no token, it signs nobody in, or the account is gone (401).
        DomainError: the account is banned (403), or the address asked too much (429).
        UnavailableError: the keys cannot be had (503).
    """
    if token is None:
        raise TokenError("An access token is required.", ErrorCode.NOT_AUTHENTICATED)
    return await _sign_in(token, address)


def _read_caller(token: str, address: str) -> tuple[Caller, Claims]:
    if address and not address_may_ask(address):
        raise DomainError(code=ErrorCode.RATE_LIMITED, status=429)
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


def _address_of(scope: WebSocketScope) -> str:
    peer = scope.get("client") or ("", 0)
    return address_behind(str(peer[0]), ",".join(_headers(scope, b"x-forwarded-for")))


def _headers(scope: WebSocketScope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]
