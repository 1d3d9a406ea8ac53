"""The nine types and who chose which (docs/api.md, People)."""

import uuid
from typing import Any

import pytest

from accounts.models import Enneagram, UserEnneagram
from lifestring.testing.asserts import assert_error
from lifestring.testing.fixtures import Together
from lifestring.testing.people import Person, client_for

pytestmark = pytest.mark.django_db

NAMES = ["Nightingale", "Lincoln", "Franklin", "Twain", "Newton", "Frank", "Tolkien", "Anthony", "Arc"]


def chosen(person: Person) -> list[int]:
    found = UserEnneagram.objects.filter(user_id=person.user_id)
    return sorted(found.values_list("enneagram_id", flat=True))


def url_of(person: Person) -> str:
    return f"/api/users/{person.user_id}/enneagrams"


def test_there_are_nine(alice: Person):
    data = alice.client.get("/api/enneagrams").json()["data"]
    assert [(one["id"], one["type_number"], one["name"]) for one in data] == [
        (n, n, name) for n, name in enumerate(NAMES, 1)
    ]
    assert all(one.keys() == {"id", "type_number", "name", "description", "attributes"} for one in data)
    assert all({"strengths", "challenges"} <= one["attributes"].keys() for one in data)


class TestChoosing:
    def test_sets_exactly_these(self, alice: Person):
        for wanted in ([3], [9, 1, 5], [5], [], [1, 2, 3, 4, 5, 6, 7, 8, 9]):
            answer = alice.client.post(url_of(alice), {"enneagram_ids": wanted})
            assert answer.status_code == 200, answer.content
            assert [one["type_number"] for one in answer.json()["data"]] == sorted(wanted)
            assert chosen(alice) == sorted(wanted)
            assert alice.client.get(url_of(alice)).json()["data"] == answer.json()["data"]

    def test_a_type_named_twice_counts_once(self, alice: Person):
        assert len(alice.client.post(url_of(alice), {"enneagram_ids": [4, 4, 4]}).json()["data"]) == 1

    @pytest.mark.parametrize(
        ("given", "field"),
        [([1, 10], "enneagram_ids.1"), ([0], "enneagram_ids.0"), ([-1], "enneagram_ids.0"), ([2**31], "enneagram_ids.0"),
         ([2**63], "enneagram_ids.0"), ([2**200], "enneagram_ids.0"), (["x"], "enneagram_ids.0"), ([None], "enneagram_ids.0"),
         ([1.5], "enneagram_ids.0"), ([True], "enneagram_ids.0"), ([[1]], "enneagram_ids.0"), ([{}], "enneagram_ids.0"),
         ([2, 3, 12, 13], "enneagram_ids.3"), (5, "enneagram_ids"), ("1,2", "enneagram_ids"), (None, "enneagram_ids"),
         ({"0": 1}, "enneagram_ids"), ([1] * 101, "enneagram_ids")],
    )  # fmt: skip
    @pytest.mark.parametrize("method", ["post", "delete"])
    def test_of_what_is_no_type_is_422_and_changes_nothing(self, alice: Person, method: str, given: Any, field: str):
        alice.client.post(url_of(alice), {"enneagram_ids": [2, 3]})
        answer = getattr(alice.client, method)(url_of(alice), {"enneagram_ids": given})
        if method == "delete" and isinstance(given, list) and answer.status_code == 204:
            assert set(given) <= {1, 2, 3, 10, 12, 13}, "an unknown type is passed over where types are taken away"
            return
        assert_error(answer, 422, "validation_failed", field=field)
        assert chosen(alice) == [2, 3]

    @pytest.mark.parametrize("body", [{}, {"ids": [1]}])
    def test_without_the_field_is_422(self, alice: Person, body: dict[str, Any]):
        assert_error(alice.client.post(url_of(alice), body), 422, field="enneagram_ids")

    @pytest.mark.parametrize(("name", "value"), [("cursor", "forged"), ("page", "0"), ("per_page", "many")])
    def test_with_paging_that_is_refused_changes_nothing(self, alice: Person, name: str, value: str):
        alice.client.post(url_of(alice), {"enneagram_ids": [1, 2]})
        answer = alice.client.post(f"{url_of(alice)}?{name}={value}", {"enneagram_ids": [3]})
        assert_error(answer, 422, "validation_failed", field=name)
        assert chosen(alice) == [1, 2]


class TestTakingAway:
    def test_takes_these_and_leaves_the_rest(self, alice: Person):
        alice.client.post(url_of(alice), {"enneagram_ids": [1, 2, 3]})
        for _ in range(2):
            answer = alice.client.delete(url_of(alice), {"enneagram_ids": [1, 3, 9]})
            assert (answer.status_code, answer.content) == (204, b"")
            assert chosen(alice) == [2]

    def test_touches_nobody_else(self, alice: Person, bob: Person):
        for person in (alice, bob):
            person.client.post(url_of(person), {"enneagram_ids": [1, 2]})
        alice.client.delete(url_of(alice), {"enneagram_ids": [1, 2]})
        assert (chosen(alice), chosen(bob)) == ([], [1, 2])


class TestWhoMay:
    @pytest.mark.parametrize("method", ["post", "delete"])
    @pytest.mark.parametrize("role", ["bob", "charlie", "mod"])
    def test_not_somebody_else(self, alice: Person, request: pytest.FixtureRequest, role: str, method: str):
        alice.client.post(url_of(alice), {"enneagram_ids": [1]})
        person: Person = request.getfixturevalue(role)
        assert_error(getattr(person.client, method)(url_of(alice), {"enneagram_ids": [1, 2]}), 403, "forbidden")
        assert chosen(alice) == [1]

    def test_an_admin_may(self, alice: Person, admin: Person):
        assert admin.client.post(url_of(alice), {"enneagram_ids": [1, 2]}).status_code == 200
        assert admin.client.delete(url_of(alice), {"enneagram_ids": [1]}).status_code == 204
        assert chosen(alice) == [2]

    def test_everybody_may_read(self, alice: Person, charlie: Person):
        alice.client.post(url_of(alice), {"enneagram_ids": [7]})
        by_profile = f"/api/users/{alice.profile.id}/enneagrams"
        assert charlie.client.get(url_of(alice)).json()["data"][0]["name"] == "Tolkien"
        assert charlie.client.get(by_profile).json()["data"] == charlie.client.get(url_of(alice)).json()["data"]

    @pytest.mark.parametrize("method", ["get", "post", "delete"])
    def test_somebody_who_is_not_there_is_404(self, admin: Person, method: str):
        answer = getattr(admin.client, method)(f"/api/users/{uuid.uuid4()}/enneagrams", {"enneagram_ids": [1]})
        assert_error(answer, 404, "not_found")


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_wins_whole(alice: Person, together: Together, many_connections: None):
    sets = [[1, 2, 3], [4, 5, 6], [7, 8, 9], []] * 3

    def choose(wanted: list[int]) -> int:
        return client_for(alice.user_id).post(url_of(alice), {"enneagram_ids": wanted}).status_code

    assert together(*[lambda wanted=wanted: choose(wanted) for wanted in sets]) == [200] * len(sets)
    assert chosen(alice) in sets
    assert Enneagram.objects.count() == 9
