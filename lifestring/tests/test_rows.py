"""Kept SQL: whatever came before, a query answers for the values it is given and for nobody else's."""

import random
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import F, QuerySet, Value
from django.db.models.functions import Concat

from lifestring import rows
from lifestring.testing.fixtures import Together
from lifestring.testing.people import Person, block, client_for, make_person
from lifestring.testing.volume import EPOCH, many_strings
from strings.models import String

pytestmark = pytest.mark.django_db

TEXT = ("content_text",)
ID = uuid.UUID("00000000-0000-4000-8000-000000000001")


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    rows._kept.clear()


@dataclass(frozen=True)
class Filters:
    """As callers are handed to queries: a dataclass of values and sets."""

    author: uuid.UUID | None
    hidden: frozenset[uuid.UUID]
    newest: bool


def by_filters(filters: Filters) -> QuerySet[String]:
    found = String.objects.exclude(user_id__in=filters.hidden) if filters.hidden else String.objects.all()
    found = found.filter(user_id=filters.author) if filters.author else found
    return found.order_by("-created_at" if filters.newest else "created_at")


def by_text(text: str | None) -> QuerySet[String]:
    return String.objects.filter(content_text=text).order_by("id")


def containing(text: str) -> QuerySet[String]:
    return String.objects.filter(content_text__icontains=text).order_by("content_text")


def liked_between(low: int, high: int) -> QuerySet[String]:
    return String.objects.filter(likes_count__gte=low, likes_count__lte=high).order_by("created_at")


def since(moment: Any, ids: tuple[uuid.UUID, ...]) -> QuerySet[String]:
    return String.objects.filter(created_at__gte=moment, user_id__in=ids).order_by("created_at")


def twice(text: str, other: str) -> QuerySet[String]:
    same = String.objects.annotate(both=Concat(Value(text), Value(other)), again=Value(text))
    return same.filter(content_text=F("again")).order_by("id")


def texts(build: rows.Build, *values: Any, **options: Any) -> list[str]:
    return [row[0] for row in rows.fetch(build, values, TEXT, **options)]


def test_sets_of_every_size_hide_exactly_their_members():
    people = [make_person(f"Person{number}") for number in range(4)]
    for number, person in enumerate(people):
        String.objects.create(
            user_id=person.user_id, content_text=str(number), created_at=EPOCH + timedelta(days=number)
        )
    chooser = random.Random(7)
    for _ in range(60):
        hidden = frozenset(person.user_id for person in people if chooser.random() < 0.5)
        author = chooser.choice([None, *(person.user_id for person in people)])
        filters = Filters(author, hidden, chooser.random() < 0.5)
        expected = [str(number) for number, person in enumerate(people)
                    if person.user_id not in hidden and author in {None, person.user_id}]  # fmt: skip
        assert texts(by_filters, filters) == (expected[::-1] if filters.newest else expected)


def test_null_is_another_query_than_a_value(alice: Person):
    for text in ("a", "b", None):
        String.objects.create(user_id=alice.user_id, content_text=text, content_images=["https://a.example"])
    for text in ("a", None, "b", "a", "1001", "c", None):
        assert texts(by_text, text) == ([text] if text in {"a", "b", None} else [])


def test_a_value_that_reaches_sql_in_another_form_is_not_mistaken(alice: Person):
    for text in ("alpha", "beta", "alphabet", "100%", "1001"):
        String.objects.create(user_id=alice.user_id, content_text=text)
    for text, expected in (
        ("alpha", ["alpha", "alphabet"]),
        ("beta", ["beta"]),
        ("%", ["100%"]),
        ("1001", ["1001"]),
        ("x", []),
    ):
        assert texts(containing, text) == expected


def test_values_keep_their_places(alice: Person):
    many_strings(alice.user_id, 6, likes=6)
    for low, high in ((0, 5), (2, 3), (3, 3), (4, 2), (0, 0), (1, 1), (5, 2**31 - 1)):
        assert texts(liked_between, low, high) == [f"text {n}" for n in range(6) if low <= n <= high]


def test_times_and_tuples_are_values_too(alice: Person, charlie: Person):
    many_strings(alice.user_id, 4)
    for seconds, ids, count in ((0, (alice.user_id,), 4), (2, (alice.user_id,), 2), (2, (charlie.user_id,), 0),
                                (3, (charlie.user_id, alice.user_id), 1), (0, (), 0), (1, (alice.user_id,) * 3, 3)):  # fmt: skip
        assert len(texts(since, EPOCH + timedelta(seconds=seconds), ids)) == count


def test_equal_values_do_not_merge_into_one(alice: Person):
    for text in ("a", "b"):
        String.objects.create(user_id=alice.user_id, content_text=text)
    for text, other in (("a", "a"), ("a", "b"), ("b", "a"), ("b", "b"), ("c", "a")):
        assert texts(twice, text, other) == ([text] if text != "c" else [])


def test_a_limit_is_no_part_of_what_is_kept(alice: Person):
    many_strings(alice.user_id, 5)
    filters = Filters(alice.user_id, frozenset(), newest=False)
    assert [len(texts(by_filters, filters, limit=limit)) for limit in (2, 1, 5, 9, 0)] == [2, 1, 5, 5, 0]


def test_columns_belong_to_what_is_kept(alice: Person):
    many_strings(alice.user_id, 1)
    filters = Filters(alice.user_id, frozenset(), newest=False)
    assert rows.fetch(by_filters, (filters,), TEXT) == [("text 0",)]
    assert rows.fetch(by_filters, (filters,), ("likes_count", "user_id")) == [(0, alice.user_id)]
    for column in ("comments_count", "content_text", "user_id"):
        assert rows.fetch(by_filters, (filters,), (column,))[0][0] in {0, "text 0", alice.user_id}


def test_a_function_that_closes_over_a_variable_is_refused(alice: Person):
    def build() -> QuerySet[String]:
        return String.objects.filter(user_id=alice.user_id)

    with pytest.raises(TypeError, match="variables"):
        rows.fetch(build, (), TEXT)


def test_there_is_an_end_to_what_is_kept(alice: Person, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rows, "MAX_KEPT", 5)
    for size in range(20):
        texts(since, EPOCH, tuple(uuid.UUID(int=number) for number in range(size + 1)))
        assert len(rows._kept) <= 5


QUERIES = ["", "?cursor=", "?sort_by=likes_count", "?sort_by=comments_count&sort_dir=asc", "?search=text", "?search=text+3", "?search=!!",
           "?user_id={a}", "?user_id={b}", "?stringable_type=event", "?stringable_type=room&user_id={a}", "?stringable_id={thing}",
           "?stringable_type=event&stringable_id={thing}", "?search=text&user_id={b}&sort_dir=asc", "?page=2&per_page=3",
           "?include=likes,comments", "?cursor=&per_page=2&sort_dir=asc"]  # fmt: skip
ROUTES = [*(f"/api/strings{query}" for query in QUERIES), "/api/my/strings", "/api/my/liked-strings", "/api/my/recent", "/api/users",
          "/api/users?cursor=&sort_by=updated_at", "/api/users?search=person", "/api/users/{a}", "/api/users/{b}",
          "/api/search?q=text", "/api/search?q=person"]  # fmt: skip


def test_every_route_answers_the_same_with_and_without_what_was_kept_for_others():
    people = [make_person(f"Person{number}", is_admin=number == 4) for number in range(5)]
    for blocker, blocked in ((0, 1), (1, 0), (0, 2), (3, 0), (4, 1), (2, 4)):
        block(people[blocker], people[blocked])
    for number, person in enumerate(people):
        many_strings(person.user_id, 5, ties=2, likes=3)
        String.objects.create(user_id=person.user_id, content_text="attached text", stringable_type=("event", "room")[number % 2],
                              stringable_id=ID)  # fmt: skip
        person.client.put(f"/api/strings/{String.objects.filter(user_id=person.user_id).first().id}/like")  # type: ignore[union-attr]
    places = {"a": people[1].user_id, "b": people[3].user_id, "thing": ID}
    asked = [(person, route.format(**places)) for person in people for route in ROUTES]
    random.Random(11).shuffle(asked)
    asked = asked[:70]
    warm = [person.client.get(url) for person, url in asked]
    for (person, url), answer in zip(asked, warm, strict=True):
        rows._kept.clear()
        cold = person.client.get(url)
        assert answer.status_code in {200, 404}
        assert (answer.status_code, answer.content.partition(b'"request_id"')[0]) == (
            cold.status_code,
            cold.content.partition(b'"request_id"')[0],
        ), (person.name, url)


@pytest.mark.django_db(transaction=True)
def test_threads_that_ask_at_once_each_get_their_own(together: Together, many_connections: None):
    people = [make_person(f"Person{number}") for number in range(10)]
    for person in people:
        many_strings(person.user_id, 3)

    def own(person: Person) -> set[str]:
        client = client_for(person.user_id)
        answers = [client.get("/api/my/strings").json()["data"] for _ in range(5)]
        return {row["user_id"] for answer in answers for row in answer}

    assert together(*[lambda person=person: own(person) for person in people]) == [
        {str(person.user_id)} for person in people
    ]


def test_what_is_expected_is_found_by_an_index_and_none_of_it_is_read(alice: Person):
    many_strings(alice.user_id, 300)
    ids = tuple(String.objects.values_list("id", flat=True)[:40])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE public.strings")
        cursor.execute("SET LOCAL enable_seqscan = off")
    String.objects.all().delete()

    assert rows.expected("some", with_ids, (ids,)) == 40
    assert rows.expected("all", by_text, ("text 1",)) is None
    assert rows.expected("nothing", nothing, ()) == 0


def with_ids(ids: tuple[uuid.UUID, ...]) -> QuerySet[String]:
    return String.objects.filter(id__in=ids)


def nothing() -> QuerySet[String]:
    return String.objects.none()


def test_what_reads_times_is_made_once_and_not_with_every_request() -> None:
    contexts = [connection.get_connection_params()["context"] for _ in range(2)]

    assert contexts[0] is contexts[1], "psycopg keeps every class that ever read a value: 4 KB for each request"
