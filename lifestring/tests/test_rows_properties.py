"""Kept SQL, attacked: for any values, after any others, `rows.fetch` finds what a fresh queryset finds."""

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.db.models import F, QuerySet
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts import reads as people_reads
from accounts.callers import Caller
from accounts.models import UserConnection, UserRecommendation
from events.models import Event
from lifestring import rows
from lifestring.listing import Ordering
from lifestring.pagination import Listing
from lifestring.testing.documented import routes
from lifestring.testing.people import Person, block, connect, make_person
from lifestring.testing.rooms import make_room
from lifestring.testing.volume import EPOCH, many_people
from strings import reads
from strings.models import String, StringComment, StringLike

pytestmark = pytest.mark.django_db

IDS = [uuid.UUID(int=number) for number in (1, 2, 3, 1000, 1001, 1002, 1003)]
TEXTS = ["", " ", "a", "A", "a ", " a", "ab", "Äß", "ä%", "_", "%", "\\", "'", "1000", "1001", "None", "True", "a b"]
TEXT = ("content_text",)

checked = settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    rows._kept.clear()


def same(build: rows.Build, values: tuple[Any, ...], columns: tuple[Any, ...] = ("id",)) -> list[Any]:
    """Fetch by kept SQL and by the queryset itself; both must find the same rows, in the same order if there is one."""
    plain = build(*values)
    found, expected = rows.fetch(build, values, columns), list(plain.values_list(*columns))
    arranged: Callable[..., list[Any]] = list if plain.ordered else partial(sorted, key=repr)
    assert arranged(found) == arranged(expected), (build, values)
    return found


@dataclass(frozen=True)
class Wanted:
    """Every kind of value at once."""

    author: uuid.UUID | None
    hidden: frozenset[uuid.UUID]
    likes: int | None
    since: datetime | None
    newest: bool | None
    kinds: tuple[str, ...]


def everything(wanted: Wanted, text: str | None, ids: tuple[uuid.UUID, ...], low: int) -> QuerySet[String]:
    found = String.objects.filter(likes_count__gte=low)
    if wanted.author:
        found = found.filter(user_id=wanted.author)
    if wanted.hidden:
        found = found.exclude(user_id__in=wanted.hidden)
    if wanted.likes is not None:
        found = found.exclude(likes_count=wanted.likes)
    if wanted.since:
        found = found.filter(created_at__gte=wanted.since)
    if wanted.kinds:
        found = found.filter(stringable_type__in=wanted.kinds)
    if text:
        found = found.filter(content_text=text)
    if ids:
        found = found.filter(stringable_id__in=ids)
    order = {True: "-created_at", False: "created_at", None: "likes_count"}[wanted.newest]
    return found.order_by(order, "id")


@pytest.fixture
def library(db: None) -> list[uuid.UUID]:
    """Strings whose columns run through all the values the strategies draw."""
    people = many_people(4)
    String.objects.bulk_create(
        String(
            user_id=people[n % 4],
            content_text=TEXTS[n % len(TEXTS)],
            stringable_type=TEXTS[n % 5],
            stringable_id=IDS[n % len(IDS)],
            likes_count=(n * 7) % 11,
            created_at=EPOCH + timedelta(days=n // 2),
        )
        for n in range(60)
    )
    return people


texts_ = st.sampled_from(TEXTS)
numbers = st.integers(min_value=0, max_value=11) | st.sampled_from([1000, 1001, -1, 2**31 - 1])
moments = st.integers(0, 32).map(lambda n: EPOCH + timedelta(days=n)) | st.just(datetime(2001, 1, 1, tzinfo=UTC))


@checked
@given(data=st.data())
def test_any_values_find_what_a_fresh_queryset_finds(library: list[uuid.UUID], data: st.DataObject):
    people = st.sampled_from([*library, *IDS])
    wanted = Wanted(
        author=data.draw(st.none() | people),
        hidden=data.draw(st.frozensets(people, max_size=4)),
        likes=data.draw(st.none() | numbers),
        since=data.draw(st.none() | moments),
        newest=data.draw(st.none() | st.booleans()),
        kinds=tuple(data.draw(st.lists(texts_, max_size=3))),
    )
    ids = tuple(data.draw(st.lists(st.sampled_from(IDS), max_size=3)))
    same(
        everything, (wanted, data.draw(st.none() | texts_), ids, data.draw(numbers)), ("id", "content_text", "user_id")
    )


@checked
@given(data=st.data())
def test_the_products_own_reads_find_what_a_fresh_queryset_finds(library: list[uuid.UUID], data: st.DataObject):
    if not StringLike.objects.exists():
        strings = list(String.objects.order_by("created_at", "id"))
        StringLike.objects.bulk_create(StringLike(string=s, user_id=library[n % 4]) for n, s in enumerate(strings))
        tops = [StringComment(string=s, user_id=library[n % 3], content=str(n)) for n, s in enumerate(strings[:12])]
        StringComment.objects.bulk_create(tops)
        StringComment.objects.bulk_create(
            StringComment(string=top.string, user_id=library[n % 4], content="x", parent_comment=top)
            for n, top in enumerate(tops * 3)
        )
    person = st.sampled_from(library)
    sets = st.frozensets(person, max_size=3)
    caller = Caller(
        user_id=data.draw(person),
        profile_id=IDS[0],
        is_admin=data.draw(st.booleans()),
        blocked_ids=data.draw(sets),
        blocked_by_ids=data.draw(sets),
    )
    strings = tuple(
        data.draw(
            st.lists(st.sampled_from(list(String.objects.order_by("id").values_list("id", flat=True))), max_size=3)
        )
    )
    comments = tuple(StringComment.objects.filter(string_id__in=strings).values_list("id", flat=True))
    filters = reads.FeedFilters(
        data.draw(st.none() | person), data.draw(st.none() | texts_), data.draw(st.none() | st.sampled_from(IDS)),
        data.draw(st.none() | st.sampled_from(["a", "ab", "1000", "%", "' :"])),
    )  # fmt: skip
    liked = ("id", "is_liked_by_user")
    same(_feed_page, (caller, *filters), liked)
    same(_liked_page, (caller,), liked)
    same(reads.own_newest, (caller,), liked)
    same(people_reads.person, (data.draw(person), caller))
    same(people_reads.ranked, (caller, data.draw(st.sampled_from(["person", "person 1", "!"]))), ("id", "rank"))
    same(reads.ranked, (caller, data.draw(st.sampled_from(["a", "ab", "!"]))), ("id", "rank"))
    if strings:
        same(reads.one, (strings[0], caller), liked)
        same(reads.newest_likes, (strings, caller), ("string_id", "user_id"))
        same(_newest_comments, (strings, caller), ("id", "replies_count"))
    if comments:
        same(_first_replies, (comments, caller), ("id", "replies_count"))
        same(_comments, (comments, caller), ("id", "replies_count"))


def _feed_page(caller: Caller, *filters: Any) -> QuerySet[String]:
    return reads.with_viewer(reads.feed(caller, *filters), caller).order_by("id")


def _liked_page(caller: Caller) -> QuerySet[String]:
    return reads.liked(caller).for_page(caller).order_by("id")


def _comments(ids: tuple[uuid.UUID, ...], caller: Caller) -> QuerySet[StringComment]:
    return reads.comments(ids, caller).order_by("id")


def _newest_comments(ids: tuple[uuid.UUID, ...], caller: Caller) -> QuerySet[StringComment]:
    return reads.newest_comments(ids, caller).order_by("place", "id")


def _first_replies(ids: tuple[uuid.UUID, ...], caller: Caller) -> QuerySet[StringComment]:
    return reads.first_replies(ids, caller).order_by("place", "id")


# --- values that reach the SQL changed --------------------------------------------------------------------------------

CHANGES: dict[str, Callable[[str], QuerySet[String]]] = {
    "contains": lambda text: String.objects.filter(content_text__contains=text),
    "icontains": lambda text: String.objects.filter(content_text__icontains=text),
    "startswith": lambda text: String.objects.filter(content_text__startswith=text),
    "iendswith": lambda text: String.objects.filter(content_text__iendswith=text),
    "iexact": lambda text: String.objects.filter(content_text__iexact=text),
    "regex": lambda text: String.objects.filter(content_text__iregex=re.escape(text)),
    "lower": lambda text: String.objects.filter(content_text=text.lower()),
    "upper": lambda text: String.objects.filter(content_text=text.upper()),
    "casefold": lambda text: String.objects.filter(content_text=text.casefold()),
    "swapcase": lambda text: String.objects.filter(content_text=text.swapcase()),
    "title": lambda text: String.objects.filter(content_text=text.title()),
    "strip": lambda text: String.objects.filter(content_text=text.strip()),
    "lstrip": lambda text: String.objects.filter(content_text=text.lstrip()),
    "rstrip": lambda text: String.objects.filter(content_text=text.rstrip()),
    "first": lambda text: String.objects.filter(content_text=text[:1]),
    "last": lambda text: String.objects.filter(content_text=text[-1:]),
    "but the last": lambda text: String.objects.filter(content_text=text[:-1]),
    "doubled": lambda text: String.objects.filter(content_text=text + text),
    "reversed": lambda text: String.objects.filter(content_text=text[::-1]),
    "split": lambda text: String.objects.filter(content_text__in=text.split()),
    "letters": lambda text: String.objects.filter(content_text__in=list(text)),
    "json": lambda text: String.objects.filter(content_images=[text]),
    "json key": lambda text: String.objects.filter(content_images__contains={text: 1}),
    "both": lambda text: String.objects.filter(content_text=text).exclude(stringable_type=text.lower()),
    "another operator": lambda text: String.objects.filter(
        **{f"content_text__{'startswith' if 'Ä' in text else 'exact'}": text}
    ),
    "if empty": lambda text: String.objects.filter(content_text=text) if text else String.objects.all(),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_value_is_never_kept_for_another(library: list[uuid.UUID], change: str):
    if change.startswith("json"):
        for n, string in enumerate(String.objects.order_by("id")):
            text = TEXTS[n % len(TEXTS)]
            String.objects.filter(id=string.id).update(content_images=[text] if change == "json" else {text: 1})
    build = CHANGES[change]
    found = [len(same(build, (text,))) for text in (*TEXTS, *TEXTS[::-1])]
    assert any(found)


def rounded(score: Any) -> QuerySet[UserRecommendation]:
    return UserRecommendation.objects.filter(similarity_score__gte=round(score, 1)).order_by("id")


def whole(likes: Any) -> QuerySet[String]:
    return String.objects.filter(likes_count=int(likes))


def days(moment: datetime) -> QuerySet[String]:
    return String.objects.filter(created_at__gte=moment.replace(hour=0))


def day(moment: datetime) -> QuerySet[String]:
    return String.objects.filter(created_at__date=moment.date())


def next_id(given: uuid.UUID) -> QuerySet[String]:
    return String.objects.filter(stringable_id=uuid.UUID(int=given.int + 1))


def test_numbers_times_and_ids_that_are_changed_are_not_kept_either(library: list[uuid.UUID]):
    for n, score in enumerate(("0.14", "0.16", "0.5", "0.94", "0.96", "1")):
        one, other = [(a, b) for a in library for b in library if a != b][n]
        UserRecommendation.objects.create(user_id=one, recommended_user_id=other, similarity_score=Decimal(score))
    for score in ("0.14", "0.16", "0.96", "0.5", "0.26", "0"):
        assert same(rounded, (Decimal(score),))
        assert same(rounded, (float(score),))
    for likes in (3, 3.7, 0.2, Decimal("7.9"), 9, 8.0):
        assert same(whole, (likes,))
    for hours in (1, 30, 700, 0, 43):
        same(days, (EPOCH + timedelta(hours=hours),))
        assert len(same(day, (EPOCH + timedelta(hours=hours),))) == (2 if hours < 720 else 0)
    for given_ in IDS:
        same(next_id, (given_,))


def test_sets_hold_no_values_that_stand_for_themselves(library: list[uuid.UUID]):
    """What is built may depend on None and booleans, of which a set's length says nothing."""

    for values in ((IDS[0], None), (None,), (True, False), frozenset({IDS[0], None}), frozenset({True})):
        with pytest.raises(TypeError, match="None"):
            rows.fetch(among, (values,), TEXT)


def among(ids: Any) -> QuerySet[String]:
    return String.objects.filter(stringable_id__in=ids).order_by("id")


def by_kind_of_first(given_: tuple[Any, ...]) -> QuerySet[String]:
    found = String.objects.filter(stringable_id=given_[0]) if isinstance(given_[0], uuid.UUID) else String.objects.all()
    return found.filter(content_text=given_[1]) if isinstance(given_[1], str) else found


def test_tuples_of_the_same_length_are_told_apart_by_what_is_where(library: list[uuid.UUID]):
    for pair in ((IDS[0], "a"), ("a", IDS[0]), (IDS[1], IDS[0]), ("a", "ab"), (IDS[3], "Äß"), ("x", "%")):
        same(by_kind_of_first, (pair,))
    for ids in (
        (IDS[0], IDS[1]),
        (IDS[1], IDS[1]),
        frozenset(IDS[:2]),
        frozenset(IDS[2:4]),
        (IDS[2],),
        frozenset({IDS[4]}),
    ):
        assert same(among, (ids,))


# --- what is refused --------------------------------------------------------------------------------------------------


def test_closures_are_refused_wherever_they_would_be_kept(alice: Person):
    own = alice.user_id

    def build() -> QuerySet[String]:
        return String.objects.filter(user_id=own)

    for refused in (build, lambda: String.objects.filter(user_id=own)):
        with pytest.raises(TypeError, match="variables"):
            rows.fetch(refused, (), TEXT)
        with pytest.raises(TypeError, match="variables"):
            Listing(refused, (), Ordering({"id": "id"}, "id"), TEXT)
    assert rows._kept == {}


def by_author(author: uuid.UUID) -> QuerySet[String]:
    return String.objects.filter(user_id=author).order_by("id")


class Shelf:
    """Something with a method that builds."""

    def __init__(self, author: uuid.UUID) -> None:
        self.author = author

    def build(self) -> QuerySet[String]:
        return by_author(self.author)


def test_functions_with_something_bound_to_them_answer_for_that_alone(library: list[uuid.UUID]):
    for author in (*library, *library):
        expected = list(by_author(author).values_list("id"))
        assert expected
        assert rows.fetch(partial(by_author, author), (), ("id",)) == expected
        assert rows.fetch(Shelf(author).build, (), ("id",)) == expected
        assert rows.fetch(lambda author=author: by_author(author), (), ("id",)) == expected


def test_a_key_tells_apart_what_the_values_do_not(library: list[uuid.UUID]):
    for limit in (1, 2, 1, 3):
        found = rows.run(("latest", limit), lambda limit=limit: String.objects.order_by(F("created_at"))[:limit], ())
        assert len(found) == limit


# --- one caller's ids in another's queries ----------------------------------------------------------------------------


# Reads that ask nothing of a caller's, and the one that shows everybody alike to anybody.
NOBODY_S = {"/api/schema", "/api/live-schema", "/api/docs", "/api/recommended/users"}


def _sql(person: Person, url: str) -> str:
    with CaptureQueriesContext(connection) as captured:
        assert person.client.get(url).status_code == 200
    return "\n".join(query["sql"] for query in captured.captured_queries)


def test_no_query_of_one_caller_carries_an_id_of_another(
    alice: Person, bob: Person, charlie: Person, subtests: pytest.Subtests
):
    """alice and bob are alike in everything the SQL's shape depends on: one connection, one block each way."""
    UserConnection.objects.all().delete()
    string, other_string = (String.objects.create(user_id=charlie.user_id, content_text="chess") for _ in range(2))
    # A page of likes names those who are on it.
    StringLike.objects.create(user_id=charlie.user_id, string=string)
    event = Event.objects.create(
        user_id=charlie.user_id, title="chess", start_time=timezone.now(), meta_data={"is_join": True}
    )
    own: dict[str, dict[str, str]] = {}
    comment = StringComment.objects.create(user_id=charlie.user_id, string=string, content="x")
    hidden = {person.name: [make_person(f"H{n}") for n in range(4)] for person in (alice, bob)}
    for person in (alice, bob):
        first, second, third, fourth = hidden[person.name]
        block(person, first)
        block(second, person)
        connect(person, third)
        connect(fourth, person)
        connect(person, charlie)
        StringLike.objects.create(user_id=person.user_id, string=other_string)
        room = make_room(person, charlie)
        # Of the kind that all routes of rooms, the assistant's too, can read.
        charlie.client.patch(f"/api/rooms/{room}", {"metadata": {"type": "ai_chat"}})
        said = charlie.client.post(f"/api/rooms/{room}/messages", {"content": "chess"}).json()["data"]
        liked = {"user_id": person.user_id, "recommended_user_id": charlie.user_id, "similarity_score": 0.5}
        made = UserRecommendation.objects.create(**liked)
        own[person.name] = {"room_id": str(room), "message_id": said["id"], "recommendation_id": str(made.id)}
    ids = {"string_id": str(string.id), "comment_id": str(comment.id), "event_id": str(event.id)}
    queries = (
        "",
        "cursor=&",
        "include=user,comments,likes,replies,replies.user,parentComment,enneagrams&",
        "search=chess&",
    )
    addresses = [
        # Of people, only the one whom both may see: a page names those who are on it.
        f"{path}?{query}q=chess{'&search=charlie' if path == '/api/users' else ''}&location=nowhere"
        for method, path in sorted(routes())
        if method == "get" and path.startswith("/api/") and path not in NOBODY_S
        for query in queries
    ]
    assert len(addresses) > 50
    for url in addresses:
        with subtests.test(url):
            for one, other in ((alice, bob), (bob, alice), (alice, bob)):
                here = url.format_map({**ids, **own[one.name], "user": str(charlie.user_id)})
                sql = _sql(one, here).replace("-", "")
                assert one.user_id.hex in sql
                for stranger in (other, *hidden[other.name]):
                    assert stranger.user_id.hex not in sql


def test_hidden_sets_of_equal_size_hide_different_people(alice: Person, bob: Person):
    caller = bob.caller
    for person in (alice, bob):
        String.objects.create(user_id=person.user_id, content_text=person.name)
    for hidden, left in ((alice, "Bob"), (bob, "Alice"), (alice, "Bob")):
        seen = replace(caller, blocked_ids=frozenset({hidden.user_id}))
        assert rows.fetch(reads.feed, (seen, None, None, None, None), TEXT) == [(left,)]
        seen = replace(caller, blocked_by_ids=frozenset({hidden.user_id}), blocked_ids=frozenset({hidden.user_id}))
        assert rows.fetch(reads.feed, (seen, None, None, None, None), TEXT) == [(left,)]
