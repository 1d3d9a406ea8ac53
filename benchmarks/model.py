"""A model's server in a process of its own, which writes the time into the first word of what it says."""

import multiprocessing
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

from lifestring.testing.openai_server import serve_models


@contextmanager
def running_model() -> Iterator[Callable[[Any], Any]]:
    """Run the server; lends a function that asks it for its `url` or who has `left`, or tells it how to speak."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(there,), daemon=True)
    process.start()

    def tell(what: Any) -> Any:
        here.send(what)
        return here.recv()

    try:
        yield tell
    finally:
        here.send(None)
        process.join(timeout=10)


def _serve(control: Connection) -> None:
    with serve_models() as server:
        while (what := control.recv()) is not None:
            if what == "url":
                control.send(server.url)
            elif what == "left":
                control.send([one.left_at for one in server.chats if one.left_at is not None])
            else:
                server.chat.voice = _voice("word " * (what["words"] - 1))
                server.chat.token_delay = what["pause"]
                control.send(None)


def _voice(words: str) -> Callable[[Any], str]:
    return lambda _: f"{time.time()} {words}"
