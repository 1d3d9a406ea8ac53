"""The turns of this process, watched: who cancels in another process, or may not have the answer any more, ends them."""

import asyncio
import logging
import uuid
from typing import Protocol

from ai.services import turns_watch
from lifestring.threads import in_socket_thread

logger = logging.getLogger(__name__)

WATCH_SECONDS = 0.5

_watch = in_socket_thread(turns_watch)


class Running(Protocol):
    """A turn under way."""

    def stop(self, why: str) -> None:
        """End it where it is; `why` is one of `turns_watch`."""


class Watch:
    """The turns of one event loop; one query for all of them, as long as there are any."""

    def __init__(self) -> None:
        self._turns: dict[uuid.UUID, Running] = {}
        self._task: asyncio.Task[None] | None = None

    def add(self, turn_id: uuid.UUID, turn: Running) -> None:
        """Watch a turn from here on."""
        self._turns[turn_id] = turn
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._keep_watching())

    def remove(self, turn_id: uuid.UUID) -> None:
        """A turn is over."""
        self._turns.pop(turn_id, None)

    def stop(self, turn_id: uuid.UUID, why: str) -> None:
        """End a turn, if it is one of these."""
        if turn_id in self._turns:
            self._turns[turn_id].stop(why)

    def stop_all(self, why: str) -> None:
        """End all of them."""
        for turn in list(self._turns.values()):
            turn.stop(why)

    async def _keep_watching(self) -> None:
        failing = False
        while self._turns:
            try:
                for turn_id, why in (await _watch(source=list(self._turns))).items():
                    self.stop(turn_id, why)
            except Exception as error:
                if not failing:
                    logger.warning("turns cannot be compared with the database: %s", type(error).__name__)
                failing = True
            else:
                failing = False
            await asyncio.sleep(WATCH_SECONDS)


_watches: dict[asyncio.AbstractEventLoop, Watch] = {}


def watch_of_this_loop() -> Watch:
    """Return the running loop's watch; those of loops that have ended are forgotten."""
    for loop in [loop for loop in _watches if loop.is_closed()]:
        del _watches[loop]
    return _watches.setdefault(asyncio.get_running_loop(), Watch())


def stop_for_restart() -> None:
    """End the turns of the running loop, whose process is about to end: what there is of each answer is kept and settled."""
    watch_of_this_loop().stop_all("restart")
