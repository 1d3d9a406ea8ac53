"""Posting and reading one string, and what bad input gets (docs/api.md, Strings)."""

import itertools
import json
import uuid
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import AuthUser, UserProfile
from lifestring.testing.asserts import assert_error
from lifestring.testing.people import Person
from strings.models import String
from strings.tests.posts import UNKNOWN, body_of, counts, get, post_comment, post_string, string_row

pytestmark = pytest.mark.django_db

IMAGE = "https://images.example/board.jpg"
THING = "b7d4f1c2-8a0e-4f6b-9c1d-2e3f4a5b6c7d"


def posted(person: Person, body: dict[str, Any], **headers: str) -> dict[str, Any]:
    found: dict[str, Any] = body_of(person.client.post("/api/strings", body, headers=headers), 201)["data"]
    return found


def send_raw(person: Person, body: bytes | str, method: str = "POST", url: str = "/api/strings") -> Any:
    return person.client.generic(method, url, body, content_type="application/json")


def test_a_posted_string_is_answered_as_the_contract_shows_it(alice: Person):
    data = posted(alice, {"content_text": "Looking for a chess partner"})

    assert str(uuid.UUID(data["id"])) == data["id"]
    assert data["created_at"].endswith("Z")
    assert len(data["created_at"]) == len("2026-11-23T09:57:00.000000Z")
    assert data["created_at"] == data["updated_at"]
    address = f"http://testserver/api/strings/{data['id']}"
    assert data == {
        "id": data["id"],
        "user_id": str(alice.user_id),
        "content_text": "Looking for a chess partner",
        "content_images": None,
        "stringable_type": None,
        "stringable_id": None,
        "likes_count": 0,
        "comments_count": 0,
        "created_at": data["created_at"],
        "updated_at": data["updated_at"],
        "user": {
            "id": str(alice.profile.id),
            "user_id": str(alice.user_id),
            "name": "Alice",
            "is_admin": False,
            "is_mod": False,
        },
        "is_liked_by_user": False,
        "links": {"self": address, "comments": f"{address}/comments"},
    }


GOOD: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "one character": ({"content_text": "x"}, {}),
    "10,000 characters": ({"content_text": "x" * 10_000}, {}),
    "10,000 characters beyond the BMP": ({"content_text": "🙂" * 10_000}, {}),
    "spaces around it": ({"content_text": "  hi\n"}, {}),
    "every line break and quote": ({"content_text": "a\r\nb\tc\\n'\"`$1 %s {} \u2028"}, {}),
    "markup is text": ({"content_text": "<script>alert(1)</script>"}, {}),
    "images alone": ({"content_images": [IMAGE]}, {"content_text": None}),
    "blank text beside images": ({"content_text": " \n", "content_images": [IMAGE]}, {"content_text": None}),
    "no images beside text": ({"content_text": "x", "content_images": []}, {}),
    "null images beside text": ({"content_text": "x", "content_images": None}, {}),
    "null text beside images": ({"content_text": None, "content_images": [IMAGE]}, {}),
    "ten images": ({"content_images": [f"{IMAGE}?n={n}" for n in range(10)]}, {}),
    "the same image twice": ({"content_images": [IMAGE, IMAGE]}, {}),
    "a plain http image": ({"content_images": ["http://images.example/a.jpg"]}, {}),
    "a scheme in capitals": ({"content_images": ["HTTPS://IMAGES.EXAMPLE/A.JPG"]}, {}),
    "an image with port, query and fragment": ({"content_images": ["http://[::1]:8080/a%20b.png?x=1&y=ä#z"]}, {}),
    "spaces around an image": ({"content_images": [f" {IMAGE} "]}, {"content_images": [IMAGE]}),
    "an address of 2,048 characters": ({"content_images": [f"https://i.example/{'a' * 2_030}"]}, {}),
    "attached to a kind": ({"content_text": "x", "stringable_type": "Event"}, {}),
    "attached to a thing": ({"content_text": "x", "stringable_type": "Event", "stringable_id": THING}, {}),
    "an id in capitals": (
        {"content_text": "x", "stringable_type": "Event", "stringable_id": THING.upper()},
        {"stringable_id": THING},
    ),
    "attached to nothing": ({"content_text": "x", "stringable_type": None, "stringable_id": None}, {}),
    "a kind of 255 characters": ({"content_text": "x", "stringable_type": "k" * 255}, {}),
}


def test_a_string_is_kept_as_it_was_sent(alice: Person, subtests: pytest.Subtests):
    for case, (body, otherwise) in GOOD.items():
        with subtests.test(case):
            data = posted(alice, body)

            expected = body | otherwise
            assert {name: data[name] for name in expected} == expected
            assert get(alice, f"/api/strings/{data['id']}")["data"] == data
    assert String.objects.count() == len(GOOD)


READ_ONLY = {
    "id": THING,
    "user_id": UNKNOWN,
    "likes_count": 99,
    "comments_count": 99,
    "created_at": "1999-01-01T00:00:00Z",
    "updated_at": "1999-01-01T00:00:00Z",
    "is_liked_by_user": True,
    "user": {"is_admin": True},
    "links": {},
    "nobody_knows_this": [[{}]],
}


def test_read_only_and_unknown_fields_are_ignored(alice: Person):
    data = posted(alice, {"content_text": "x", **READ_ONLY})

    assert data["user_id"] == str(alice.user_id)
    assert data["id"] != THING
    assert (data["likes_count"], data["comments_count"], data["is_liked_by_user"]) == (0, 0, False)
    assert data["created_at"] > "2026"


BAD_BODIES: dict[str, tuple[Any, str]] = {
    "nothing": ({}, "content"),
    "null text": ({"content_text": None}, "content"),
    "empty text": ({"content_text": ""}, "content"),
    "blank text": ({"content_text": " \n\t\u3000"}, "content"),
    "no images": ({"content_images": []}, "content"),
    "neither of both": ({"content_text": "", "content_images": None}, "content"),
    "a kind alone": ({"stringable_type": "Event"}, "content"),
    "10,001 characters": ({"content_text": "x" * 10_001}, "content_text"),
    "10,001 characters beyond the BMP": ({"content_text": "🙂" * 10_001}, "content_text"),
    "10,001 spaces": ({"content_text": " " * 10_001, "content_images": [IMAGE]}, "content_text"),
    "a list for text": ({"content_text": ["x"]}, "content_text"),
    "an object for text": ({"content_text": {"x": 1}}, "content_text"),
    "a truth for text": ({"content_text": True}, "content_text"),
    "eleven images": ({"content_images": [IMAGE] * 11}, "content_images"),
    "one image unlisted": ({"content_images": IMAGE}, "content_images"),
    "an object for images": ({"content_images": {"0": IMAGE}}, "content_images"),
    "a number for images": ({"content_images": 5}, "content_images"),
    "a null image": ({"content_images": [IMAGE, None]}, "content_images.1"),
    "a list for an image": ({"content_images": [[IMAGE]]}, "content_images.0"),
    "an object for an image": ({"content_images": [{"url": IMAGE}]}, "content_images.0"),
    "a number for an image": ({"content_images": [5]}, "content_images.0"),
    "text beside a bad image": ({"content_text": "x", "content_images": ["x"]}, "content_images.0"),
    "a thing without a kind": ({"content_text": "x", "stringable_id": THING}, "stringable_type"),
    "a thing with a null kind": (
        {"content_text": "x", "stringable_id": THING, "stringable_type": None},
        "stringable_type",
    ),
    "an empty kind": ({"content_text": "x", "stringable_type": ""}, "stringable_type"),
    "a kind of 256 characters": ({"content_text": "x", "stringable_type": "k" * 256}, "stringable_type"),
    "a list for a kind": ({"content_text": "x", "stringable_type": ["Event"]}, "stringable_type"),
    "a body that is a list": ([{"content_text": "x"}], "body"),
    "a body that is text": ("content_text", "body"),
    "a body that is a number": (5, "body"),
    "a body that is true": (True, "body"),
}


def test_a_bad_body_is_422_and_stores_nothing(alice: Person, subtests: pytest.Subtests):
    for case, (body, field) in BAD_BODIES.items():
        with subtests.test(case):
            assert_error(send_raw(alice, json.dumps(body)), 422, "validation_failed", field=field)
    assert not String.objects.exists()


BAD_IMAGES = [
    *("", " ", "x", "/a.jpg", "a.jpg", "//images.example/a.jpg", "images.example/a.jpg", "http", "http:", "http://"),
    *("http:///a.jpg", "https://?x", "https://#x", "http:a.jpg", "ftp://images.example/a.jpg", "file:///etc/passwd"),
    *(
        "javascript:alert(1)",
        "javascript://x/%0aalert(1)",
        "data:image/png;base64,AAAA",
        "blob:https://x/y",
        "mailto:a@b",
    ),
    *(
        "http://[::1/a.jpg",
        "http://]/a.jpg",
        "http://a b/c.jpg",
        "http://a/b c.jpg",
        "http://a\n.example/",
        "ht\ttp://a/b",
    ),
    *("http://a.example/\u00a0x", "http://a.example/x\u2028y", "http://:80/a.jpg", "http://u:p@/a.jpg"),
    *(
        "http://a.example:port/a.jpg",
        "http://a.example:99999/a.jpg",
        "http://a.example:0/a.jpg",
        "http://a.example/\u0001",
        "http://a.example/\u007f",
    ),
    *(f"https://i.example/{'a' * 2_031}", "HTTPS//a.example", "https:/a.example/b.jpg", "ｈttp://a.example/"),
]


def test_what_is_no_address_of_an_image_is_422(alice: Person, subtests: pytest.Subtests):
    for address in BAD_IMAGES:
        with subtests.test(address[:30]):
            answer = alice.client.post("/api/strings", {"content_text": "x", "content_images": [IMAGE, address]})

            assert assert_error(answer, 422, "validation_failed")["errors"].keys() == {"content_images.1"}
    assert not String.objects.exists()


NO_IDS = ["", " ", "x", "5", 5, 0, -1, 2**200, True, 1.5, [], {}, [THING], THING[:-1], f"{THING}0", f"{THING}\u0660"]


def test_an_id_that_is_no_uuid_is_422(alice: Person, subtests: pytest.Subtests):
    for given in NO_IDS:
        with subtests.test(repr(given)):
            body = {"content_text": "x", "stringable_type": "Event", "stringable_id": given}

            assert_error(alice.client.post("/api/strings", body), 422, "validation_failed", field="stringable_id")


UNSTORABLE = {
    "NUL": ('{"content_text": "a\\u0000b"}', "content_text"),
    "a lone high surrogate": ('{"content_text": "\\ud83d"}', "content_text"),
    "a lone low surrogate": ('{"content_text": "\\ude42 x"}', "content_text"),
    "surrogates in the wrong order": ('{"content_text": "\\ude42\\ud83d"}', "content_text"),
    "NUL in an image": ('{"content_images": ["https://a.example/\\u0000"]}', "content_images.0"),
    "a surrogate in an image": ('{"content_images": ["https://a.example/\\ud800"]}', "content_images.0"),
    "NUL in a kind": ('{"content_text": "x", "stringable_type": "\\u0000"}', "stringable_type"),
    "NUL in a field nobody reads": ('{"content_text": "x", "other": {"a": ["\\u0000"]}}', "other.a.0"),
    "an infinite number": ('{"content_text": 1e999}', "content_text"),
    "a number of 5,000 digits": (f'{{"content_text": {"9" * 5_000}}}', "content_text"),
}


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_what_no_column_can_hold_is_422(alice: Person, method: str, subtests: pytest.Subtests):
    own = string_row(alice, content_text="as it was")
    url = "/api/strings" if method == "POST" else f"/api/strings/{own.id}"

    for case, (body, field) in UNSTORABLE.items():
        with subtests.test(case):
            assert_error(send_raw(alice, body, method, url), 422, "validation_failed", field=field)
    assert [string.content_text for string in String.objects.all()] == ["as it was"]


def test_a_pair_of_surrogates_is_one_character(alice: Person):
    data = body_of(send_raw(alice, '{"content_text": "\\ud83d\\ude42"}'), 201)["data"]
    assert data["content_text"] == "🙂"


MALFORMED = [
    *(
        b"{",
        b"x",
        b"{'content_text': 'x'}",
        b'{"content_text": "x",}',
        b'{"content_text": NaN}',
        b'{"a": "\xff"}',
        b"\x00",
    ),
]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_malformed_json_is_400(alice: Person, method: str, subtests: pytest.Subtests):
    own = string_row(alice, content_text="as it was")
    url = "/api/strings" if method == "POST" else f"/api/strings/{own.id}"

    for body in MALFORMED:
        with subtests.test(repr(body)):
            assert_error(send_raw(alice, body, method, url), 400, "malformed_json")
    assert [string.content_text for string in String.objects.all()] == ["as it was"]


@pytest.mark.parametrize("depth", [50, 100_000])
def test_deep_json_is_422(alice: Person, depth: int):
    assert_error(send_raw(alice, f'{{"content_text": {"[" * depth}{"]" * depth}}}'), 422, "validation_failed")


def test_a_form_is_not_understood(alice: Person):
    answer = alice.client.generic("POST", "/api/strings", "content_text=x", "application/x-www-form-urlencoded")
    assert_error(answer, 415, "unsupported_media_type")


# --- reading ----------------------------------------------------------------------------------------------------------


def test_everybody_signed_in_reads_a_string(alice: Person, bob: Person, charlie: Person, mod: Person):
    string = post_string(alice)

    seen = [get(person, f"/api/strings/{string}")["data"] for person in (alice, bob, charlie, mod)]
    assert seen == [seen[0]] * 4


def test_a_string_outlives_its_authors_profile(alice: Person, bob: Person):
    author = AuthUser.objects.create(email="gone@lifestring.example")
    UserProfile.objects.filter(user_id=author.id).delete()
    string = string_row(author.id)

    for data in (get(bob, f"/api/strings/{string.id}")["data"], get(bob, "/api/strings")["data"][0]):
        assert data["user"] is None
        assert data["user_id"] == str(author.id)


CONTACTS = [None, [], {}, "text", 5, {"name": None}, {"name": []}, {"name": 5}, [{"name": "x"}]]
IMAGES = [{}, "https://a.example", 5, [], False, [None, [], {"a": None}], [2**70], [1.5, "ä"]]


def test_whatever_other_clients_wrote_is_readable(alice: Person, bob: Person, subtests: pytest.Subtests):
    string = string_row(alice)
    for contact_info, images in itertools.product(CONTACTS, IMAGES):
        with subtests.test(f"{contact_info} {images}"):
            UserProfile.objects.filter(user_id=alice.user_id).update(
                contact_info=contact_info, is_admin=None, is_mod=None
            )
            String.objects.filter(id=string.id).update(content_images=images)

            for data in (get(bob, f"/api/strings/{string.id}")["data"], get(bob, "/api/strings")["data"][0]):
                assert data["content_images"] == images
                assert data["user"]["name"] is None or isinstance(data["user"]["name"], str)
                assert (data["user"]["is_admin"], data["user"]["is_mod"]) == (False, False)


NO_PATH_IDS = [
    *("1", "x", "null", "undefined", UNKNOWN[:-1], f"{UNKNOWN}0", UNKNOWN.replace("-", ""), f"{{{UNKNOWN}}}"),
    *(
        f"urn:uuid:{UNKNOWN}",
        f"{UNKNOWN}%00",
        f"{UNKNOWN}%0a",
        f"%20{UNKNOWN}",
        "..%2F..%2Fme",
        "0000-0000",
        "-",
        "%ff",
    ),
]
ROUTES = [
    ("GET", "/api/strings/{id}"),
    ("PUT", "/api/strings/{id}"),
    ("PATCH", "/api/strings/{id}"),
    ("DELETE", "/api/strings/{id}"),
    ("POST", "/api/strings/{id}/like"),
    ("PUT", "/api/strings/{id}/like"),
    ("DELETE", "/api/strings/{id}/like"),
    ("GET", "/api/strings/{id}/likes"),
    ("GET", "/api/strings/{id}/comments"),
    ("POST", "/api/strings/{id}/comments"),
    ("GET", "/api/strings/{id}/comments/{comment}"),
    ("PUT", "/api/strings/{id}/comments/{comment}"),
    ("PATCH", "/api/strings/{id}/comments/{comment}"),
    ("DELETE", "/api/strings/{id}/comments/{comment}"),
    ("GET", "/api/strings/{id}/comments/{comment}/replies"),
]


def call(client: APIClient, method: str, url: str) -> Any:
    body = json.dumps({"content_text": "x", "content": "x"}) if method in {"POST", "PUT", "PATCH"} else ""
    return client.generic(method, url, body, content_type="application/json")


def test_an_unknown_string_is_404_whoever_asks(alice: Person, admin: Person, mod: Person, subtests: pytest.Subtests):
    comment = post_comment(alice, post_string(alice))
    for (method, route), person in itertools.product(ROUTES, (alice, admin, mod)):
        with subtests.test(f"{person.name} {method} {route}"):
            assert_error(call(person.client, method, route.format(id=UNKNOWN, comment=comment)), 404, "not_found")


def test_nothing_is_to_be_had_without_a_token(alice: Person, anonymous: APIClient, subtests: pytest.Subtests):
    string = post_string(alice)
    comment = post_comment(alice, string)
    lists = [("GET", f"/api/{name}") for name in ("strings", "my/strings", "my/liked-strings", "my/recent")]
    for (method, route), id_ in itertools.product([*ROUTES, *lists, ("POST", "/api/strings")], (string, UNKNOWN)):
        with subtests.test(f"{method} {route}"):
            assert_error(call(anonymous, method, route.format(id=id_, comment=comment)), 401, "not_authenticated")
    assert counts(string) == (0, 1)


def test_a_malformed_id_in_a_path_is_404(alice: Person, subtests: pytest.Subtests):
    string = post_string(alice)
    for (method, route), given in itertools.product(ROUTES, NO_PATH_IDS):
        with subtests.test(f"{method} {route} {given}"):
            assert_error(call(alice.client, method, route.format(id=given, comment=UNKNOWN)), 404, "not_found")
            if "{comment}" in route:
                assert_error(call(alice.client, method, route.format(id=string, comment=given)), 404, "not_found")


NO_METHODS = [
    *(("PUT", "/api/strings"), ("PATCH", "/api/strings"), ("DELETE", "/api/strings")),
    *(("POST", f"/api/strings/{UNKNOWN}"), ("GET", f"/api/strings/{UNKNOWN}/like")),
    *(("POST", f"/api/strings/{UNKNOWN}/likes"), ("PATCH", f"/api/strings/{UNKNOWN}/like")),
    *(("DELETE", f"/api/strings/{UNKNOWN}/comments"), ("POST", f"/api/strings/{UNKNOWN}/comments/{UNKNOWN}")),
    *(("POST", "/api/my/strings"), ("DELETE", "/api/my/liked-strings"), ("POST", "/api/my/recent")),
]


def test_a_method_a_route_does_not_have_is_405(alice: Person, subtests: pytest.Subtests):
    for method, url in NO_METHODS:
        with subtests.test(f"{method} {url}"):
            assert_error(call(alice.client, method, url), 405, "method_not_allowed")


def test_a_trailing_slash_changes_nothing(alice: Person):
    string = body_of(alice.client.post("/api/strings/", {"content_text": "x"}), 201)["data"]["id"]

    assert get(alice, f"/api/strings/{string}/") == get(alice, f"/api/strings/{string}")
    assert body_of(alice.client.post(f"/api/strings/{string}/like/"))["action"] == "liked"
    assert alice.client.delete(f"/api/strings/{string}/").status_code == 204
