"""What docs/reliability.md says is tried and holds, and whoever counts would see it if it did not."""

import asyncio
import random
import uuid
from typing import Any

import pytest

from lifestring.testing.environment import ServerProcess
from lifestring.testing.faults import page, rows
from lifestring.testing.faults.books import Books, audit
from lifestring.testing.faults.rows import ROWS, Row
from lifestring.testing.faults.running import Result, run_row
from lifestring.testing.faults.world import Ground, Outside, World
from lifestring.testing.people import Person, connect
from lifestring.testing.rooms import make_room
from strings.models import String, StringLike

pytestmark = [pytest.mark.serial, pytest.mark.xdist_group("serial")]

HELD = [["0"] * 3] * len(ROWS)
# What needs processes that are not worth starting here.
ELSEWHERE = {"worker", "scheduler", "assistant"}


def test_the_page_has_every_row_and_nothing_was_lost_doubled_or_wrong():
    found = page.rows_in()
    assert [row[:2] for row in found] == [[row.title, page.name_of(row)] for row in ROWS]
    assert [row[2:5] for row in found] == HELD
    assert all(row[5].startswith("within ") for row in found)


def test_a_run_writes_its_table_into_the_page(tmp_path: Any):
    copy = tmp_path / "page.md"
    copy.write_text(f"Before.\n\n{page.BEGIN}\nold\n{page.END}\n\nAfter.\n")
    page.write([Result(ROWS[0], seconds=1.4), Result(ROWS[1], seconds=None, lost=["one"])], copy)
    assert [row[2:] for row in page.rows_in(copy)] == [["0", "0", "0", "within 2 s"], ["1", "0", "0", "does not"]]
    text = copy.read_text()
    assert text.startswith("Before.\n\n")
    assert text.endswith("\n\nAfter.\n")
    assert "old" not in text


@pytest.fixture
def outside(settings: Any) -> Any:
    found = Outside()
    found.open()
    settings.EMBED_BASE_URL = found.environment()["OPENAI_BASE_URL"]
    yield found
    found.close()


@pytest.mark.django_db(transaction=True)
def test_one_row(outside: Outside, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rows, "OUTSIDE_SECONDS", 2.0)
    row = next(row for row in ROWS if row.name == "auth-down")

    async def run(row: Row) -> Result:
        ground = Ground(ServerProcess(), outside.environment())
        async with World(ground, outside, random.Random(1), web_servers=1, jobs=()) as world:
            return await run_row(world, row, without=ELSEWHERE)

    result = asyncio.run(run(row))
    assert result.held, result
    assert "signing in" in result.failed
    assert result.acknowledged > 10


@pytest.mark.django_db(transaction=True)
def test_whoever_counts_sees_what_is_lost_doubled_and_wrong(
    alice: Person, bob: Person, charlie: Person, outside: Outside
):
    room_id, gone = make_room(alice, bob), uuid.uuid4()
    books = Books([alice.user_id, bob.user_id], room_id)
    assert audit(books) == ([], [], [])

    first, _ = (String.objects.create(user_id=alice.user_id, content_text="twice") for _ in range(2))
    String.objects.filter(id=first.id).update(likes_count=2, comments_count=1)
    StringLike.objects.create(string_id=first.id, user_id=bob.user_id)
    books.strings = {first.id: "once"}
    books.comments[gone] = (first.id, "gone")
    books.likes.add((first.id, alice.user_id))
    books.messages[gone] = (1, "gone")
    books.connections.add((alice.user_id, charlie.user_id))
    # Who are connected the other way round.
    connect(bob, alice)
    found = audit(books)
    assert [len(sentences) for sentences in found] == [7, 3, 1], found
