"""A publisher of signing keys on loopback, as Supabase Auth is one, which counts its visitors and can misbehave."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa


@dataclass(frozen=True)
class SigningKey:
    """A private key with its id and the one algorithm it is for."""

    kid: str
    algorithm: str
    private: Any

    def public_jwk(self) -> dict[str, Any]:
        """Return what is published of it."""
        writer = jwt.get_algorithm_by_name(self.algorithm)
        written: dict[str, Any] = json.loads(writer.to_jwk(self.private.public_key()))
        return {**written, "kid": self.kid, "alg": self.algorithm, "use": "sig", "key_ops": ["verify"]}


def ec_key(kid: str) -> SigningKey:
    """Make an ES256 key."""
    return SigningKey(kid, "ES256", ec.generate_private_key(ec.SECP256R1()))


def rsa_key(kid: str) -> SigningKey:
    """Make an RS256 key."""
    return SigningKey(kid, "RS256", rsa.generate_private_key(public_exponent=65537, key_size=2048))


@dataclass
class KeyServer:
    """What the publisher answers, changeable while it runs; `requests` holds the paths asked for."""

    keys: list[dict[str, Any]] = field(default_factory=list)
    body: bytes | None = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    delay_per_byte: float = 0.0
    requests: list[str] = field(default_factory=list)
    url: str = ""

    def publish(self, *keys: SigningKey) -> None:
        """Publish exactly these."""
        self.keys = [key.public_jwk() for key in keys]


@contextmanager
def serve_keys(*keys: SigningKey) -> Iterator[KeyServer]:
    """Run a publisher of these keys on a free port."""
    state = KeyServer()
    state.publish(*keys)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.requests.append(self.path)
            time.sleep(state.delay)
            body = json.dumps({"keys": state.keys}).encode() if state.body is None else state.body
            self.send_response(state.status)
            self.send_header("Content-Length", str(len(body)))
            for name, value in state.headers.items():
                self.send_header(name, value)
            self.end_headers()
            pieces = [body[at : at + 1] for at in range(len(body))] if state.delay_per_byte else [body]
            try:
                for piece in pieces:
                    self.wfile.write(piece)
                    time.sleep(state.delay_per_byte)
            except OSError:
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_port}/auth/v1/.well-known/jwks.json"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)
