"""An OpenAI-compatible server on loopback, for the real SDK to talk to; it counts what it is asked and can misbehave.

It speaks `/v1/embeddings`; its vectors are those of lifestring/testing/word_vectors.py. Another resource of the API is
another entry of `ROUTES`.
"""

import base64
import json
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from lifestring.testing.word_vectors import DIMENSIONS, vector_of

MAX_INPUTS = 2048


@dataclass(frozen=True)
class Reply:
    """What goes over the wire.

    Args:
        status: the HTTP status.
        body: an object to send as JSON, or bytes to send as they are.
        headers: beyond the usual ones.
        delay: how many seconds to wait before it.
        delay_per_byte: how many seconds each byte takes.
    """

    status: int = 200
    body: Any = b""
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    delay_per_byte: float = 0.0


def failure(status: int, code: str = "server_error", **headers: str) -> Reply:
    """Return an error as the API words it."""
    error = {"message": f"It is {code}.", "type": code, "param": None, "code": code}
    return Reply(status, {"error": error}, {name.replace("_", "-"): value for name, value in headers.items()})


def too_many(retry_after: float | str | None = None) -> Reply:
    """Return a 429, with the pause asked for where one is given."""
    return failure(429, "rate_limit_exceeded", **({} if retry_after is None else {"retry_after": str(retry_after)}))


HTML = Reply(200, b"<!DOCTYPE html><title>Bad gateway</title>", {"Content-Type": "text/html"})
GARBAGE = Reply(200, b'{"object": "list", "data": [{"ind')


@dataclass
class ModelServer:
    """A running server, changeable while it runs.

    Args:
        replies: given instead of real answers, one for each request; the last one stays where `stuck` is set.
        refuses: texts with this word in them are refused with 400.
        requests: the bodies received, whole; `times` says when.
        answered: the texts that were answered with success.
        delay: how long each answer takes, in seconds.
        api_key: what the Authorization header must carry, if anything.
        dimensions: of a vector where the request does not say.
        before: called with each body before it is answered.
        change: makes another answer of a good one.
    """

    replies: list[Reply] = field(default_factory=list)
    stuck: bool = False
    refuses: str = ""
    requests: list[dict[str, Any]] = field(default_factory=list)
    delay: float = 0.0
    api_key: str = ""
    dimensions: int = DIMENSIONS
    before: Callable[[dict[str, Any]], None] = lambda _: None
    change: Callable[[dict[str, Any]], Any] = lambda answer: answer
    answered: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    url: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def inputs(self) -> list[str]:
        """Every text it was sent, in order."""
        return [text for body in list(self.requests) for text in body["input"]]

    def reply_to(self, path: str, key: str, body: dict[str, Any]) -> Reply:
        """Return what a request gets."""
        with self._lock:
            self.requests.append(body)
            self.times.append(time.monotonic())
            planned = self.replies[0] if self.replies else None
            if planned and not self.stuck:
                self.replies.pop(0)
        self.before(body)
        if planned:
            return planned
        if self.api_key and key != f"Bearer {self.api_key}":
            return failure(401, "invalid_api_key")
        route = ROUTES.get(path)
        return route(self, body) if route else failure(404, "not_found")


def _embeddings(server: ModelServer, body: dict[str, Any]) -> Reply:
    texts = [body["input"]] if isinstance(body.get("input"), str) else body.get("input")
    if not texts or len(texts) > MAX_INPUTS or not all(isinstance(text, str) and text for text in texts):
        return failure(400, "invalid_request_error")
    if server.refuses and any(server.refuses in text for text in texts):
        return failure(400, "invalid_request_error")
    dimensions = body.get("dimensions") or server.dimensions
    packed = body.get("encoding_format") == "base64"
    data = []
    for index, text in enumerate(texts):
        vector: Any = vector_of(text, dimensions)
        if packed:
            vector = base64.b64encode(struct.pack(f"<{dimensions}f", *vector)).decode()
        data.append({"object": "embedding", "index": index, "embedding": vector})
    tokens = sum(-(-len(text) // 4) for text in texts)
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    answer = {"object": "list", "data": data, "model": body.get("model"), "usage": usage}
    return Reply(200, server.change(answer), delay=server.delay)


ROUTES: dict[str, Callable[[ModelServer, dict[str, Any]], Reply]] = {"/v1/embeddings": _embeddings}


def _handler(state: ModelServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            reply = state.reply_to(self.path, self.headers.get("Authorization", ""), body)
            time.sleep(reply.delay)
            with suppress(OSError):
                self._send(reply)
                if reply.status == 200:
                    state.answered += body.get("input", [])
            self.close_connection = True

        def _send(self, reply: Reply) -> None:
            content = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
            self.send_response(reply.status)
            headers = {"Content-Type": "application/json", "Connection": "close", **reply.headers}
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            pieces = [content[at : at + 1] for at in range(len(content))] if reply.delay_per_byte else [content]
            for piece in pieces:
                self.wfile.write(piece)
                time.sleep(reply.delay_per_byte)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    return Handler


@contextmanager
def serve_models() -> Iterator[ModelServer]:
    """Run a server on a free port; `url` is the base URL for clients."""
    state = ModelServer()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(state))
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)
