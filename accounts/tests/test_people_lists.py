"""The list of people: its order where times are missing, paging both ways, search by name, and what it costs."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from accounts.models import UserProfile
from lifestring.testing.asserts import assert_error
from lifestring.testing.people import Person, connect, make_person

pytestmark = pytest.mark.django_db

DAY = datetime(2026, 11, 1)


def listed(person: Person, query: str = "") -> list[str]:
    answer = person.client.get(f"/api/users?per_page=100{query and '&' + query}")
    assert answer.status_code == 200, answer.content
    return [item["name"] for item in answer.json()["data"]]


def test_each_is_shown_as_their_own_route_does(alice: Person, bob: Person, charlie: Person, admin: Person):
    alice.client.post(f"/api/users/{alice.user_id}/enneagrams", {"enneagram_ids": [7, 2]})
    for viewer in (alice, bob, charlie, admin):
        items = viewer.client.get("/api/users?include=enneagrams").json()["data"]
        assert len(items) == 4
        for item in items:
            assert item == viewer.client.get(f"/api/users/{item['user_id']}?include=enneagrams").json()["data"]


def test_it_costs_the_same_however_many_there_are(alice: Person, bob: Person, django_assert_num_queries: Any):
    url = "/api/users?include=enneagrams"
    for _ in range(2):
        alice.client.get(url)
        with django_assert_num_queries(3):
            assert alice.client.get(url).json()["meta"]["total"]
        for number in range(9):
            friend = make_person(f"Friend{number}")
            connect(alice, friend)
            friend.client.post(f"/api/users/{friend.user_id}/enneagrams", {"enneagram_ids": [number + 1]})


class TestPaging:
    @pytest.fixture
    def crowd(self, alice: Person) -> Person:
        """Eleven people: some of no age, some of the same."""
        ages = [None, None, None, None, DAY, DAY, DAY, DAY + timedelta(days=1), DAY + timedelta(microseconds=1), DAY]
        for number, age in enumerate(ages):
            person = make_person(f"P{number}")
            UserProfile.objects.filter(user_id=person.user_id).update(created_at=age, updated_at=age)
        return alice

    @pytest.mark.parametrize("direction", ["asc", "desc"])
    @pytest.mark.parametrize("column", ["created_at", "updated_at"])
    def test_by_cursor_both_ways_meets_everybody_once(self, crowd: Person, column: str, direction: str):
        order = f"sort_by={column}&sort_dir={direction}"
        whole = listed(crowd, order)
        assert len(whole) == len(set(whole)) == 11
        assert set(whole[-4:]) == {"P0", "P1", "P2", "P3"}, "those of no age come last either way"
        for size in (1, 3, 4, 10, 11):
            pages: list[list[str]] = []
            url: str | None = f"/api/users?cursor=&per_page={size}&{order}"
            last = ""
            while url:
                body = crowd.client.get(url).json()
                pages.append([item["name"] for item in body["data"]])
                last, url = url, body["links"]["next"]
            assert [name for page in pages for name in page] == whole
            back: list[list[str]] = []
            url = crowd.client.get(last).json()["links"]["prev"]
            while url:
                body = crowd.client.get(url).json()
                back.insert(0, [item["name"] for item in body["data"]])
                url = body["links"]["prev"]
            assert back == pages[:-1]

    def test_by_number_agrees_with_it(self, crowd: Person):
        for order in ("", "&sort_dir=asc", "&sort_by=updated_at", "&sort_by=nonsense"):
            pages = [crowd.client.get(f"/api/users?per_page=4&page={page}{order}").json() for page in (1, 2, 3, 4)]
            names = [item["name"] for page in pages for item in page["data"]]
            assert names == listed(crowd, order.strip("&"))
            assert [page["meta"]["total"] for page in pages] == [11] * 4
            assert [page["links"]["next"] is None for page in pages] == [False, False, True, True]

    def test_with_a_cursor_of_another_list_is_422(self, crowd: Person):
        cursor = crowd.client.get("/api/users?cursor=&per_page=2").json()["meta"]["next_cursor"]
        for query in (f"cursor={cursor}x", f"cursor={cursor}&sort_dir=asc", f"cursor={cursor}&search=P", "cursor=x"):
            assert_error(crowd.client.get(f"/api/users?{query}"), 422, "validation_failed", field="cursor")


class TestSearch:
    NAMES = (
        "Ann Lee", "ann-marie", "Joanna", "José Łuczak", "100% Bob", "under_score", "back\\slash", "O'Hara", "50", "a_b", "axb", "node.js",
    )  # fmt: skip

    @pytest.fixture
    def named(self, alice: Person) -> Person:
        for name in self.NAMES:
            contact_info = {"name": name, "email": "hidden@secret.example", "location": "Lisbon"}
            make_person("X", contact_info=contact_info)
        return alice

    def test_is_for_how_the_words_of_names_begin_and_takes_nothing_for_a_sign(self, named: Person):
        anns = {"Ann Lee", "ann-marie"}
        found: dict[str, set[str]] = {
            "ann": anns, "ANN": anns, "le AN": {"Ann Lee"}, " ann lee ": {"Ann Lee"}, "ann-marie": {"ann-marie"}, "marie": {"ann-marie"},
            "jose": {"José Łuczak"}, "JOSÉ": {"José Łuczak"}, "jo": {"José Łuczak", "Joanna"}, "luc": {"José Łuczak"}, "ann -lee": {"Ann Lee"},
            "100": {"100% Bob"}, "100%": {"100% Bob"}, "bob": {"100% Bob"}, "under_s": {"under_score"}, "a_b": {"a_b"}, "score": {"under_score"},
            "back\\s": {"back\\slash"}, "o'h": {"O'Hara"}, "hara": {"O'Hara"}, "50": {"50"}, "node.j": {"node.js"}, '"lee ann"': {"Ann Lee"},
            "!bob": {"100% Bob"}, "ann:*": anns, "a%b": {"a_b"},
            **{text: set() for text in (
                "nna", "nn l", "anna", "%", "_", "\\", "'", "\\\\", "\\%", "''", "%%", "%z", "hidden", "lisbon", "secret.example",
                "ann | bob", "ann & bob", "a" * 200, "👩", '"', "{")},
        }  # fmt: skip
        for text, names in found.items():
            assert set(listed(named, f"search={quote(text)}")) == names, text

    def test_counts_and_links_what_was_searched(self, named: Person):
        body = named.client.get("/api/users?search=ann&per_page=1").json()
        assert (body["meta"]["total"], body["meta"]["last_page"]) == (2, 2)
        assert "search=ann" in urlsplit(body["links"]["next"]).query
        assert len(named.client.get(body["links"]["next"]).json()["data"]) == 1

    def test_for_what_no_name_can_hold_is_422(self, alice: Person):
        for text in ("a" * 201, "%00", "a%00b"):
            assert_error(alice.client.get(f"/api/users?search={text}"), 422, "validation_failed", field="search")

    def test_meets_no_name_that_is_none(self, alice: Person, charlie: Person):
        for info in (None, [], "charlie", {"name": None}, {"nick": "charlie"}):
            UserProfile.objects.filter(user_id=charlie.user_id).update(contact_info=info)
            assert listed(alice, "search=charlie") == []

    def test_finds_and_shows_an_endless_name(self, alice: Person):
        name = f"Nora {'n' * 300_000}"
        UserProfile.objects.filter(user_id=alice.user_id).update(contact_info={"name": name})
        assert listed(alice, "search=nor") == [name]
