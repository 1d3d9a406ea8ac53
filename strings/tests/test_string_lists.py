"""GET /strings: filters, orders and full text search (docs/api.md, Strings)."""

import itertools
import uuid
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lifestring import pagination
from lifestring.testing.asserts import assert_error
from lifestring.testing.people import Person
from strings.models import String
from strings.tests.posts import UNKNOWN, get, like_row, post_string, string_row

pytestmark = pytest.mark.django_db

THING, OTHER = "b7d4f1c2-8a0e-4f6b-9c1d-2e3f4a5b6c7d", "1c9e8d7b-6a5f-4e3d-8c2b-1a0f9e8d7c6b"


def texts(person: Person, **query: Any) -> list[str]:
    return [string["content_text"] for string in get(person, "/api/strings", **query)["data"]]


@pytest.fixture
def shelf(alice: Person, bob: Person) -> None:
    """Six strings of two authors about four things; the letter says when, a the newest."""
    for second, (author, kind, thing) in enumerate(
        [
            (bob, None, None),
            (alice, "Event", OTHER),
            (bob, "Event", THING),
            (alice, "Room", THING),
            (bob, "Event", None),
            (alice, None, None),
        ]
    ):
        text = "fedcba"[second]
        string_row(author, second, content_text=text, stringable_type=kind, stringable_id=thing and uuid.UUID(thing))


FILTERS: list[tuple[dict[str, str], str]] = [
    ({}, "abcdef"),
    ({"user_id": "alice"}, "ace"),
    ({"user_id": "bob"}, "bdf"),
    ({"user_id": "ALICE"}, "ace"),
    ({"user_id": UNKNOWN}, ""),
    ({"user_id": ""}, "abcdef"),
    ({"stringable_type": "Event"}, "bde"),
    ({"stringable_type": "event"}, ""),
    ({"stringable_type": "Even"}, ""),
    ({"stringable_type": "%"}, ""),
    ({"stringable_type": "' OR 1=1 --"}, ""),
    ({"stringable_type": ""}, "abcdef"),
    ({"stringable_type": " "}, "abcdef"),
    ({"stringable_id": THING}, "cd"),
    ({"stringable_id": THING.upper()}, "cd"),
    ({"stringable_id": UNKNOWN}, ""),
    ({"stringable_type": "Event", "stringable_id": THING}, "d"),
    ({"stringable_type": "Room", "stringable_id": OTHER}, ""),
    ({"user_id": "alice", "stringable_type": "Event"}, "e"),
    ({"user_id": "alice", "stringable_type": "Event", "stringable_id": THING}, ""),
    ({"search": "d"}, "d"),
    ({"search": "d", "user_id": "alice"}, ""),
    ({"search": "c", "user_id": "alice", "stringable_type": "Room", "stringable_id": THING}, "c"),
    ({"unknown_filter": "x", "id": UNKNOWN, "content_text": "a"}, "abcdef"),
]


def test_filters_narrow_and_combine(shelf: None, alice: Person, bob: Person, subtests: pytest.Subtests):
    people = {"alice": str(alice.user_id), "bob": str(bob.user_id), "ALICE": str(alice.user_id).upper()}
    for (query, expected), person in itertools.product(FILTERS, (alice, bob)):
        with subtests.test(f"{person.name} {query}"):
            named = {name: people.get(value, value) for name, value in query.items()}

            numbered, keyset = get(person, "/api/strings", **named), get(person, "/api/strings", **named, cursor="")

            assert "".join(string["content_text"] for string in numbered["data"]) == expected
            assert numbered["meta"]["total"] == len(expected)
            assert keyset["data"] == numbered["data"]


def test_a_profiles_own_id_is_no_author(alice: Person, shelf: None):
    assert texts(alice, user_id=alice.profile.id) == []


NO_IDS = ["x", "5", "null", UNKNOWN[:-1], f"{UNKNOWN}0", "' OR 1=1", "🙂", "-", "[]"]
UNSTORABLE = [
    ("search=%00", "search"),
    ("search=a%00b", "search"),
    ("stringable_type=%00", "stringable_type"),
    ("user_id=%00", "user_id"),
    ("nobody_reads_this=%00", "nobody_reads_this"),
    ("search=x&search=%00", "search"),
    (f"search={'x' * 201}", "search"),
    (f"stringable_type={'x' * 256}", "stringable_type"),
]
NO_UTF8 = ["search=%ff%fe", "search=%ed%a0%80", "stringable_type=%c3%28", "sort_by=%ff", "a[]=%ff"]


def test_a_filter_that_is_no_uuid_is_422(alice: Person, subtests: pytest.Subtests):
    for name, value in itertools.product(("user_id", "stringable_id"), NO_IDS):
        with subtests.test(f"{name}={value}"):
            assert_error(alice.client.get("/api/strings", {name: value}), 422, "validation_failed", field=name)


def test_a_filter_no_column_can_hold_is_422(alice: Person, subtests: pytest.Subtests):
    for query, field in UNSTORABLE:
        with subtests.test(query[:30]):
            assert_error(alice.client.get(f"/api/strings?{query}"), 422, "validation_failed", field=field)


def test_a_query_that_is_no_utf8_is_answered(alice: Person, subtests: pytest.Subtests):
    for query in NO_UTF8:
        with subtests.test(query):
            assert alice.client.get(f"/api/strings?{query}").status_code == 200


# --- order ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def ranked(alice: Person) -> None:
    """Strings whose three columns order them differently."""
    for text, second, likes, comments in [("a", 3, 1, 5), ("b", 1, 3, 6), ("c", 2, 2, 4)]:
        string_row(alice, second, content_text=text, likes_count=likes, comments_count=comments)


@pytest.mark.parametrize(
    ("sort", "ascending"), [("created_at", "bca"), ("likes_count", "acb"), ("comments_count", "cab"), ("", "bca")]
)
def test_sorting(alice: Person, ranked: None, sort: str, ascending: str):
    query = {"sort_by": sort} if sort else {}

    assert "".join(texts(alice, **query, sort_dir="asc")) == ascending
    assert "".join(texts(alice, **query, sort_dir="desc")) == ascending[::-1]
    assert "".join(texts(alice, **query)) == ascending[::-1]


def test_what_cannot_be_sorted_by_is_ignored(alice: Person, ranked: None):
    for sort in ("id", "user_id", "updated_at", "content_text", "created_at desc", "-likes_count", "1", "🙂"):
        assert "".join(texts(alice, sort_by=sort)) == "acb", sort


def test_strings_posted_one_after_the_other_are_listed_newest_first(alice: Person, bob: Person):
    for n, author in zip(range(6), itertools.cycle([alice, bob])):
        post_string(author, f"text {n}")
    assert texts(alice) == [f"text {n}" for n in range(5, -1, -1)]


def test_a_page_link_carries_the_filters(alice: Person, bob: Person):
    for second in range(4):
        string_row(bob, second, content_text=f"chess & go {second}", stringable_type="a&b=ü")
        string_row(alice, second, content_text="chess & go", stringable_type="a&b=ü")
    query = {"user_id": str(bob.user_id), "search": "chess & go", "stringable_type": "a&b=ü", "per_page": "3"}

    for mode in ({}, {"cursor": ""}):
        first = get(alice, "/api/strings", **query, **mode)
        link = first["links"]["next"]
        assert query.items() <= dict(parse_qsl(urlsplit(link).query)).items()
        rest = get(alice, link)
        assert [string["content_text"] for string in rest["data"]] == ["chess & go 0"]


def test_likes_are_the_callers_own(alice: Person, bob: Person, charlie: Person):
    strings = [string_row(alice, second) for second in range(3)]
    like_row(bob, strings[0])
    like_row(bob, strings[2])
    like_row(alice, strings[2])

    def liked(person: Person) -> list[bool]:
        return [string["is_liked_by_user"] for string in get(person, "/api/strings", sort_dir="asc")["data"]]

    assert liked(bob) == [True, False, True]
    assert liked(alice) == [False, False, True]
    assert liked(charlie) == [False, False, False]
    assert [string["likes_count"] for string in get(charlie, "/api/strings", sort_dir="asc")["data"]] == [1, 0, 2]


# --- search -----------------------------------------------------------------------------------------------------------

SEARCHES: list[tuple[str, str, bool]] = [
    # text, what is looked for, whether it is found
    ("Looking for a chess partner", "chess", True),
    ("Looking for a chess partner", "CHESS", True),
    ("Looking for a chess partner", "che", True),
    ("Looking for a chess partner", "hess", False),
    ("Looking for a chess partner", "chess partner", True),
    ("Looking for a chess partner", "partner   chess", True),
    ("Looking for a chess partner", "part che look", True),
    ("Looking for a chess partner", "chess dancer", False),
    ("Looking for a chess partner", "  chess  ", True),
    ("Looking for a chess partner", "chess,partner", True),
    ("Looking for a chess partner", "a", True),
    ("Looking for a chess partner", "chessboard", False),
    ("Straße und Ärger in Łódź", "straße", True),
    ("Straße und Ärger in Łódź", "ÄRGER", True),
    ("Straße und Ärger in Łódź", "łó", True),
    ("İstanbul", "İstanbul", True),
    ("日本語 テスト", "日本", True),
    ("Привет мир", "МИР", True),
    ("don't panic", "don't", True),
    ("don't panic", "dont", False),
    ("well-known places", "well-known", True),
    ("well-known places", "known", True),
    ("snake_case", "snake_case", True),
    ("learning node.js", "node.js", True),
    ("learning node.js", "node", True),
    ("learning node.js", "Node.j", True),
    ("pi is 3.14", "3.14", True),
    ("-5 degrees", "-5", True),
    ("write to a.b@example.com", "a.b@example.com", True),
    ("see https://example.com/a/b.html now", "https://example.com/a/b.html", True),
    ("see https://example.com/a/b.html now", "example.com", True),
    ("Lisbon/Porto", "Lisbon/Porto", True),
    ("e.g.this", "e.g.this", True),
    ("a:b", "a:b", True),
    ("tea & coffee", "tea & coffee", True),
    ("tea & coffee", "tea | milk", False),
    ("tea & coffee", "!tea", True),
    ("tea & coffee", "tea <-> milk", False),
    ("tea & coffee", "tea:*", True),
    ("tea & coffee", "(tea", True),
    ("tea & coffee", "coffee)", True),
    ("tea & coffee", "'tea'", True),
    ("tea & coffee", "'tea''coffee", True),
    ("tea & coffee", '"tea coffee"', True),
    ("tea & coffee", "tea\\", True),
    ("tea & coffee", "\\'tea\\'", True),
    ("tea & coffee", "te%", True),
    ("tea & coffee", "t%a", False),
    ("tea & coffee", "t_a", False),
    ("tea & coffee", "%s %(text)s {0} $1 tea", False),
    ("<b>tea</b>", "<b>tea</b>", True),
    ("<b>tea</b>", "tea", True),
    ("naïve", "naive", True),
    ("x", " ".join(["x"] * 100), True),
    ("x", "x" * 200, False),
]


def test_searching(alice: Person, bob: Person, subtests: pytest.Subtests):
    string = string_row(alice, 1)
    string_row(alice, 2, content_text="something else")
    string_row(alice, 3, content_text=None, content_images=["https://a.example/tea-x-chess.jpg"])

    for text, wanted, found in SEARCHES:
        with subtests.test(f"{wanted} in {text}"):
            String.objects.filter(id=string.id).update(content_text=text)

            assert texts(bob, search=wanted) == ([text] if found else [])
            # What is counted first is never more than what is found.
            assert found or not String.objects.holding(wanted).exists()


def test_a_search_is_paged_alike_wherever_it_looks_first(alice: Person, monkeypatch: pytest.MonkeyPatch):
    for second in range(24):
        string_row(
            alice,
            second // 2,
            content_text=f"{'tea' if second % 5 in {0, 3} else 'rum'} {second}",
            likes_count=second % 7,
        )
    for order in ({}, {"sort_dir": "asc"}, {"sort_by": "likes_count"}, {"sort_by": "comments_count"}):
        monkeypatch.setattr("lifestring.rows.expected", lambda *_: 0)
        whole = texts(alice, search="tea", **order)
        assert len(whole) == 10
        monkeypatch.setattr("lifestring.rows.expected", lambda *_: 1_000_000)
        for nearby, farther in ((1, 2), (3, 9), (8, 16), (30, 99)):
            monkeypatch.setattr("lifestring.pages.NEARBY", nearby)
            monkeypatch.setattr("lifestring.pages.FARTHER", farther)
            assert [
                text for page in (1, 2, 3, 4) for text in texts(alice, search="tea", per_page=3, page=page, **order)
            ] == whole
            assert walked(alice, search="tea", per_page=3, **order) == whole


@pytest.mark.parametrize(
    ("word", "expected", "farther", "nearby", "everywhere"),
    [
        ("tea", [0], 11, 0, 1),
        ("tea", [9_999, 5], 11, 0, 1),
        ("tea", [9_999, 6], 11, 1, 0),
        ("rum", [9_999, 6], 11, 1, 1),
        ("tea", [9_999, 6], 20, 0, 1),
        ("tea", [9_999, 9_999], 11, 1, 0),
        ("rum", [9_999, 9_999], 11, 1, 1),
        ("tea", [None, 5], 11, 1, 0),
        ("rum", [None, 5], 11, 1, 1),
    ],
)
def test_it_looks_nearby_where_many_matches_are_expected_and_everywhere_where_that_is_not_enough(
    alice: Person,
    monkeypatch: pytest.MonkeyPatch,
    word: str,
    expected: list[int | None],
    farther: int,
    nearby: int,
    everywhere: int,
):
    monkeypatch.setattr("lifestring.pages.NEARBY", 8)
    monkeypatch.setattr("lifestring.pages.FARTHER", farther)
    for second in range(12):
        string_row(alice, second, content_text="rum" if second % 4 == 0 else "tea")
    given = iter(expected)
    monkeypatch.setattr("lifestring.rows.expected", lambda *_: next(given))

    with CaptureQueriesContext(connection) as captured:
        found = texts(alice, search=word, per_page=3, cursor="")

    looks = [query["sql"] for query in captured.captured_queries if "@@" in query["sql"]]
    assert found == [word] * 3
    assert not [sql for sql in looks if "user_profiles" in sql], (
        "people are joined to what was found, not to all that match"
    )
    assert [list(given), len([sql for sql in looks if '"created_at" >=' in sql]), len(looks)] == [
        [],
        nearby,
        nearby + everywhere,
    ]


def walked(person: Person, **query: Any) -> list[str]:
    """The texts of all pages by cursor; on the way back from the last one they are those of the way there."""
    pages, at = [], ""
    while at is not None:
        body = get(person, "/api/strings", cursor=at, **query)
        pages.append([string["content_text"] for string in body["data"]])
        last, at = body, body["meta"]["next_cursor"]
    back, at = [pages[-1]], last["meta"]["prev_cursor"]
    while at is not None:
        body = get(person, "/api/strings", cursor=at, **query)
        back.insert(0, [string["content_text"] for string in body["data"]])
        at = body["meta"]["prev_cursor"]
    assert back == pages
    return [text for page in pages for text in page]


@pytest.mark.parametrize(
    ("held", "begun", "total", "capped", "counts"), [(6, 2, 5, True, 1), (5, 1, 5, True, 2), (3, 2, 5, False, 2)]
)
def test_of_very_many_matches_those_that_hold_the_word_itself_are_counted_first(
    alice: Person, monkeypatch: pytest.MonkeyPatch, held: int, begun: int, total: int, capped: bool, counts: int
):
    monkeypatch.setattr(pagination, "MAX_COUNTED", 5)
    monkeypatch.setattr("lifestring.rows.expected", lambda *_: 1_000_000)
    for second in range(held + begun):
        string_row(alice, second, content_text="tea" if second < held else "teapot")

    with CaptureQueriesContext(connection) as captured:
        meta = get(alice, "/api/strings", search="tea", per_page=5)["meta"]

    assert (meta["total"], meta.get("total_is_capped", False)) == (total, capped)
    assert len([query for query in captured.captured_queries if "count(*)" in query["sql"]]) == counts
    assert String.objects.holding("tea").count() == held


WORDLESS = ["!", "&", "|", "()", "'", "''", "\\", "*", ":*", "<->", "%", "...", "🙂", "-", '"', "' & '", "\\'", "_"]


def test_a_search_without_a_word_in_it_finds_nothing(alice: Person, subtests: pytest.Subtests):
    string_row(alice, content_text=f"all of it: {' '.join(WORDLESS)}")
    modes: list[dict[str, Any]] = [{}, {"page": 3}, {"cursor": ""}]
    for wanted, mode in itertools.product(WORDLESS, modes):
        with subtests.test(f"{wanted} {mode}"):
            assert get(alice, "/api/strings", search=wanted, **mode)["data"] == []


def test_an_empty_search_is_none(alice: Person):
    string_row(alice)
    for nothing in ("", " ", "\t\n", "\u3000"):
        assert len(texts(alice, search=nothing)) == 1


def test_a_search_is_counted_sorted_and_paged_like_any_list(alice: Person):
    for second in range(7):
        string_row(alice, second, content_text=f"chess {second}", likes_count=7 - second)
        string_row(alice, second, content_text=f"go {second}")

    page = get(alice, "/api/strings", search="chess", sort_by="likes_count", per_page=3, page=2)
    assert page["meta"]["total"] == 7
    assert [string["content_text"] for string in page["data"]] == ["chess 3", "chess 4", "chess 5"]


def test_one_search_never_answers_with_anothers_result(alice: Person, bob: Person):
    for second, word in enumerate(["chess", "go", "poker"]):
        string_row(alice, second, content_text=word)
    for word in ["chess", "go", "poker", "chess", "nothing", "go"]:
        for person in (alice, bob):
            assert texts(person, search=word) == ([word] if word != "nothing" else [])


def test_two_lists_read_in_turn_hold_what_each_asked_for(alice: Person):
    string_row(alice, 1, content_text="x", stringable_type="a")
    string_row(alice, 2, content_text="y", stringable_type="b")
    for _ in range(3):
        assert texts(alice, stringable_type="a") == ["x"]
        assert texts(alice, stringable_type="b") == ["y"]
