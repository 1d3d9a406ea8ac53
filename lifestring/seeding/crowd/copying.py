"""COPY of generated lines into a table, with word of how far it is."""

import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from django.db import connection

BATCH = 5_000
SECONDS_BETWEEN_LINES = 5.0


class Progress:
    """Says now and then how many rows of a table are written."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.say = say

    def batches(self, table: str, lines: Iterable[str], total: int) -> Iterator[str]:
        """Yield lines in pieces worth sending."""
        source, done, started = iter(lines), 0, time.monotonic()
        last = started
        while batch := list(islice(source, BATCH)):
            yield "".join(batch)
            done += len(batch)
            if (now := time.monotonic()) - last > SECONDS_BETWEEN_LINES:
                self.say(f"{table}: {done:,} of {total:,}")
                last = now
        self.say(f"{table}: {done:,} in {time.monotonic() - started:.1f} s")


def copy(progress: Progress, table: str, columns: str, lines: Iterable[str], total: int) -> None:
    """Write lines, each a row in COPY's text format with its newline, into a table; `total` only for what is said."""
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as stream:
        for piece in progress.batches(table, lines, total):
            stream.write(piece)


def field(text: str) -> str:
    """Return text as a field of COPY's text format."""
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
