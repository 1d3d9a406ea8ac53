"""Changing and deleting a string: who may, and what must be left of it (docs/api.md, Who may what and Strings)."""

import itertools
from typing import Any

import pytest

from lifestring.testing.asserts import assert_error
from lifestring.testing.people import Person
from strings.models import String, StringComment, StringLike
from strings.tests.posts import UNKNOWN, body_of, counts, get, moment, post_comment, post_string, string_row

pytestmark = pytest.mark.django_db

both = pytest.mark.parametrize("method", ["put", "patch"])

IMAGE = "https://images.example/board.jpg"
OTHER_IMAGE = "https://images.example/other.jpg"
THING = "b7d4f1c2-8a0e-4f6b-9c1d-2e3f4a5b6c7d"
FIELDS = ("content_text", "content_images", "stringable_type", "stringable_id")


def change(person: Person, method: str, string: Any, body: Any) -> Any:
    return getattr(person.client, method)(f"/api/strings/{getattr(string, 'id', string)}", body)


def kept(string: Any) -> dict[str, Any]:
    row = String.objects.get(id=getattr(string, "id", string))
    return {name: getattr(row, name) for name in FIELDS}


@pytest.fixture
def everyone(request: pytest.FixtureRequest) -> dict[str, Person]:
    return {name: request.getfixturevalue(name) for name in ("alice", "bob", "charlie", "mod", "admin")}


MAY = {"alice": True, "mod": True, "admin": True, "bob": False, "charlie": False}


@both
def test_author_and_staff_change_a_string_and_nobody_else(
    everyone: dict[str, Person], method: str, subtests: pytest.Subtests
):
    for who, may in MAY.items():
        with subtests.test(who):
            string = post_string(everyone["alice"], "before")

            answer = change(everyone[who], method, string, {"content_text": "after"})

            if may:
                data = body_of(answer)["data"]
                assert (data["content_text"], data["user_id"]) == ("after", str(everyone["alice"].user_id))
            else:
                assert_error(answer, 403, "forbidden")
            assert kept(string)["content_text"] == ("after" if may else "before")


@both
def test_nobody_changes_a_string_without_a_token(alice: Person, anonymous: Any, method: str):
    string = post_string(alice, "before")

    answer = getattr(anonymous, method)(f"/api/strings/{string}", {"content_text": "after"})

    assert_error(answer, 401, "not_authenticated")
    assert kept(string)["content_text"] == "before"


@both
def test_an_unknown_string_is_404_for_everybody(everyone: dict[str, Person], method: str):
    for person in everyone.values():
        assert_error(change(person, method, UNKNOWN, {"content_text": "x"}), 404, "not_found")


BEFORE = {
    "content_text": "text",
    "content_images": [IMAGE],
    "stringable_type": "Event",
    "stringable_id": THING,
}
CHANGES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    # what is sent, and what is different afterwards
    ({}, {}),
    ({"content_text": "new"}, {"content_text": "new"}),
    ({"content_text": "  new  "}, {"content_text": "  new  "}),
    ({"content_text": None}, {"content_text": None}),
    ({"content_text": ""}, {"content_text": None}),
    ({"content_text": " \n"}, {"content_text": None}),
    ({"content_text": "x" * 10_000}, {"content_text": "x" * 10_000}),
    ({"content_images": []}, {"content_images": []}),
    ({"content_images": None}, {"content_images": None}),
    ({"content_images": [OTHER_IMAGE]}, {"content_images": [OTHER_IMAGE]}),
    ({"content_text": "new", "content_images": None}, {"content_text": "new", "content_images": None}),
    ({"stringable_type": "Room"}, {"stringable_type": "Room"}),
    ({"stringable_id": None}, {"stringable_id": None}),
    ({"stringable_id": UNKNOWN}, {"stringable_id": UNKNOWN}),
    ({"stringable_type": None, "stringable_id": None}, {"stringable_type": None, "stringable_id": None}),
    ({"user_id": UNKNOWN, "id": UNKNOWN, "likes_count": 9, "comments_count": 9, "created_at": None, "x": [1]}, {}),
]


@both
def test_only_the_fields_given_change(alice: Person, bob: Person, method: str, subtests: pytest.Subtests):
    string = string_row(alice)
    bob.client.put(f"/api/strings/{string.id}/like")
    post_comment(bob, str(string.id))

    for sent, different in CHANGES:
        with subtests.test(str(sent)[:40]):
            String.objects.filter(id=string.id).update(updated_at=moment(0), **BEFORE)
            before = get(alice, f"/api/strings/{string.id}")["data"]

            data = body_of(change(alice, method, string, sent))["data"]

            assert data.pop("updated_at") > before.pop("updated_at")
            assert data == before | different
            assert counts(string.id) == (1, 1)


LEAVES_NEITHER: list[tuple[dict[str, Any], dict[str, Any]]] = [
    # what there was, and what is sent
    ({"content_text": "text"}, {"content_text": None}),
    ({"content_text": "text"}, {"content_text": ""}),
    ({"content_text": "text"}, {"content_text": " \n"}),
    ({"content_text": "text"}, {"content_text": None, "content_images": []}),
    ({"content_text": "text", "content_images": []}, {"content_text": None}),
    ({"content_text": None, "content_images": [IMAGE]}, {"content_images": []}),
    ({"content_text": None, "content_images": [IMAGE]}, {"content_images": None}),
    ({"content_text": None, "content_images": [IMAGE]}, {"content_images": [], "content_text": " "}),
    ({"content_text": "text", "content_images": [IMAGE]}, {"content_text": "", "content_images": None}),
]


@both
def test_an_update_that_leaves_neither_text_nor_images_is_422(
    alice: Person, admin: Person, method: str, subtests: pytest.Subtests
):
    for (before, sent), person in itertools.product(LEAVES_NEITHER, (alice, admin)):
        with subtests.test(f"{person.name} {before} {sent}"):
            string = string_row(alice, **{"stringable_type": "Event", "content_text": None, **before})
            whole = kept(string)

            answer = change(person, method, string, {**sent, "stringable_type": "Room"})

            assert_error(answer, 422, "validation_failed", field="content")
            assert kept(string) == whole


REFUSED: list[tuple[Any, str]] = [
    ({"content_text": "x" * 10_001}, "content_text"),
    ({"content_text": ["x"]}, "content_text"),
    ({"content_text": False}, "content_text"),
    ({"content_images": [IMAGE] * 11}, "content_images"),
    ({"content_images": [IMAGE, "ftp://a.example/"]}, "content_images.1"),
    ({"content_images": "x"}, "content_images"),
    ({"stringable_type": None}, "stringable_type"),
    ({"stringable_type": ""}, "stringable_type"),
    ({"stringable_id": "x"}, "stringable_id"),
    ({"stringable_id": 5}, "stringable_id"),
    ([], "body"),
    ("x", "body"),
]


@both
def test_a_bad_update_is_422_and_changes_nothing(alice: Person, method: str, subtests: pytest.Subtests):
    string = string_row(alice, **BEFORE)
    before = kept(string)

    for sent, field in REFUSED:
        with subtests.test(str(sent)[:40]):
            mixed = {"content_text": "new", **sent} if isinstance(sent, dict) else sent
            assert_error(change(alice, method, string, mixed), 422, "validation_failed", field=field)
    assert kept(string) == before


@both
def test_an_id_given_to_a_string_without_a_kind_needs_one(alice: Person, method: str):
    string = post_string(alice)

    assert_error(change(alice, method, string, {"stringable_id": THING}), 422, field="stringable_type")
    body_of(change(alice, method, string, {"stringable_type": "Event"}))
    assert body_of(change(alice, method, string, {"stringable_id": THING}))["data"]["stringable_id"] == THING


@both
def test_an_answer_shows_what_was_asked_to_be_included(alice: Person, bob: Person, method: str):
    string = post_string(alice)
    post_comment(bob, string, "hello")
    bob.client.put(f"/api/strings/{string}/like")

    answer = getattr(alice.client, method)(f"/api/strings/{string}?include=comments,likes", {"content_text": "new"})

    data = body_of(answer)["data"]
    assert [comment["content"] for comment in data["comments"]] == ["hello"]
    assert data["likes"] == [{"user_id": str(bob.user_id)}]


def test_author_and_staff_delete_a_string_with_all_on_it_and_nobody_else(
    everyone: dict[str, Person], subtests: pytest.Subtests
):
    alice, bob, charlie = (everyone[name] for name in ("alice", "bob", "charlie"))
    other = post_string(alice)
    post_comment(charlie, other)
    for who, may in MAY.items():
        with subtests.test(who):
            string = post_string(alice)
            post_comment(charlie, string, parent=post_comment(bob, string))
            bob.client.put(f"/api/strings/{string}/like")

            answer = everyone[who].client.delete(f"/api/strings/{string}")

            if may:
                assert (answer.status_code, answer.content) == (204, b"")
                assert_error(everyone[who].client.delete(f"/api/strings/{string}"), 404, "not_found")
                assert_error(change(alice, "patch", string, {"content_text": "x"}), 404, "not_found")
                assert not StringComment.objects.filter(string_id=string).exists()
                assert not StringLike.objects.filter(string_id=string).exists()
            else:
                assert_error(answer, 403, "forbidden")
                assert counts(string) == (1, 2)
    assert counts(other) == (0, 1)


def test_a_role_taken_away_is_gone_at_once(alice: Person, mod: Person):
    string = post_string(alice)
    body_of(change(mod, "patch", string, {"content_text": "moderated"}))

    profile = mod.profile
    profile.is_mod = False
    profile.save(update_fields=["is_mod"])

    assert_error(change(mod, "patch", string, {"content_text": "again"}), 403, "forbidden")
    assert_error(mod.client.delete(f"/api/strings/{string}"), 403, "forbidden")
