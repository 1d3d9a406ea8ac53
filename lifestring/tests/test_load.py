"""What `make load` and `make soak` ask for, and how they judge; the load itself is sent by hand."""

import random
from collections import Counter
from typing import Any

import pytest

from benchmarks.mix.load import judge as judge_load
from benchmarks.mix.load import passes_limit
from benchmarks.mix.requests import MAKERS, MIX, Person
from benchmarks.mix.tables import Measured, percentile, table
from benchmarks.mix.verdict import Series, judge
from lifestring.testing import people
from strings.tests.posts import post_string

WARM_UP = 100.0


def person(token: str = "", rooms: list[str] | None = None) -> Person:
    return Person(token, rooms or [], random.Random(1))


def test_the_mix_is_that_of_a_day() -> None:
    assert sum(MIX.values()) == 100
    assert set(MIX) == set(MAKERS)
    somebody = person(rooms=["a-room"])
    somebody.seen.append(("a-string", "its-author"))
    made = Counter(somebody.next_request().kind for _ in range(20_000))
    assert {kind: round(100 * count / 20_000) for kind, count in made.items()} == pytest.approx(MIX, abs=1)


def test_nobody_answers_what_they_have_not_read_or_speaks_without_a_room() -> None:
    somebody = person()
    assert {somebody.next_request().kind for _ in range(50)} == {"feed"}
    somebody.seen.append(("a-string", "its-author"))
    assert {somebody.next_request().kind for _ in range(500)} == set(MIX) - {"message"}


@pytest.mark.django_db
def test_every_request_of_the_mix_is_one_the_product_takes(
    alice: people.Person, bob: people.Person, settings: Any
) -> None:
    post_string(bob)
    room = alice.client.post("/api/rooms", {"name": "A room"}).json()["data"]["id"]
    settings.ASSISTANT = False
    somebody = person(rooms=[room])
    somebody.has_read(alice.client.get("/api/strings?cursor=").content)

    for kind, make in MAKERS.items():
        asked = make(somebody)
        send = getattr(alice.client, asked.method.lower())
        answer = send(asked.path) if asked.body is None else send(asked.path, asked.body)
        assert answer.status_code == 503 if kind == "assistant" else answer.status_code in {200, 201}, answer.content


def test_a_table_has_a_line_for_each_route() -> None:
    times = {"GET /strings": [10.0] * 98 + [500.0] * 2, "POST /strings": [20.0] * 100}
    measured = Measured(20.0, 10.0, times, {"POST /strings": 3}, {"POST /strings: 500": 3})
    lines = [line.split() for line in table(measured).splitlines()]
    assert lines[1] == ["GET", "/strings", "100", "10.0", "10", "10", "500", "0"]
    assert lines[2] == ["POST", "/strings", "100", "10.0", "20", "20", "20", "3"]
    assert lines[3] == ["all", "200", "20.0", "20", "20", "500", "3"]
    assert "3 times POST /strings: 500" in table(measured)
    assert percentile([], 0.99) == 0


def test_the_limit_is_a_second_or_answers_that_do_not_keep_up(capsys: pytest.CaptureFixture[str]) -> None:
    def at(p99: float, answered: int) -> Measured:
        return Measured(10.0, 10.0, {"route": [p99] * answered})

    assert not passes_limit(at(999, 100))
    assert passes_limit(at(1001, 100))
    assert passes_limit(at(10, 90))
    assert judge_load(at(150, 100), is_goal=True)
    assert not judge_load(at(151, 100), is_goal=True)
    assert judge_load(at(151, 100), is_goal=False)
    assert not judge_load(Measured(10.0, 10.0, {"route": [1.0]}, {"route": 1}), is_goal=False)
    assert "MISSED" in capsys.readouterr().out


def series(values: list[float]) -> Series:
    return Series([WARM_UP + number for number in range(len(values))], values)


@pytest.mark.parametrize(
    ("quantity", "values", "leaks"),
    [
        ("RSS", [100 + 4 * n / 200 for n in range(200)], False),
        ("RSS", [100 + 7 * n / 200 for n in range(200)], True),
        ("USS", [100.0] * 100 + [106.0] * 100, True),
        ("RSS", [100.0] * 199 + [900.0], False),
        ("RSS", [8.0] * 100 + [9.0] * 100, False),
        ("RSS", [120 - n / 10 for n in range(200)], False),
        ("PSS", [100.0] * 100 + [200.0] * 100, False),
        ("files", [40.0, 60.0] * 100, False),
        ("files", [40 + n / 10 for n in range(200)], True),
        ("database", [4.0] * 100 + [10.0] * 100, False),
        ("database", [4.0] * 100 + [11.0] * 100, True),
        ("threads", [20.0] * 3, True),
    ],
    ids=["flat", "grows", "a step", "one odd sample", "small", "shrinks", "shown only", "comes and goes", "leaks", "a pool", "more",
         "unseen"],
)  # fmt: skip
def test_the_verdict_of_a_soak(quantity: str, values: list[float], leaks: bool) -> None:
    lines, found = judge({("web 1", quantity): series(values)}, WARM_UP)
    assert bool(found) == leaks, (lines, found)


def test_what_grows_while_it_warms_up_is_no_leak() -> None:
    growing = Series([float(second) for second in range(300)], [min(100.0, second) for second in range(300)])
    lines, found = judge({("worker", "RSS"): growing}, WARM_UP)
    assert found == []
    assert lines.splitlines()[1].split() == ["worker", "RSS", "MB", "100.0", "100.0", "0.0%", "0.0"]
