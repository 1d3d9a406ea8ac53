"""Whether a server that failed is worth another try yet, so that it does not keep everybody waiting while it is away."""

import time
from collections.abc import Hashable

FIRST_SECONDS, MOST_SECONDS = 2.0, 60.0


class Breaker:
    """What one process knows of servers: after a failure each is left alone, twice as long every time."""

    def __init__(self) -> None:
        self._pauses: dict[Hashable, tuple[float, float]] = {}

    def is_open(self, server: Hashable) -> bool:
        """Whether it is to be left alone for now."""
        until, _ = self._pauses.get(server, (0.0, 0.0))
        return time.monotonic() < until

    def failed(self, server: Hashable, asked_for: float | None = None) -> None:
        """Note a failure.

        Args:
            server: whose.
            asked_for: for how many seconds it wants to be left alone itself; believed up to a minute.
        """
        _, last = self._pauses.get(server, (0.0, 0.0))
        pause = min(MOST_SECONDS, max(FIRST_SECONDS, 2 * last, asked_for or 0.0))
        self._pauses[server] = (time.monotonic() + pause, pause)

    def succeeded(self, server: Hashable) -> None:
        """Note that it is well again."""
        self._pauses.pop(server, None)
