"""Keyset paging: complete in both directions, stable while rows are added, and refusing whatever it did not sign."""

import string
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import UserProfile
from lifestring import cursors
from lifestring.errors import ValidationFailedError
from lifestring.testing.asserts import assert_error
from lifestring.testing.people import Person
from lifestring.testing.volume import EPOCH, many_people, many_strings
from strings.models import String

pytestmark = pytest.mark.django_db

ALPHABET = string.ascii_letters + string.digits + "-_"


def get(person: Person, url: str) -> dict[str, Any]:
    answer = person.client.get(url)
    assert answer.status_code == 200, answer.content
    body: dict[str, Any] = answer.json()
    return body


def ids(body: dict[str, Any]) -> list[str]:
    return [row["id"] for row in body["data"]]


def walk(person: Person, url: str, *, between: Callable[[], object] = lambda: None) -> list[dict[str, Any]]:
    """Follow `links.next` to the end; `between` runs before each further page."""
    pages = [get(person, url)]
    while link := pages[-1]["links"]["next"]:
        between()
        assert pages[-1]["meta"]["next_cursor"]
        pages.append(get(person, link))
        assert len(pages) < 100
    return pages


def walk_back(person: Person, last: dict[str, Any]) -> list[dict[str, Any]]:
    """Follow `links.prev` to the beginning; the pages in list order."""
    pages: list[dict[str, Any]] = []
    while link := (pages[0] if pages else last)["links"]["prev"]:
        pages.insert(0, get(person, link))
        assert len(pages) < 100
    return pages


def check_walks(person: Person, url: str, expected: list[str], *, per_page: int) -> None:
    separator = "&" if "?" in url else "?"
    pages = walk(person, f"{url}{separator}per_page={per_page}&cursor=")
    assert [row for page in pages for row in ids(page)] == expected
    assert pages[0]["links"]["prev"] is None
    assert pages[-1]["meta"]["next_cursor"] is None
    back = walk_back(person, pages[-1])
    assert [row for page in [*back, pages[-1]] for row in ids(page)] == expected
    if back:
        assert back[0]["meta"]["prev_cursor"] is None
        forth = walk(person, back[0]["links"]["next"])
        assert [row for page in [back[0], *forth] for row in ids(page)] == expected


@pytest.mark.parametrize("per_page", [1, 7, 23, 24, 100])
@pytest.mark.parametrize("direction", ["asc", "desc"])
@pytest.mark.parametrize("sort", ["created_at", "likes_count", "comments_count"])
def test_every_row_once_in_both_directions_among_ties(alice: Person, sort: str, direction: str, per_page: int):
    many_strings(alice.user_id, 23, ties=4, likes=3)
    url = f"/api/strings?sort_by={sort}&sort_dir={direction}"
    check_walks(alice, url, ids(get(alice, f"{url}&per_page=100")), per_page=per_page)


@pytest.mark.parametrize("per_page", [1, 3, 5])
@pytest.mark.parametrize("direction", ["asc", "desc"])
@pytest.mark.parametrize("sort", ["created_at", "updated_at"])
def test_rows_without_a_value_come_last_in_both_directions(alice: Person, sort: str, direction: str, per_page: int):
    for number, person in enumerate(many_people(12)):
        value = None if number % 3 == 0 else EPOCH + timedelta(days=number // 4, microseconds=number % 2)
        UserProfile.objects.filter(user_id=person).update(**{sort: value})
    UserProfile.objects.filter(user_id=alice.user_id).update(**{sort: EPOCH})
    url = f"/api/users?sort_by={sort}&sort_dir={direction}"
    whole = get(alice, f"{url}&per_page=100")["data"]
    known = [row for row in whole if row[sort] is not None]
    unknown = [row for row in whole if row[sort] is None]
    assert (len(known), len(unknown)) == (9, 4)
    assert whole == known + unknown
    for part, key in ((known, lambda row: (row[sort], row["id"])), (unknown, lambda row: row["id"])):
        assert part == sorted(part, key=key, reverse=direction == "desc")
    check_walks(alice, url, [row["id"] for row in whole], per_page=per_page)


def test_a_list_whose_tie_breaker_is_no_id(alice: Person):
    string_id = alice.client.post("/api/strings", {"content_text": "x"}).json()["data"]["id"]
    with connection.cursor() as cursor:
        for number, person in enumerate(many_people(9)):
            created = EPOCH + timedelta(seconds=number // 4)
            cursor.execute("INSERT INTO string_likes (string_id, user_id, created_at) VALUES (%s, %s, %s)",
                           [string_id, person, created])  # fmt: skip
    url = f"/api/strings/{string_id}/likes"
    whole = [row["user_id"] for row in get(alice, f"{url}?per_page=100")["data"]]
    pages = walk(alice, f"{url}?cursor=&per_page=2")
    assert [row["user_id"] for page in pages for row in page["data"]] == whole
    assert [row["user_id"] for page in [*walk_back(alice, pages[-1]), pages[-1]] for row in page["data"]] == whole


@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_rows_added_and_removed_on_the_way_neither_repeat_nor_hide_others(alice: Person, direction: str):
    many_strings(alice.user_id, 20, ties=3)
    url = f"/api/strings?sort_dir={direction}"
    before = ids(get(alice, f"{url}&per_page=100"))
    removed = before[9]

    def disturb() -> None:
        for moment in (EPOCH - timedelta(days=1), EPOCH + timedelta(seconds=3), EPOCH + timedelta(days=1)):
            String.objects.create(user_id=alice.user_id, content_text="new", created_at=moment, updated_at=moment)
        String.objects.filter(id=removed).delete()

    seen = [row for page in walk(alice, f"{url}&per_page=4&cursor=", between=disturb) for row in ids(page)]
    assert len(seen) == len(set(seen))
    assert [row for row in seen if row in set(before)] == [row for row in before if row != removed]


def test_a_cursor_outlives_the_row_it_stands_on(alice: Person):
    many_strings(alice.user_id, 6)
    whole = ids(get(alice, "/api/strings"))
    first = get(alice, "/api/strings?cursor=&per_page=3")
    String.objects.filter(id__in=whole[:3]).delete()
    assert ids(get(alice, first["links"]["next"])) == whole[3:]


@pytest.mark.parametrize("sort", ["created_at", "likes_count"])
@pytest.mark.parametrize("goes_too", [0, 1], ids=["its-row-stays", "its-row-goes"])
def test_a_way_to_rows_that_are_all_gone_leads_back(alice: Person, sort: str, goes_too: int):
    many_strings(alice.user_id, 9, ties=2, likes=2)
    url = f"/api/strings?sort_by={sort}&per_page=3&cursor="
    first, second, third = walk(alice, url)
    String.objects.filter(id__in=ids(first) + ids(second)[:goes_too]).delete()
    before = get(alice, second["links"]["prev"])
    assert (before["data"], before["links"]["prev"]) == ([], None)
    assert ids(get(alice, before["links"]["next"])) == (ids(second) + ids(third))[goes_too : goes_too + 3]

    String.objects.filter(id__in=ids(second)[3 - goes_too :] + ids(third)).delete()
    after = get(alice, second["links"]["next"])
    assert (after["data"], after["links"]["next"]) == ([], None)
    assert ids(get(alice, after["links"]["prev"])) == ids(second)[goes_too : 3 - goes_too]


@pytest.mark.parametrize("goes_too", [0, 1], ids=["its-row-stays", "its-row-goes"])
def test_a_way_back_among_rows_without_a_value(alice: Person, goes_too: int):
    UserProfile.objects.filter(user_id__in=many_people(8)).update(created_at=None)
    pages = walk(alice, "/api/users?per_page=3&cursor=")
    UserProfile.objects.filter(id__in=ids(pages[1])[3 - goes_too :] + ids(pages[2])).delete()
    after = get(alice, pages[1]["links"]["next"])
    assert after["data"] == []
    assert ids(get(alice, after["links"]["prev"])) == (ids(pages[0]) + ids(pages[1]))[3 - goes_too : 6 - goes_too]


def test_where_everything_is_gone_every_way_ends(alice: Person):
    many_strings(alice.user_id, 4)
    page = get(alice, get(alice, "/api/strings?cursor=&per_page=2")["links"]["next"])
    String.objects.all().delete()
    for way in ("prev", "next"):
        walked = page if page["links"][way] else get(alice, page["links"]["prev"])
        for _ in range(3):
            if walked["links"][way]:
                walked = get(alice, walked["links"][way])
        assert (walked["data"], walked["links"][way]) == ([], None)


def test_the_envelope_has_no_count_and_costs_none(alice: Person):
    many_strings(alice.user_id, 5)
    with CaptureQueriesContext(connection) as captured:
        body = get(alice, "/api/strings?cursor=&per_page=2&page=9")
    assert not any("count(" in query["sql"].lower() for query in captured.captured_queries)
    assert len(body["data"]) == 2
    assert body["links"].keys() == {"first", "last", "prev", "next"}
    assert body["meta"].keys() == {"path", "per_page", "next_cursor", "prev_cursor"}
    assert (body["links"]["first"], body["links"]["last"]) == (None, None)
    assert body["meta"]["next_cursor"] in body["links"]["next"]


def test_an_empty_list_leads_nowhere(alice: Person):
    body = get(alice, "/api/strings?cursor=")
    assert body["data"] == []
    assert set(body["links"].values()) == {None}
    assert (body["meta"]["next_cursor"], body["meta"]["prev_cursor"]) == (None, None)


class TestACursor:
    @pytest.fixture
    def cursor(self, alice: Person) -> str:
        many_strings(alice.user_id, 5)
        found: str = get(alice, "/api/strings?cursor=&per_page=2")["meta"]["next_cursor"]
        return found

    @pytest.mark.parametrize(
        "change",
        ["?per_page=1", "?include=likes,comments", "?withCount=x", "?page=3", "/", "/?per_page=2"],
    )
    def test_does_not_depend_on(self, alice: Person, cursor: str, change: str):
        separator = "&" if "?" in change else "?"
        answer = alice.client.get(f"/api/strings{change}{separator}cursor={cursor}")
        assert answer.status_code == 200, answer.content
        assert answer.json()["data"][0]["content_text"] == "text 2"

    @pytest.mark.parametrize(
        "url",
        ["/api/my/strings", "/api/my/liked-strings", "/api/users", "/api/strings?sort_by=likes_count", "/api/strings?sort_dir=asc",
         "/api/strings?search=text", "/api/strings?stringable_type=event", f"/api/strings?user_id={uuid.UUID(int=1)}"],
    )  # fmt: skip
    def test_is_of_no_use_to_another_list(self, alice: Person, cursor: str, url: str):
        separator = "&" if "?" in url else "?"
        assert_error(alice.client.get(f"{url}{separator}cursor={cursor}"), 422, "validation_failed", field="cursor")

    @pytest.mark.parametrize(
        "given",
        [
            "x",
            "null",
            "0",
            "%00x",
            "=",
            "====",
            " ",
            "ü",
            "😀",
            "a" * 10_000,
            "../../etc",
            "W10=",
            "WzEsMiwzXQ",
            "'; --",
            "\ud7ff",
        ],
    )
    def test_that_was_made_up_is_422(self, alice: Person, given: str):
        assert_error(alice.client.get("/api/strings", {"cursor": given}), 422, field="cursor")

    def test_that_was_changed_is_422_over_http(self, alice: Person, cursor: str):
        swapped = cursor[:30] + ("A" if cursor[30] != "A" else "B") + cursor[31:]
        for given in (cursor[1:], cursor[:-1], cursor + "A", cursor + "=", cursor * 2, swapped, cursor.swapcase()):
            assert_error(alice.client.get(f"/api/strings?cursor={quote(given)}"), 422, field="cursor")


POSITIONS = [
    cursors.Position(EPOCH, uuid.UUID(int=5), backwards=False),
    cursors.Position(EPOCH + timedelta(microseconds=1), uuid.UUID(int=5), backwards=True),
    cursors.Position(datetime(2026, 1, 1, 1, 2, 3, 4), uuid.UUID(int=6), backwards=False),
    cursors.Position(0, uuid.UUID(int=2**128 - 1), backwards=False),
    cursors.Position(None, uuid.UUID(int=0), backwards=True),
    cursors.Position('quotes " and ü', 2**53, backwards=False),
    cursors.Position(datetime.max.replace(tzinfo=UTC), "text", backwards=False),
]


@pytest.mark.parametrize("position", POSITIONS, ids=repr)
def test_a_position_comes_back_as_it_went_in(position: cursors.Position):
    assert cursors.decode("list", cursors.encode("list", position)) == position


@pytest.mark.parametrize("position", POSITIONS, ids=repr)
def test_no_character_of_a_cursor_can_be_changed(position: cursors.Position):
    cursor = cursors.encode("list", position)
    changed = {
        cursor[:at] + other + cursor[at + 1 :] for at in range(len(cursor)) for other in ALPHABET if other != cursor[at]
    }
    cut = {cursor[:at] for at in range(1, len(cursor))} | {cursor[at:] for at in range(1, len(cursor))}
    inserted = {cursor[:at] + other + cursor[at:] for at in range(len(cursor) + 1) for other in "A-_=+/ \n"}
    for given in changed | cut | inserted:
        with pytest.raises(ValidationFailedError):
            cursors.decode("list", given)


def test_a_cursor_is_signed_with_the_secret_key(settings: Any):
    cursor = cursors.encode("list", POSITIONS[0])
    settings.SECRET_KEY = "another-secret-key-0123456789-0123456789"
    with pytest.raises(ValidationFailedError):
        cursors.decode("list", cursor)
