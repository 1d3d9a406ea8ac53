"""Other people: the list, one of them, and who may change or make whom (docs/api.md, People and Who may what)."""

import uuid
from datetime import timedelta
from typing import Any

import pytest

from accounts.models import AuthUser, UserProfile
from lifestring.testing.asserts import assert_error
from lifestring.testing.people import Person, make_person
from lifestring.testing.volume import EPOCH, many_people

pytestmark = pytest.mark.django_db

KEYS = {"id", "user_id", "name", "is_admin", "is_mod", "contact_info", "social_links", "attributes", "biography",
        "created_at", "updated_at"}  # fmt: skip
NOBODY = "00000000-0000-4000-8000-000000000000"


def names(person: Person, url: str) -> list[str]:
    answer = person.client.get(url)
    assert answer.status_code == 200, answer.content
    return [row["name"] for row in answer.json()["data"]]


class TestTheList:
    def test_it_works(self, alice: Person, charlie: Person):
        body = charlie.client.get("/api/users").json()
        assert body.keys() == {"data", "links", "meta"}
        assert body["meta"]["total"] == 2
        rows = {row["name"]: row for row in body["data"]}
        assert rows["Alice"].keys() == KEYS
        assert rows["Charlie"].keys() == KEYS | {"meta"}
        assert rows["Alice"]["user_id"] == str(alice.user_id)
        assert rows["Alice"]["id"] == str(alice.profile.id)

    def test_is_the_newest_first(self, alice: Person):
        for number, name in enumerate(("First", "Third", "Second")):
            made = EPOCH + timedelta(days=(0, 2, 1)[number])
            UserProfile.objects.filter(user_id=make_person(name).user_id).update(created_at=made)
        assert names(alice, "/api/users")[-3:] == ["Third", "Second", "First"]
        assert names(alice, "/api/users?sort_dir=asc")[:3] == ["First", "Second", "Third"]

    @pytest.mark.parametrize(
        ("search", "found"),
        [("ada", {"Ada Lovelace", "Adam"}), ("ADA ", {"Ada Lovelace", "Adam"}), ("lovelace", {"Ada Lovelace"}), ("%", set()),
         ("_", set()), ("100%", {"100%"}), ("zoe", {"Zoé"}), ("ZOÉ", {"Zoé"}), ("back\\", {"back\\slash"}), ("'", set()),
         ("neil", {"O'Neil"}), ("a l", {"Ada Lovelace"}), ("velace", set()), ("nobody", set())],
    )  # fmt: skip
    def test_is_narrowed_by_name_only(self, alice: Person, search: str, found: set[str]):
        for name in ("Ada Lovelace", "Adam", "100%", "Zoé", "back\\slash", "O'Neil"):
            make_person(name)
        answer = alice.client.get("/api/users", {"search": search})
        assert {row["name"] for row in answer.json()["data"]} == found
        assert answer.json()["meta"]["total"] == len(found)

    def test_an_empty_search_is_none(self, alice: Person, charlie: Person):
        assert (
            names(alice, "/api/users?search=") == names(alice, "/api/users?search=%20%20") == names(alice, "/api/users")
        )

    def test_carries_enneagrams_where_included(self, alice: Person, charlie: Person):
        for person, types in ((alice, [1, 9]), (charlie, [4])):
            person.client.post(f"/api/users/{person.user_id}/enneagrams", {"enneagram_ids": types})
        make_person("Nothing")
        rows = alice.client.get("/api/users?include=enneagrams,nonsense").json()["data"]
        found = {row["name"]: [one["type_number"] for one in row["enneagrams"]] for row in rows}
        assert found == {"Alice": [1, 9], "Charlie": [4], "Nothing": []}

    def test_pages_through_many(self, alice: Person):
        many_people(40)
        body = alice.client.get("/api/users?per_page=20&page=3").json()
        assert (body["meta"]["total"], len(body["data"])) == (41, 1)


class TestOne:
    def test_is_found_by_user_id_and_by_profile_id(self, alice: Person, charlie: Person):
        by_user = charlie.client.get(f"/api/users/{alice.user_id}").json()["data"]
        by_profile = charlie.client.get(f"/api/users/{alice.profile.id}").json()["data"]
        assert by_user == by_profile
        assert by_user.keys() == KEYS
        assert by_user["name"] == "Alice"

    def test_the_user_id_wins_over_somebody_else_s_profile_id(self, alice: Person, charlie: Person):
        UserProfile.objects.filter(user_id=charlie.user_id).update(id=alice.user_id)
        assert charlie.client.get(f"/api/users/{alice.user_id}").json()["data"]["name"] == "Alice"
        assert_error(charlie.client.patch(f"/api/users/{alice.user_id}", {"meta": {"a": 1}}), 403, "forbidden")

    @pytest.mark.parametrize(
        "given", [NOBODY, "1", "me", "not-a-uuid", f"{NOBODY}0", "%00", "null", "{}", NOBODY[:-1] + "g"]
    )
    @pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
    def test_that_is_not_there_is_404(self, admin: Person, given: str, method: str):
        assert_error(getattr(admin.client, method)(f"/api/users/{given}", {}), 404, "not_found")


ROLES = ["self", "admin", "mod", "bob", "charlie"]
MAY_CHANGE = {"self": 200, "admin": 200, "mod": 403, "bob": 403, "charlie": 403}


@pytest.fixture
def cast(alice: Person, bob: Person, charlie: Person, mod: Person, admin: Person) -> dict[str, Person]:
    return {"self": alice, "bob": bob, "charlie": charlie, "mod": mod, "admin": admin}


class TestChanging:
    @pytest.mark.parametrize("by", ["user_id", "id"])
    @pytest.mark.parametrize("role", ROLES)
    @pytest.mark.parametrize("method", ["put", "patch"])
    def test_is_for_the_person_and_admins(
        self, cast: dict[str, Person], alice: Person, method: str, role: str, by: str
    ):
        before = alice.profile
        url = f"/api/users/{getattr(before, by)}"
        answer = getattr(cast[role].client, method)(url, {"biography": {"bio": "changed"}, "is_admin": True})
        if MAY_CHANGE[role] == 403:
            assert_error(answer, 403, "forbidden")
            assert alice.profile.biography == before.biography
            assert alice.profile.updated_at == before.updated_at
        else:
            assert answer.status_code == 200
            assert answer.json()["data"]["biography"]["bio"] == "changed"
            expected = {"bio": "changed"} if method == "put" else {**before.biography, "bio": "changed"}
            assert alice.profile.biography == expected
        assert alice.profile.is_admin is False

    @pytest.mark.parametrize("role", ROLES)
    def test_erasing_too(self, cast: dict[str, Person], alice: Person, role: str):
        answer = cast[role].client.delete(f"/api/users/{alice.user_id}")
        gone = not UserProfile.objects.filter(user_id=alice.user_id).exists()
        if MAY_CHANGE[role] == 403:
            assert_error(answer, 403, "forbidden")
            assert not gone
        else:
            assert (answer.status_code, answer.content, gone) == (204, b"", True)

    def test_an_admin_s_roles_are_out_of_reach_even_for_admins(self, admin: Person, alice: Person):
        for method in (admin.client.put, admin.client.patch):
            assert method(f"/api/users/{alice.user_id}", {"is_admin": True, "is_mod": True}).status_code == 200
            assert method(f"/api/users/{admin.user_id}", {"is_admin": False}).status_code == 200
        assert (alice.profile.is_admin, alice.profile.is_mod, admin.profile.is_admin) == (False, False, True)


class TestMaking:
    @pytest.fixture
    def account(self) -> uuid.UUID:
        """An account whose profile is missing."""
        found: uuid.UUID = AuthUser.objects.create(
            email="lost@lifestring.example", raw_user_meta_data={"name": "Lost"}
        ).id
        UserProfile.objects.filter(user_id=found).delete()
        return found

    def test_it_works(self, admin: Person, account: uuid.UUID):
        body: dict[str, Any] = {"user_id": str(account), "meta": {"a": 1}, "is_admin": True, "is_mod": True}
        answer = admin.client.post("/api/users", body)
        assert answer.status_code == 201, answer.content
        data = answer.json()["data"]
        assert data.keys() == KEYS | {"meta"}
        assert (data["user_id"], data["name"], data["meta"]) == (str(account), "Lost", {"a": 1})
        assert (data["is_admin"], data["is_mod"]) == (False, False)
        assert data["contact_info"]["email"] == "lost@lifestring.example"

    @pytest.mark.parametrize("role", ["self", "mod", "bob", "charlie"])
    def test_it_rejects_everybody_but_admins(self, cast: dict[str, Person], account: uuid.UUID, role: str):
        for body in ({"user_id": str(account)}, {}, {"user_id": "x"}):
            assert_error(cast[role].client.post("/api/users", body), 403, "forbidden")
        assert not UserProfile.objects.filter(user_id=account).exists()

    def test_it_rejects_who_has_one(self, admin: Person, alice: Person):
        before = alice.profile
        answer = admin.client.post("/api/users", {"user_id": str(alice.user_id), "meta": {"overwritten": True}})
        assert_error(answer, 422, field="user_id")
        assert alice.profile.meta == before.meta

    @pytest.mark.parametrize("given", [NOBODY, "x", None, "", [], {}, 5, True, -1, 2**200, 1.5, "\x00"])
    def test_it_rejects_who_has_no_account(self, admin: Person, given: Any):
        count = UserProfile.objects.count()
        assert_error(admin.client.post("/api/users", {"user_id": given}), 422, "validation_failed")
        assert_error(admin.client.post("/api/users", {}), 422, "validation_failed", field="user_id")
        assert UserProfile.objects.count() == count

    def test_one_bad_column_keeps_the_profile_from_being_made(self, admin: Person, account: uuid.UUID):
        assert_error(admin.client.post("/api/users", {"user_id": str(account), "meta": []}), 422, field="meta")
        assert not UserProfile.objects.filter(user_id=account).exists()
