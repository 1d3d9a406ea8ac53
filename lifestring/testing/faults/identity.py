"""Supabase Auth on loopback: it publishes signing keys and signs people in, can be away, wrong, and change its key."""

import json
import threading
import time
import uuid
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt

from lifestring.local.ports import free_port
from lifestring.testing.jwks_server import SigningKey, ec_key

LIFETIME = 3600


class Signer:
    """The project's keys: `published` are known to everybody, the last of them signs."""

    def __init__(self) -> None:
        self.published: list[SigningKey] = [ec_key("first")]
        self.issuer = ""

    def rotate(self) -> None:
        """Sign with a new key from now on; the old one stays published."""
        self.published.append(ec_key(f"key-{len(self.published) + 1}"))

    def token(self, user_id: uuid.UUID, *, key: SigningKey | None = None, age: int = 0) -> str:
        """Sign an access token, by another key or `age` seconds ago where asked to."""
        signing, now = key or self.published[-1], int(time.time()) - age
        claims = {
            "iss": self.issuer,
            "sub": str(user_id),
            "aud": "authenticated",
            "role": "authenticated",
            "iat": now,
            "exp": now + LIFETIME,
            "is_anonymous": False,
        }
        return jwt.encode(claims, signing.private, algorithm=signing.algorithm, headers={"kid": signing.kid})

    def session(self, user_id: uuid.UUID, email: str) -> dict[str, Any]:
        """Return what Supabase Auth answers to a sign-in."""
        return {
            "access_token": self.token(user_id),
            "token_type": "bearer",
            "expires_in": LIFETIME,
            "expires_at": int(time.time()) + LIFETIME,
            "refresh_token": uuid.uuid4().hex,
            "user": {"id": str(user_id), "email": email},
        }


class AuthServer:
    """One address of it; nobody listens there between `close` and `open`.

    Args:
        signer: whose keys and sessions.
        answer: given in place of everything while it is set, as (status, body).
    """

    def __init__(self, signer: Signer) -> None:
        self.signer = signer
        self.answer: tuple[int, bytes] | None = None
        self.port = free_port()
        self._server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    def open(self) -> None:
        """Listen."""
        server = type("_Server", (ThreadingHTTPServer,), {"daemon_threads": True})(
            ("127.0.0.1", self.port), type("_Handler", (_Handler,), {"auth": self})
        )
        self._server = server
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self) -> None:
        """Refuse connections."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


class _Handler(BaseHTTPRequestHandler):
    auth: AuthServer

    def do_GET(self) -> None:
        self._send({"keys": [key.public_jwk() for key in self.auth.signer.published]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        # An address begins with its owner's id.
        self._send(self.auth.signer.session(uuid.UUID(body["email"].partition("@")[0]), body["email"]))

    def _send(self, answer: dict[str, Any]) -> None:
        status, body = self.auth.answer or (200, json.dumps(answer).encode())
        with suppress(OSError):
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""
