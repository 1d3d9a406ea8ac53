"""A real HTTP server on loopback that stands for Supabase Auth: it answers what it is told and records what it gets."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SESSION: dict[str, Any] = {
    "access_token": "access",
    "token_type": "bearer",
    "expires_in": 3600,
    "expires_at": 1795172400,
    "refresh_token": "refresh",
    "user": {"id": "f0e2a6a4-6f0a-4c3e-8d53-6c2f0f1d9b11", "email": "alice@lifestring.example"},
}


@dataclass
class Answer:
    """What to answer: JSON or raw bytes; `pause` seconds before each of `pieces` pieces of the body."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    pause: float = 0.0
    pieces: int = 1

    @property
    def content(self) -> bytes:
        """The body as bytes."""
        if self.body is None:
            return b""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass
class Seen:
    """A request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


class SupabaseServer:
    """The stand-in; `answers` maps `METHOD path` (below /auth/v1/) to Answers, `requests` is what it saw."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.answers: dict[str, Answer] = {}
        self.requests: list[Seen] = []
        self.hurry = threading.Event()


@contextmanager
def supabase_server() -> Iterator[SupabaseServer]:
    """Run the stand-in until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_any(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = self.path.removeprefix("/auth/v1/")
            headers = {name.lower(): value for name, value in self.headers.items()}
            server.requests.append(Seen(self.command, path, headers, json.loads(raw) if raw else None))
            self.send_answer(server.answers.get(f"{self.command} {path}") or Answer(501, {"msg": "not told"}))

        do_GET = do_POST = do_PUT = do_DELETE = do_any  # noqa: N815 - http.server's names

        def send_answer(self, answer: Answer) -> None:
            content = answer.content
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            step = max(1, -(-len(content) // answer.pieces))
            try:
                for start in range(0, len(content), step):
                    server.hurry.wait(answer.pause)
                    self.wfile.write(content[start : start + step])
                    self.wfile.flush()
            except OSError:
                self.close_connection = True

        def log_message(self, *_: Any) -> None:
            """Stay quiet."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    server = SupabaseServer(f"http://127.0.0.1:{http.server_address[1]}")
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.hurry.set()
        http.shutdown()
        thread.join(timeout=10)
        http.server_close()
