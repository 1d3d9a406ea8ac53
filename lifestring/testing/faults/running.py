"""Running one row of the fault matrix: people and their promises, a load, a fault, and what came of it."""

import asyncio
import random
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import partial

from ai.embedding import embeddings_sweep
from lifestring.testing.chaos.stage import in_database
from lifestring.testing.faults.books import Books, Findings, audit
from lifestring.testing.faults.load import Clients
from lifestring.testing.faults.rows import Row
from lifestring.testing.faults.world import World
from lifestring.testing.faults.writers import Watchers, Writers
from lifestring.testing.people import make_person
from lifestring.testing.rooms import make_room

PEOPLE = 16
BEFORE_SECONDS, AFTER_SECONDS = 1.5, 0.5
WARM_SECONDS, RECOVERY_SECONDS = 120.0, 120.0


@dataclass
class Result:
    """What came of a row.

    Args:
        row: which.
        seconds: until everything went right again; None where it did not.
        last: what took longest.
        lost: acknowledged writes that are gone, a sentence each.
        duplicates: what is there twice, or beyond its limit.
        wrong: what should not have been answered, or be true.
        acknowledged: how many writes were.
        failed: what had no answer for a while.
    """

    row: Row
    seconds: float | None = None
    last: str = ""
    lost: list[str] = field(default_factory=list)
    duplicates: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    acknowledged: int = 0
    failed: set[str] = field(default_factory=set)

    @property
    def held(self) -> bool:
        """Whether every promise was kept, and all went right in the end."""
        return self.seconds is not None and not (self.lost or self.duplicates or self.wrong)


async def run_row(world: World, row: Row, *, without: Collection[str] = ()) -> Result:
    """Run a row in a world that is whole, `without` some kinds of what is done meanwhile."""
    clients = await _clients(world)
    clients.kinds = [kind for kind in clients.kinds if kind.name not in without]
    result = Result(row, wrong=clients.wrong)
    clients.begin()
    try:
        await clients.until_all_go_right(WARM_SECONDS)
        await asyncio.sleep(BEFORE_SECONDS)
        began = time.monotonic()
        ended = await row.fault(world)
        for kind in clients.kinds:
            kind.begin_again()
        await clients.until_all_go_right(RECOVERY_SECONDS)
        await asyncio.sleep(AFTER_SECONDS)
        result.failed = {kind.name for kind in clients.kinds if (kind.last_failure or 0) > began}
        took = {kind.name: (kind.since or time.monotonic()) - ended for kind in clients.kinds}
        result.last = max(took, key=lambda name: took[name])
        result.seconds = max(0.0, took[result.last])
    except TimeoutError as late:
        result.wrong.append(f"it did not recover: {late}")
    finally:
        await clients.end()
    findings = await _audit(clients.books)
    result.lost, result.duplicates = findings.lost, findings.duplicates
    result.wrong += findings.wrong
    books = clients.books
    result.acknowledged = len(books.strings) + len(books.comments) + len(books.messages)
    result.acknowledged += len(books.likes) + len(books.joins) + len(books.connections)
    return result


async def _clients(world: World) -> Clients:
    people = [await in_database(partial(make_person, f"P{number}")) for number in range(PEOPLE)]
    inside, stranger = people[:-1], people[-1]
    room_id = await in_database(partial(make_room, *inside))
    clients = Clients(world, Books([person.user_id for person in inside], room_id))
    clients.kinds += [*Writers(clients).kinds(), *Watchers(clients, stranger.user_id).kinds()]
    return clients


async def _audit(books: Books) -> Findings:
    # As the scheduler's next one would: jobs are hints.
    await in_database(embeddings_sweep)
    return await in_database(partial(audit, books))


def chance(seed: int, row: Row) -> random.Random:
    """The same for a row whichever others run."""
    return random.Random(f"{seed} {row.name}")
