"""Profiles as other clients may have written them: any JSON in any column, and no route that fails over it (docs/database.md)."""

import json
from typing import Any

import pytest
from django.db import connection

from accounts.models import UserProfile
from lifestring.testing.asserts import assert_error
from lifestring.testing.people import Person

pytestmark = pytest.mark.django_db

COLUMNS = ("contact_info", "social_links", "attributes", "biography", "meta")
HUGE = "9" * 6_000
ODD: dict[str, str | None] = {
    "sql-null": None,
    "json-null": "null",
    "list": "[]",
    "list-of-objects": '[{"name": "x", "email": "y"}]',
    "text": '"name"',
    "empty-text": '""',
    "number": "5",
    "huge-number": HUGE,
    "tiny-number": "1e-6000",
    "flag": "true",
    "empty": "{}",
    "deep": "[" * 3_000 + "]" * 3_000,
    "deep-objects": '{"name":' * 2_000 + "1" + "}" * 2_000,
    **{f"name-{kind}": f'{{"name": {value}, "email": {value}, "interests": {value}, "bio": {value}}}'
       for kind, value in {"null": "null", "list": "[1]", "object": '{"first": "A"}', "number": "5", "huge": HUGE,
                           "flag": "false", "empty": '""', "deep": "[" * 2_000 + "]" * 2_000}.items()},
    "odd-keys": '{"": 1, "name ": 2, "a.b": 3, "\\u007f": 4, "é": 5, "%s": 6}',
    "large": json.dumps({"name": "x" * 300_000}),
}  # fmt: skip
READS = ["/api/me", "/api/me?include=enneagrams", "/api/users", "/api/users?cursor=", "/api/users?search=a", "/api/users?sort_by=updated_at",
         "/api/users/{alice}", "/api/users/{alice}?include=enneagrams", "/api/users/{alice}/enneagrams", "/api/strings",
         "/api/strings/{string}?include=user,comments,likes", "/api/strings/{string}/likes", "/api/strings/{string}/comments?include=user,replies.user",
         "/api/search?q=hello", "/api/search?q=name&type=people", "/api/my/recent", "/api/my/liked-strings"]  # fmt: skip


def store(person: Person, value: str | None, columns: tuple[str, ...] = COLUMNS) -> None:
    assignments = ", ".join(f"{column} = %s::jsonb" for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE user_profiles SET {assignments} WHERE user_id = %s", [*[value] * len(columns), person.user_id]
        )


@pytest.fixture
def string(alice: Person) -> str:
    """A string on which alice did all there is to do."""
    found: str = alice.client.post("/api/strings", {"content_text": "hello"}).json()["data"]["id"]
    parent = alice.client.post(f"/api/strings/{found}/comments", {"content": "x"}).json()["data"]["id"]
    alice.client.post(f"/api/strings/{found}/comments", {"content": "y", "parent_comment_id": parent})
    alice.client.put(f"/api/strings/{found}/like")
    return found


@pytest.mark.parametrize("name", ODD)
def test_every_read_works_for_everybody(
    alice: Person, bob: Person, charlie: Person, admin: Person, string: str, name: str
):
    store(alice, ODD[name])
    for viewer in (alice, bob, charlie, admin):
        for url in READS:
            answer = viewer.client.get(url.format(alice=alice.user_id, string=string))
            assert answer.status_code == 200, (viewer.name, url, answer.content[:300])


@pytest.mark.parametrize(
    "name", [name for name in ODD if "huge" not in name and "deep" not in name and "tiny" not in name]
)
def test_its_owner_sees_exactly_what_is_stored(alice: Person, name: str):
    stored = ODD[name]
    store(alice, stored)
    data = alice.client.get("/api/me").json()["data"]
    assert {column: data[column] for column in COLUMNS} == dict.fromkeys(
        COLUMNS, None if stored is None else json.loads(stored)
    )


@pytest.mark.parametrize(
    ("stored", "name"),
    [(None, None), ("null", None), ("[]", None), ('"text"', None), ("5", None), ("{}", None), ('{"name": null}', None),
     ('{"name": "Ada"}', "Ada"), ('{"name": ""}', ""), ('[{"name": "x"}]', None)],
)  # fmt: skip
def test_the_name_is_contact_info_s_or_null(
    alice: Person, bob: Person, string: str, stored: str | None, name: str | None
):
    store(alice, stored, ("contact_info",))
    assert alice.client.get("/api/me").json()["data"]["name"] == name
    assert bob.client.get(f"/api/users/{alice.user_id}").json()["data"]["name"] == name
    assert bob.client.get(f"/api/strings/{string}").json()["data"]["user"]["name"] == name


@pytest.mark.parametrize("name", ODD)
def test_it_can_be_put_right(alice: Person, name: str):
    store(alice, ODD[name])
    right = {column: {"a": 1} for column in COLUMNS}
    answer = alice.client.put("/api/me", right)
    assert answer.status_code == 200, answer.content[:300]
    assert {column: answer.json()["data"][column] for column in COLUMNS} == right


@pytest.mark.parametrize("name", ODD)
def test_merging_works_or_says_why_not(alice: Person, name: str):
    store(alice, ODD[name])
    answer = alice.client.patch("/api/me", {"meta": {"added": 1}})
    if name in {"deep", "deep-objects", "name-deep", "large", "name-huge"} and answer.status_code == 422:
        assert_error(answer, 422, "validation_failed", field="meta")
        return
    assert answer.status_code == 200, answer.content[:300]
    assert b'"added":1' in answer.content.replace(b" ", b"")


@pytest.mark.parametrize("name", ODD)
def test_other_columns_can_be_changed_meanwhile(alice: Person, name: str):
    store(alice, ODD[name], ("contact_info", "meta"))
    answer = alice.client.patch("/api/me", {"biography": {"bio": "new"}})
    assert answer.status_code == 200, answer.content[:300]


def test_a_profile_without_times_and_roles_is_read_and_listed(alice: Person, bob: Person):
    UserProfile.objects.filter(user_id=alice.user_id).update(
        created_at=None, updated_at=None, is_admin=None, is_mod=None
    )
    for url in (f"/api/users/{alice.user_id}", "/api/me"):
        data = alice.client.get(url).json()["data"]
        assert (data["created_at"], data["updated_at"], data["is_admin"], data["is_mod"]) == (None, None, False, False)
    for url in ("/api/users", "/api/users?cursor=", "/api/users?sort_by=updated_at&sort_dir=asc"):
        assert str(alice.user_id) in [row["user_id"] for row in bob.client.get(url).json()["data"]]


@pytest.mark.parametrize("moment", ["infinity", "-infinity", "0044-03-15 12:00 BC", "20000-01-01 00:00"])
@pytest.mark.parametrize("column", ["created_at", "updated_at"])
def test_times_beyond_what_python_knows_do_not_take_the_list_along(
    alice: Person, bob: Person, column: str, moment: str
):
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE user_profiles SET {column} = %s WHERE user_id = %s", [moment, alice.user_id])
    for url in ("/api/users", "/api/users?cursor=", f"/api/users/{alice.user_id}", f"/api/users?sort_by={column}"):
        answer = bob.client.get(url)
        assert answer.status_code == 200, answer.content


@pytest.mark.parametrize("images", [*("null", "{}", '"x"', "5", HUGE, "[" * 3_000 + "]" * 3_000, '[{"url": 1}]'), None])
def test_a_string_with_odd_images_is_read_changed_and_deleted(alice: Person, bob: Person, string: str, images: Any):
    url = f"/api/strings/{string}"
    with connection.cursor() as cursor:
        cursor.execute("UPDATE strings SET content_images = %s::jsonb WHERE id = %s", [images, string])
    for viewer in (alice, bob):
        for path in (url, "/api/strings", "/api/strings?cursor="):
            assert viewer.client.get(path).status_code == 200
    assert alice.client.patch(url, {"content_text": "changed"}).status_code == 200
    assert alice.client.put(url, {"content_images": []}).json()["data"]["content_images"] == []
    with connection.cursor() as cursor:
        cursor.execute("UPDATE strings SET content_images = %s::jsonb WHERE id = %s", [images, string])
    assert alice.client.delete(url).status_code == 204


@pytest.mark.parametrize("table", ["strings", "user_profiles"])
def test_a_text_too_long_to_index_does_not_end_everybody_s_search(alice: Person, bob: Person, string: str, table: str):
    words = "(SELECT string_agg(md5(n::text), ' ') FROM generate_series(1, 60000) n)"
    with connection.cursor() as cursor:
        if table == "strings":
            cursor.execute(f"INSERT INTO strings (user_id, content_text) SELECT %s, {words}", [alice.user_id])
        else:
            cursor.execute(f"UPDATE user_profiles SET biography = jsonb_build_object('bio', {words}), "
                           f"contact_info = jsonb_build_object('name', {words}) WHERE user_id = %s", [alice.user_id])  # fmt: skip
    for url in (
        "/api/strings?search=hello",
        "/api/search?q=hello",
        "/api/search?q=bob&type=people",
        "/api/users?search=bob",
    ):
        answer = bob.client.get(url)
        assert answer.status_code == 200, answer.content
    assert bob.client.get("/api/strings?search=hello").json()["data"][0]["id"] == string


@pytest.mark.parametrize("moment", ["infinity", "-infinity", "20000-01-01"])
def test_a_string_from_beyond_all_time_does_not_end_the_feed(alice: Person, bob: Person, string: str, moment: str):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE strings SET created_at = %s, updated_at = %s", [moment, moment])
        cursor.execute("UPDATE string_comments SET created_at = %s", [moment])
        cursor.execute("UPDATE string_likes SET created_at = %s", [moment])
    for url in READS:
        answer = bob.client.get(url.format(alice=alice.user_id, string=string))
        assert answer.status_code == 200, (url, answer.content[:300])
    assert alice.client.patch(f"/api/strings/{string}", {"content_text": "back in time"}).status_code == 200
