"""The caller's own profile: what it shows, what PUT replaces, and what PATCH merges (docs/api.md, People)."""

import uuid
from typing import Any

import pytest

from accounts.models import UserProfile
from lifestring.testing.asserts import assert_error
from lifestring.testing.fixtures import Together
from lifestring.testing.people import Person, client_for

pytestmark = pytest.mark.django_db

COLUMNS = ("contact_info", "social_links", "attributes", "biography", "meta")
FULL = {"contact_info": {"name": "Ada"}, "social_links": {"instagram": "ada"}, "attributes": {"interests": ["chess"]},
        "biography": {"bio": "Plays chess."}, "meta": {"a": {"b": [1, None]}}}  # fmt: skip


def me(person: Person) -> dict[str, Any]:
    data: dict[str, Any] = person.client.get("/api/me").json()["data"]
    return data


def test_it_works(alice: Person):
    answer = alice.client.get("/api/me")
    assert answer.status_code == 200
    assert answer.json().keys() == {"data"}
    profile = alice.profile
    email = profile.contact_info["email"]
    assert answer.json()["data"] == {
        "id": str(profile.id),
        "user_id": str(alice.user_id),
        "name": "Alice",
        "is_admin": False,
        "is_mod": False,
        "contact_info": {"name": "Alice", "email": email, "phone": None, "location": "", "birthday": None, "website": ""},
        "social_links": {"instagram": "", "twitter": "", "linkedin": ""},
        "attributes": {"passions": [], "hobbies": [], "questions": [], "interests": [], "skills": [], "enneagram": ""},
        "biography": dict.fromkeys(("bio", "ambitions", "dreams", "goals", "education", "work", "relationship_status", "looking_for"), ""),
        "meta": None,
        "created_at": profile.created_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "updated_at": profile.updated_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    }  # fmt: skip


def test_enneagrams_come_along_when_included(alice: Person):
    assert "enneagrams" not in me(alice)
    alice.client.post(f"/api/users/{alice.user_id}/enneagrams", {"enneagram_ids": [5, 2]})
    included = alice.client.get("/api/me?include=enneagrams").json()["data"]["enneagrams"]
    assert [(one["id"], one["name"]) for one in included] == [(2, "Lincoln"), (5, "Newton")]


class TestPut:
    @pytest.mark.parametrize("column", COLUMNS)
    def test_replaces_the_columns_given_and_no_others(self, alice: Person, column: str):
        assert alice.client.put("/api/me", FULL).status_code == 200
        answer = alice.client.put("/api/me", {column: {"only": "this"}})
        assert answer.status_code == 200
        expected = {**FULL, column: {"only": "this"}}
        assert {name: answer.json()["data"][name] for name in COLUMNS} == expected
        assert {name: me(alice)[name] for name in COLUMNS} == expected

    def test_of_nothing_changes_nothing_at_all(self, alice: Person):
        before = me(alice)
        assert alice.client.put("/api/me", {}).json()["data"] == before
        assert me(alice) == before

    @pytest.mark.parametrize("method", ["put", "patch"])
    def test_moves_updated_at_and_not_created_at(self, alice: Person, method: str):
        UserProfile.objects.filter(user_id=alice.user_id).update(updated_at="2020-01-01T00:00:00Z")
        before = me(alice)
        after = getattr(alice.client, method)("/api/me", {"meta": {"a": 1}}).json()["data"]
        assert after["updated_at"] > before["updated_at"] == "2020-01-01T00:00:00.000000Z"
        assert after["created_at"] == before["created_at"]

    @pytest.mark.parametrize("method", ["put", "patch"])
    def test_ignores_what_is_read_only_or_unknown(self, alice: Person, bob: Person, method: str):
        before = me(alice)
        body = {"id": str(uuid.uuid4()), "user_id": str(bob.user_id), "is_admin": True, "is_mod": True, "name": "Eve",
                "created_at": "2001-01-01T00:00:00Z", "updated_at": None, "enneagrams": [1], "role": "admin",
                "email": "eve@lifestring.example", "__class__": {}, "": 1}  # fmt: skip
        assert getattr(alice.client, method)("/api/me", body).status_code == 200
        assert me(alice) == before
        assert (alice.profile.is_admin, alice.profile.is_mod) == (False, False)

    @pytest.mark.parametrize("column", ["contact_info", "meta", "attributes"])
    def test_a_flag_inside_a_column_gives_no_right(self, alice: Person, column: str):
        assert alice.client.put("/api/me", {column: {"is_admin": True, "is_mod": True}}).status_code == 200
        assert not alice.caller.is_staff_member

    def test_one_bad_column_keeps_the_good_ones_from_being_written(self, alice: Person):
        before = me(alice)
        for method in (alice.client.put, alice.client.patch):
            errors = assert_error(method("/api/me", {"meta": {"a": 1}, "biography": [], "attributes": 5}), 422)[
                "errors"
            ]
            assert errors.keys() == {"biography", "attributes"}
        assert me(alice) == before

    @pytest.mark.parametrize(
        ("contact", "name"), [({"name": "Ada"}, "Ada"), ({}, None), ({"name": None}, None), ({"name": ""}, "")]
    )
    def test_the_name_follows_contact_info(self, alice: Person, contact: dict[str, Any], name: str | None):
        assert alice.client.put("/api/me", {"contact_info": contact}).json()["data"]["name"] == name


# (what is there, the patch, what is there then), after the examples of RFC 7396, Appendix A.
MERGES = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    ({"a": [1, 2]}, {"a": [None]}, {"a": [None]}),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ({"a": 5}, {"a": {"b": 1}}, {"a": {"b": 1}}),
    ({"a": {"b": 1}}, {"a": {}}, {"a": {"b": 1}}),
    ({"a": 1}, {"no": None}, {"a": 1}),
    ({"a": 1}, {}, {"a": 1}),
    (None, {"a": 1, "b": None}, {"a": 1}),
    ([1, 2], {"a": 1}, {"a": 1}),
    ("text", {"a": 1}, {"a": 1}),
    ({"n": 2**70}, {"a": 1}, {"n": 2**70, "a": 1}),
    ({"ü \"'\\": 1}, {"ü \"'\\": 2, "%s": "%(a)s {}"}, {"ü \"'\\": 2, "%s": "%(a)s {}"}),
]


class TestPatch:
    @pytest.mark.parametrize(("stored", "patch", "merged"), MERGES)
    def test_merges_as_the_rfc_says(self, alice: Person, stored: Any, patch: dict[str, Any], merged: dict[str, Any]):
        UserProfile.objects.filter(user_id=alice.user_id).update(meta=stored)
        answer = alice.client.patch("/api/me", {"meta": patch})
        assert answer.status_code == 200, answer.content
        assert answer.json()["data"]["meta"] == merged
        assert me(alice)["meta"] == merged

    def test_takes_several_columns_at_once_and_leaves_the_rest(self, alice: Person):
        alice.client.put("/api/me", FULL)
        alice.client.patch("/api/me", {"contact_info": {"website": "w"}, "meta": {"a": {"c": 1}}})
        after = me(alice)
        assert after["contact_info"] == {"name": "Ada", "website": "w"}
        assert after["meta"] == {"a": {"b": [1, None], "c": 1}}
        assert after["biography"] == FULL["biography"]

    def test_accepts_the_media_type_of_merge_patches(self, alice: Person):
        answer = alice.client.generic(
            "PATCH", "/api/me", b'{"meta": {"a": 1}}', content_type="application/merge-patch+json"
        )
        assert answer.json()["data"]["meta"] == {"a": 1}

    def test_keeps_numbers_exactly(self, alice: Person):
        exact = '{"pi": 3.14159265358979323846264338327950288, "big": 123456789012345678901234567890, "one": 1.0}'
        alice.client.generic("PUT", "/api/me", f'{{"meta": {exact}}}'.encode(), content_type="application/json")
        before = alice.client.get("/api/me").content.partition(b'"meta":')[2].partition(b"}")[0]
        alice.client.patch("/api/me", {"meta": {"added": 1}})
        after = alice.client.get("/api/me").content.partition(b'"meta":')[2].partition(b"}")[0]
        for pair in before.strip(b"{ ").split(b","):
            assert pair.strip() in after

    @pytest.mark.django_db(transaction=True)
    def test_twelve_at_once_lose_nothing(self, alice: Person, together: Together, many_connections: None):
        def patch(number: int) -> int:
            body = {"meta": {f"key{number}": number, "shared": {f"inner{number}": number}}}
            return client_for(alice.user_id).patch("/api/me", body).status_code

        assert together(*[lambda n=n: patch(n) for n in range(12)]) == [200] * 12
        meta = me(alice)["meta"]
        assert meta == {
            **{f"key{n}": n for n in range(12)},
            "shared": {f"inner{n}": n for n in range(12)},
        }
