"""An OpenAI-compatible server on loopback, for the real SDK to talk to; it counts what it is asked and can misbehave.

It speaks `/v1/embeddings`, `/v1/chat/completions` and `/v1/moderations`; its vectors are those of
lifestring/testing/word_vectors.py. Another resource of the API is another entry of `ROUTES`.
"""

import base64
import json
import selectors
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from lifestring.testing.openai_chat import Chats, Say, completions, moderations
from lifestring.testing.openai_wire import GARBAGE, HTML, Cut, Pause, Reply, Stream, failure, too_many
from lifestring.testing.word_vectors import DIMENSIONS, vector_of

__all__ = [
    "GARBAGE",
    "HTML",
    "ModelServer",
    "Reply",
    "Say",
    "failure",
    "serve_models",
    "too_many",
    "vector_of",
]

MAX_INPUTS = 2048
WATCH_SECONDS = 0.2


@dataclass
class Seen:
    """One request: its path and body, when it came, and when, by `time.monotonic`, its client left before the end."""

    path: str
    body: dict[str, Any]
    at: float
    left_at: float | None = None
    is_over: bool = False


@dataclass
class ModelServer:
    """A running server, changeable while it runs.

    Args:
        replies: given instead of real answers, one for each request; the last one stays where `stuck` is set.
        refuses: texts with this word in them are refused with 400.
        chat: how it chats, and what it objects to.
        requests: the bodies received, whole; `times` says when, and `seen` what became of each.
        answered: the texts that were answered with success.
        delay: how long each answer takes, in seconds.
        api_key: what the Authorization header must carry, if anything.
        dimensions: of a vector where the request does not say.
        remembers: keeps the requests; off where it runs for long.
        keeps_alive: leaves connections open for the next request; `connections` says how many there were.
        before: called with each body before it is answered.
        change: makes another answer of a good one.
    """

    replies: list[Reply] = field(default_factory=list)
    stuck: bool = False
    refuses: str = ""
    chat: Chats = field(default_factory=Chats)
    requests: list[dict[str, Any]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    delay: float = 0.0
    api_key: str = ""
    dimensions: int = DIMENSIONS
    remembers: bool = True
    keeps_alive: bool = False
    connections: int = 0
    before: Callable[[dict[str, Any]], None] = lambda _: None
    change: Callable[[dict[str, Any]], Any] = lambda answer: answer
    answered: list[str] = field(default_factory=list)
    url: str = ""
    is_stopping: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def inputs(self) -> list[str]:
        """Every text it was sent to embed, in order."""
        return [text for body in list(self.requests) if isinstance(body.get("input"), list) for text in body["input"]]

    @property
    def chats(self) -> list[Seen]:
        """The requests to chat, in order."""
        return [one for one in list(self.seen) if one.path == CHAT]

    def reply_to(self, request: Seen, key: str) -> Reply | Stream:
        """Return what a request gets."""
        body = request.body
        with self.lock:
            if self.remembers:
                self.seen.append(request)
                self.requests.append(body)
                self.times.append(request.at)
            planned = self.replies[0] if self.replies else None
            if planned and not self.stuck:
                self.replies.pop(0)
        self.before(body)
        if planned:
            return planned
        if self.api_key and key != f"Bearer {self.api_key}":
            return failure(401, "invalid_api_key")
        route = ROUTES.get(request.path)
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


EMBEDDINGS, CHAT, MODERATIONS = "/v1/embeddings", "/v1/chat/completions", "/v1/moderations"
ROUTES: dict[str, Callable[[ModelServer, dict[str, Any]], Reply | Stream]] = {
    EMBEDDINGS: _embeddings,
    CHAT: completions,
    MODERATIONS: moderations,
}


class BrokenOffError(OSError):
    """The answer was to break off here."""


class _Handler(BaseHTTPRequestHandler):
    state: ModelServer
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        super().setup()
        self.state.connections += 1

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        request = Seen(self.path, body, time.monotonic())
        reply = self.state.reply_to(request, self.headers.get("Authorization", ""))
        try:
            if isinstance(reply, Stream):
                self._send_stream(reply)
            else:
                self._wait(reply.delay)
                self._send(reply)
                if reply.status == 200 and self.path == EMBEDDINGS and self.state.remembers:
                    self.state.answered += body.get("input", [])
            request.is_over = True
            self.close_connection = not self.state.keeps_alive
        except OSError as error:
            # Ours where the stand-in itself was told to break off.
            request.left_at = None if isinstance(error, BrokenOffError) else time.monotonic()
            self.close_connection = True

    @property
    def _connection(self) -> str:
        return "keep-alive" if self.state.keeps_alive else "close"

    def _send(self, reply: Reply) -> None:
        content = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        self.send_response(reply.status)
        headers = {"Content-Type": "application/json", "Connection": self._connection, **reply.headers}
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        pieces = [content[at : at + 1] for at in range(len(content))] if reply.delay_per_byte else [content]
        for piece in pieces:
            self.wfile.write(piece)
            self._wait(reply.delay_per_byte)

    def _send_stream(self, stream: Stream) -> None:
        self.send_response(200)
        headers = {"Content-Type": "text/event-stream; charset=utf-8", "Transfer-Encoding": "chunked"}
        for name, value in {**headers, "Connection": self._connection}.items():
            self.send_header(name, value)
        self.end_headers()
        for step in stream.steps:
            if isinstance(step, Cut):
                raise BrokenOffError
            if isinstance(step, Pause):
                self._wait(step.seconds)
            else:
                self.wfile.write(b"%x\r\n%b\r\n" % (len(step), step))
        self.wfile.write(b"0\r\n\r\n")

    def _wait(self, seconds: float) -> None:
        """Wait, but no longer than the client does."""
        ends = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(self.connection, selectors.EVENT_READ)
            while (left := ends - time.monotonic()) > 0:
                if self.state.is_stopping or selector.select(min(left, WATCH_SECONDS)):
                    raise ConnectionAbortedError

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # A hundred clients may come at the same moment.
    request_queue_size = 512


@contextmanager
def serve_models(port: int = 0) -> Iterator[ModelServer]:
    """Run a server on a port, a free one unless told; `url` is the base URL for clients."""
    state = ModelServer()
    server = _Server(("127.0.0.1", port), type("Handler", (_Handler,), {"state": state}))
    state.url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        state.is_stopping = True
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)
