"""Numbered pages: the envelope, its limits, and a price that does not grow with the table (docs/api.md, Conventions)."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lifestring import pagination
from lifestring.testing.asserts import assert_error
from lifestring.testing.people import Person
from lifestring.testing.volume import many_strings

pytestmark = pytest.mark.django_db

SORTS = ["created_at", "likes_count", "comments_count"]


def texts(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["content_text"] for row in answer.json()["data"]]


def page_of(link: str | None) -> int | None:
    return None if link is None else int(parse_qs(urlsplit(link).query)["page"][0])


@pytest.mark.parametrize(
    ("page", "start", "end", "before", "after"),
    [(1, 1, 3, None, 2), (2, 4, 6, 1, 3), (3, 7, 7, 2, None), (4, None, None, 3, None), (900, None, None, 3, None)],
)
def test_a_page_says_where_it_is(
    alice: Person, page: int, start: int | None, end: int | None, before: int | None, after: int | None
):
    many_strings(alice.user_id, 7)
    body = alice.client.get(f"/api/strings?page={page}&per_page=3").json()
    assert body.keys() == {"data", "links", "meta"}
    assert body["meta"] == {"current_page": page, "from": start, "last_page": 3, "path": "http://testserver/api/strings",
                            "per_page": 3, "to": end, "total": 7}  # fmt: skip
    assert {name: page_of(link) for name, link in body["links"].items()} == {
        "first": 1,
        "last": 3,
        "prev": before,
        "next": after,
    }
    assert len(body["data"]) == (0 if start is None or end is None else end - start + 1)


@pytest.mark.parametrize("query", ["", "?page=1", "?page=&per_page=", "?page=5", "?search=nothing-has-this"])
def test_an_empty_list_has_one_page(alice: Person, query: str):
    meta = alice.client.get(f"/api/strings{query}").json()["meta"]
    assert (meta["total"], meta["last_page"], meta["from"], meta["to"]) == (0, 1, None, None)


def test_there_are_fifteen_rows_to_a_page_and_at_most_a_hundred(alice: Person):
    many_strings(alice.user_id, 120)
    assert len(texts(alice.client.get("/api/strings"))) == 15
    assert len(texts(alice.client.get("/api/strings?per_page=100"))) == 100


NO_NUMBERS = [
    "0",
    "-1",
    "abc",
    "1e3",
    "1.5",
    "+5",
    " 5",
    "5 ",
    "5\n",
    "0x10",
    "٣",
    "²",
    "null",
    "[]",
    "1,2",
    "9" * 5_000,
]


@pytest.mark.parametrize("value", [*NO_NUMBERS, "101", "2147483648"])
@pytest.mark.parametrize("url", ["/api/strings", "/api/users", "/api/my/liked-strings"])
def test_a_page_size_beyond_its_range_is_422(alice: Person, url: str, value: str):
    assert_error(alice.client.get(url, {"per_page": value}), 422, "validation_failed", field="per_page")


@pytest.mark.parametrize("value", [*NO_NUMBERS, str(2**31), str(2**63), str(2**64)])
def test_a_page_number_beyond_its_range_is_422(alice: Person, value: str):
    assert_error(alice.client.get("/api/strings", {"page": value}), 422, "validation_failed", field="page")


def test_both_mistakes_are_named_at_once(alice: Person):
    errors = assert_error(alice.client.get("/api/strings?page=0&per_page=x"), 422)["errors"]
    assert errors.keys() == {"page", "per_page"}


def test_the_farthest_page_is_just_empty(alice: Person):
    many_strings(alice.user_id, 3)
    assert texts(alice.client.get(f"/api/strings?page={2**31 - 1}&per_page=100")) == []


@pytest.mark.parametrize("direction", ["asc", "desc"])
@pytest.mark.parametrize("sort", SORTS)
def test_pages_share_one_total_order_among_ties(alice: Person, sort: str, direction: str):
    many_strings(alice.user_id, 40, ties=5, likes=3)
    url = f"/api/strings?sort_by={sort}&sort_dir={direction}"
    whole = alice.client.get(f"{url}&per_page=100").json()["data"]
    keys = [(row[sort], row["id"]) for row in whole]
    assert keys == sorted(keys, reverse=direction == "desc")
    paged = [text for page in range(1, 7) for text in texts(alice.client.get(f"{url}&per_page=7&page={page}"))]
    assert paged == [row["content_text"] for row in whole]


@pytest.mark.parametrize(
    ("query", "as_if"),
    [
        ("sort_by=nonsense", ""),
        ("sort_by=user_id", ""),
        ("sort_by=content_text;drop", ""),
        ("sort_by=likes_count&sort_dir=sideways", "sort_by=likes_count"),
        ("sort_dir=ASC", "sort_dir=asc"),
        ("sort_by=-created_at", ""),
        ("include=nonsense,__class__,user.password", ""),
        ("withCount=everything", ""),
        ("unknown=1&foo[bar]=2", ""),
    ],
)
def test_names_that_are_not_on_the_list_are_ignored(alice: Person, query: str, as_if: str):
    many_strings(alice.user_id, 9, likes=4)
    assert texts(alice.client.get(f"/api/strings?{query}")) == texts(alice.client.get(f"/api/strings?{as_if}"))


def test_the_newest_come_first_unless_told_otherwise(alice: Person):
    many_strings(alice.user_id, 3)
    assert texts(alice.client.get("/api/strings")) == ["text 2", "text 1", "text 0"]
    assert texts(alice.client.get("/api/strings?sort_dir=asc")) == ["text 0", "text 1", "text 2"]


def test_links_keep_the_other_parameters(alice: Person):
    many_strings(alice.user_id, 5)
    asked = {"per_page": "2", "search": "text", "user_id": str(alice.user_id), "note": "a b&c=ü"}
    link = alice.client.get("/api/strings", asked).json()["links"]["next"]
    assert parse_qs(urlsplit(link).query) == {name: [value] for name, value in {**asked, "page": "2"}.items()}
    assert len(alice.client.get(link).json()["data"]) == 2


def test_links_start_with_the_public_address_where_there_is_one(alice: Person, settings: Any):
    settings.PUBLIC_URL = "https://api.lifestring.example"
    many_strings(alice.user_id, 3)
    body = alice.client.get("/api/strings?per_page=1", HTTP_HOST="127.0.0.1").json()
    assert body["links"]["next"].startswith("https://api.lifestring.example/api/strings?")
    assert body["meta"]["path"] == "https://api.lifestring.example/api/strings"
    assert body["data"][0]["links"]["self"].startswith("https://api.lifestring.example/api/strings/")


class TestAListTooLongToCount:
    def test_is_counted_exactly_up_to_ten_thousand(self, alice: Person):
        many_strings(alice.user_id, 10_000)
        exact = alice.client.get("/api/strings?per_page=100").json()["meta"]
        assert (exact["total"], exact["last_page"], "total_is_capped" in exact) == (10_000, 100, False)
        many_strings(alice.user_id, 1)
        capped = alice.client.get("/api/strings?per_page=100").json()["meta"]
        assert (capped["total"], capped["last_page"], capped["total_is_capped"]) == (10_000, 100, True)

    def test_is_capped_on_each_of_its_pages_at_a_bounded_price(self, alice: Person):
        many_strings(alice.user_id, 10_050)
        for per_page, last in ((15, 667), (100, 100), (7, 1_429)):
            for page in (1, last - 1, last, last + 1, 100_000, 2**31 - 1):
                with CaptureQueriesContext(connection) as captured:
                    body = alice.client.get(f"/api/strings?per_page={per_page}&page={page}").json()
                assert body["meta"]["total"] == 10_000
                assert body["meta"]["total_is_capped"] is True
                assert body["meta"]["last_page"] == last
                assert page_of(body["links"]["last"]) == last
                assert page_of(body["links"]["next"]) == (page + 1 if page < last else None)
                assert bool(body["data"]) == (page <= last)
                for query in captured.captured_queries[1:]:
                    self.check_bounded(query["sql"])

    @pytest.mark.parametrize(("rows", "capped"), [(9, False), (10, False), (11, True), (30, True)])
    def test_its_last_page_ends_where_the_count_does(
        self, alice: Person, rows: int, capped: bool, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(pagination, "MAX_COUNTED", 10)
        many_strings(alice.user_id, rows)
        answer = alice.client.get("/api/strings?per_page=4&page=3")
        body = answer.json()
        total = min(rows, 10)
        assert texts(answer) == [f"text {number}" for number in range(rows - 9, rows - total - 1, -1)]
        assert (body["meta"]["from"], body["meta"]["to"], body["meta"]["total"]) == (9, total, total)
        assert (body["meta"]["last_page"], "total_is_capped" in body["meta"]) == (3, capped)

    def check_bounded(self, sql: str) -> None:
        """Nothing reads past the 10,000 rows that are counted, by more than a page."""
        assert " LIMIT " in sql, sql
        limit = int(sql.partition(" LIMIT ")[2].split(")")[0].split()[0])
        offset = int(sql.partition(" OFFSET ")[2].split()[0] if " OFFSET " in sql else 0)
        assert limit + offset <= 10_100, sql

    def test_a_filter_that_leaves_few_is_exact_again(self, alice: Person, bob: Person):
        many_strings(alice.user_id, 10_001)
        many_strings(bob.user_id, 3)
        meta = alice.client.get(f"/api/strings?user_id={bob.user_id}").json()["meta"]
        assert meta["total"] == 3
        assert "total_is_capped" not in meta
