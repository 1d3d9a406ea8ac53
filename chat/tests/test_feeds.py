"""One room's log on its way to sockets, whatever the channel layer does to it; nothing here needs a server."""

import asyncio
import random
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from chat import feeds
from chat.feeds import MAX_FILLED, MAX_HELD, MAX_PENDING, Event, Feed, Listener
from chat.tests.sockets import quick_story

ROOM = uuid.uuid4()
GREETING = "hello"


class Ear:
    """A socket that remembers what it was sent."""

    def __init__(self, user_id: str = "somebody") -> None:
        self.user_id = user_id
        self.heard: list[str] = []
        self.cut_off = False

    def push(self, text: str) -> None:
        self.heard.append(text)

    answer = push

    def resync(self) -> None:
        self.cut_off = True


class Log:
    """The log in the database, and how often it was asked."""

    def __init__(self, length: int = 0, *, begins: int = 1) -> None:
        self.events = [event(seq) for seq in range(1, length + 1)]
        self.begins = begins
        self.asked = 0
        self.away = False

    async def load(self, _room: uuid.UUID, since: int, upto: int) -> Sequence[Event] | None:
        self.asked += 1
        await asyncio.sleep(0)
        if self.away:
            raise ConnectionError
        return None if since + 1 < self.begins else self.events[since:upto]

    def write(self, *, removed: str | None = None) -> Event:
        self.events.append(event(len(self.events) + 1, removed))
        return self.events[-1]


def event(seq: int, removed: str | None = None) -> Event:
    return Event(seq, f"#{seq}", removed)


def texts(seqs: Iterable[int]) -> list[str]:
    return [f"#{seq}" for seq in seqs]


def feed_of(log: Log) -> tuple[Feed, list[Listener]]:
    gone: list[Listener] = []
    return Feed(ROOM, log.load, lambda _feed, listener: gone.append(listener)), gone


def join(feed: Feed, position: int, ear: Ear | None = None) -> Ear:
    ear = ear or Ear()
    feed.hold(ear)
    assert feed.attach(ear, position, 1, GREETING)
    return ear


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "GRACE_SECONDS", 0.01)
    monkeypatch.setattr(feeds, "TYPING_SECONDS", 0.03)
    monkeypatch.setattr(feeds, "GIVE_UP_SECONDS", 0.15)


async def moment(feed: Feed) -> None:
    """Wait for a little, and for as long as a hole is being filled for anybody."""
    await asyncio.sleep(0.04)
    while feed._filling is not None and feed.seats:
        await asyncio.sleep(0.005)


@quick_story
async def test_what_comes_in_order_goes_out_at_once() -> None:
    log = Log(10)
    feed, _ = feed_of(log)
    one, other = join(feed, 0), join(feed, 0)
    for known in log.events:
        feed.receive(known)
    assert one.heard == other.heard == [GREETING, *texts(range(1, 11))]
    assert log.asked == 0


@quick_story
async def test_what_was_overtaken_waits_for_it_without_a_query() -> None:
    log = Log(6)
    feed, _ = feed_of(log)
    ear = join(feed, 0)
    for seq in (2, 4, 3, 1, 1, 6, 5, 2):
        feed.receive(log.events[seq - 1])
    await moment(feed)
    assert ear.heard == [GREETING, *texts(range(1, 7))]
    assert log.asked == 0


@quick_story
async def test_a_hole_is_filled_before_anything_newer() -> None:
    log = Log(5)
    feed, _ = feed_of(log)
    ear = join(feed, 1)
    feed.receive(log.events[4])
    assert ear.heard == [GREETING]
    await moment(feed)
    assert ear.heard == [GREETING, *texts(range(2, 6))]
    assert log.asked == 1


@quick_story
async def test_a_position_alone_is_enough_to_notice() -> None:
    log = Log(3)
    feed, _ = feed_of(log)
    ear = join(feed, 1)
    feed.behind(3)
    await moment(feed)
    assert ear.heard == [GREETING, "#2", "#3"]
    feed.behind(3)
    await moment(feed)
    assert log.asked == 1


@quick_story
async def test_many_losses_in_any_order_leave_no_trace() -> None:
    for seed in range(20):
        chance = random.Random(seed)
        log = Log()
        feed, _ = feed_of(log)
        ears: list[tuple[Ear, int]] = []
        for _ in range(60):
            written = [log.write() for _ in range(chance.randint(1, 5))]
            chance.shuffle(written)
            for known in written:
                for _ in range(chance.choice([0, 1, 1, 2])):
                    feed.receive(known)
            if chance.random() < 0.2:
                ears.append((join(feed, len(log.events)), len(log.events)))
            if chance.random() < 0.2:
                await asyncio.sleep(0)
        feed.behind(len(log.events))
        await moment(feed)
        for ear, position in ears:
            assert ear.heard == [GREETING, *texts(range(position + 1, len(log.events) + 1))], f"seed {seed}"


@quick_story
async def test_what_happens_while_a_room_is_read_follows_the_answer() -> None:
    log = Log(4)
    feed, _ = feed_of(log)
    early, late = Ear(), Ear()
    feed.hold(early)
    feed.receive(log.events[3])
    assert early.heard == []
    # Read at 2, while 3 and 4 were written; 4 came before the position was known here, 3 was lost.
    assert feed.attach(early, 2, 1, GREETING)
    feed.hold(late)
    await moment(feed)
    assert early.heard == [GREETING, "#3", "#4"]
    # Held from 2 on, read at 3.
    assert feed.attach(late, 3, 2, GREETING)
    assert late.heard == [GREETING, "#4"]


@quick_story
async def test_an_answer_older_than_what_was_kept_is_read_again() -> None:
    log = Log(5)
    feed, _ = feed_of(log)
    slow = Ear()
    feed.hold(slow)
    join(feed, 5)
    assert not feed.attach(slow, 3, 1, GREETING)
    assert feed.attach(slow, 5, 2, GREETING)
    assert slow.heard == [GREETING]


@quick_story
async def test_a_join_that_takes_too_long_is_read_again() -> None:
    log = Log(MAX_HELD + 10)
    feed, _ = feed_of(log)
    join(feed, 0)
    slow = Ear()
    feed.hold(slow)
    for known in log.events:
        feed.receive(known)
    assert not feed.attach(slow, 2, 1, GREETING)
    assert feed.attach(slow, MAX_HELD + 10, 1, GREETING)


@quick_story
async def test_who_is_removed_hears_that_and_nothing_after_it() -> None:
    log = Log(1)
    feed, gone = feed_of(log)
    stays, leaves = join(feed, 1, Ear("stays")), join(feed, 1, Ear("leaves"))
    log.write(removed="leaves")
    # The removal itself is lost: what comes after it waits for it all the same.
    feed.receive(log.write())
    assert leaves.heard == [GREETING]
    await moment(feed)
    assert leaves.heard == [GREETING, "#2"]
    assert stays.heard == [GREETING, "#2", "#3"]
    assert gone == [leaves]


@quick_story
async def test_a_removal_during_the_join_counts_and_one_before_it_does_not() -> None:
    log = Log(1)
    feed, gone = feed_of(log)
    join(feed, 1)
    ear = Ear("bob")
    feed.hold(ear)
    for known in (log.write(removed="bob"), log.write(), log.write(removed="bob"), log.write()):
        feed.receive(known)
    # Read at 3: bob had come back by then.
    assert feed.attach(ear, 3, 1, GREETING)
    assert ear.heard == [GREETING, "#4"]
    assert gone == [ear]


@quick_story
async def test_a_check_lets_only_those_go_whom_it_saw() -> None:
    feed, gone = feed_of(Log(1))
    old, new, other = Ear("bob"), Ear("bob"), Ear("alice")
    for number, ear in enumerate((old, other, new)):
        feed.hold(ear)
        assert feed.attach(ear, 1, number, GREETING)
    feed.remove("bob", "removed", joined_before=2)
    assert gone == [old]
    assert old.heard == [GREETING, "removed"]
    assert new.heard == other.heard == [GREETING]


@pytest.mark.parametrize("why", ["trimmed", "holes", "empty", "too much"])
@quick_story
async def test_what_cannot_be_filled_cuts_everybody_off(why: str) -> None:
    log = {
        "trimmed": Log(9, begins=5),
        "holes": Log(9),
        "empty": Log(),
        "too much": Log(MAX_FILLED + 10),
    }[why]
    if why == "holes":
        del log.events[4]
    feed, gone = feed_of(log)
    ears = [join(feed, 1), join(feed, 1)]
    feed.behind(9 if why != "too much" else MAX_FILLED + 10)
    await moment(feed)
    assert all(ear.cut_off for ear in ears)
    assert gone == ears
    if why == "too much":
        assert ears[0].heard == [GREETING, *texts(range(2, len(ears[0].heard) + 1))]


@quick_story
async def test_a_database_that_comes_back_in_time_costs_nothing() -> None:
    log = Log(3)
    feed, _ = feed_of(log)
    ear = join(feed, 1)
    log.away = True
    feed.behind(3)
    while not log.asked:
        await asyncio.sleep(0.001)
    assert ear.heard == [GREETING]
    log.away = False
    await moment(feed)
    assert ear.heard == [GREETING, "#2", "#3"]


@quick_story
async def test_a_database_that_stays_away_cuts_everybody_off() -> None:
    log = Log(3)
    log.away = True
    feed, _ = feed_of(log)
    ear = join(feed, 1)
    feed.behind(3)
    await moment(feed)
    assert ear.cut_off


@quick_story
async def test_what_waits_for_a_hole_is_bounded() -> None:
    log = Log(3 * MAX_PENDING)
    feed, _ = feed_of(log)
    ear = join(feed, 1)
    for known in log.events[2:]:
        feed.receive(known)
    assert len(feed._pending) == MAX_PENDING
    await moment(feed)
    assert ear.heard == [GREETING, *texts(range(2, 3 * MAX_PENDING + 1))]


@quick_story
async def test_typing_ends_by_itself_and_is_not_told_to_who_types() -> None:
    feed, _ = feed_of(Log())
    hears, types = join(feed, 0, Ear("alice")), join(feed, 0, Ear("bob"))
    feed.typing("bob", active=True)
    feed.typing("bob", active=False)
    feed.typing("bob", active=False)
    feed.typing("bob", active=True)
    await moment(feed)
    told: list[Any] = [text.rpartition('"active":')[2] for text in hears.heard[1:]]
    assert told == ["true}", "false}", "true}", "false}"]
    assert types.heard == [GREETING]


@quick_story
async def test_a_room_that_ends_lets_everybody_go() -> None:
    feed, gone = feed_of(Log())
    ear, joining = join(feed, 0), Ear()
    feed.hold(joining)
    feed.end("over")
    assert ear.heard == [GREETING, "over"]
    assert joining.heard == []
    assert gone == [ear, joining]
