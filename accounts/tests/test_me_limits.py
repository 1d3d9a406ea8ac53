"""What one's own profile takes and what it refuses: JSON of any kind, bounded, and whatever other clients left there."""

import json
from typing import Any

import pytest
from django.db import connection

from lifestring.json_merge import merge_patch
from lifestring.testing.asserts import assert_error
from lifestring.testing.people import Person

pytestmark = pytest.mark.django_db

COLUMNS = ("contact_info", "social_links", "attributes", "biography", "meta")
WRITES = ("put", "patch")

# RFC 7396, appendix A, all of it: original, patch, result.
RFC_7396 = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    (["a", "b"], ["c", "d"], ["c", "d"]),
    ({"a": "b"}, ["c"], ["c"]),
    ({"a": "foo"}, None, None),
    ({"a": "foo"}, "bar", "bar"),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]


def stored(person: Person) -> dict[str, Any]:
    return {name: getattr(person.profile, name) for name in COLUMNS}


def store(person: Person, column: str, text: str | None) -> None:
    """Write a column as another client might: any JSON there is."""
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE public.user_profiles SET {column} = %s WHERE user_id = %s", [text, person.user_id])


def nested(levels: int) -> dict[str, Any]:
    """An object that many levels deep, lists among them."""
    value: Any = 1
    for level in range(levels):
        value = {"a": value} if level % 2 or level == levels - 1 else [value]
    return {} if not isinstance(value, dict) else value


def sized(size: int, character: str = "x") -> dict[str, str]:
    """An object of that many bytes of compact UTF-8 JSON."""
    filler, rest = divmod(size - len(b'{"a":""}'), len(character.encode()))
    return {"a": character * filler + "x" * rest}


class TestMerging:
    def test_below_a_column_does_what_the_rfc_shows(self, alice: Person):
        for original, patch, result in RFC_7396:
            store(alice, "meta", json.dumps({"doc": original, "kept": [1]}))
            answer = alice.client.patch("/api/me", {"meta": {"doc": patch}})
            assert answer.status_code == 200
            expected = {"kept": [1]} if patch is None else {"doc": result, "kept": [1]}
            assert stored(alice)["meta"] == answer.json()["data"]["meta"] == expected, (original, patch)

    def test_of_documents_does_what_the_rfc_shows_and_leaves_both_alone(self):
        for original, patch, result in RFC_7396:
            texts = json.dumps([original, patch])
            assert merge_patch(original, patch) == result
            assert json.dumps([original, patch]) == texts

    def test_puts_an_object_where_there_was_none(self, alice: Person):
        for odd in (None, "null", "[1, 2]", '"text"', "5", "1e400", "true"):
            store(alice, "biography", odd)
            assert alice.client.patch("/api/me", {"biography": {"bio": "Hi", "gone": None}}).status_code == 200
            assert stored(alice)["biography"] == {"bio": "Hi"}

    def test_leaves_numbers_it_does_not_touch_exactly_as_they_were(self, alice: Person):
        numbers = ["0.1000000000000000000000000001", "9" * 50, "-1" + "0" * 400, "1" + "0" * 5000, "1.50", "0", "-0.0"]
        store(alice, "meta", f'{{"kept": [{", ".join(numbers)}], "b": 1}}')
        with connection.cursor() as cursor:
            text = "SELECT meta -> 'kept' #>> '{}' FROM public.user_profiles WHERE user_id = %s"
            cursor.execute(text, [alice.user_id])
            before = cursor.fetchone()
            answer = alice.client.patch("/api/me", {"meta": {"b": None, "c": 10**30, "d": 2**64}})
            assert answer.status_code == 200
            cursor.execute(text, [alice.user_id])
            assert cursor.fetchone() == before
            cursor.execute("SELECT meta - 'kept' FROM public.user_profiles WHERE user_id = %s", [alice.user_id])
            assert json.loads(cursor.fetchone()[0]) == {"c": 10**30, "d": 2**64}

    def test_refuses_what_only_together_is_too_large(self, alice: Person):
        half = sized(40 * 1024)
        assert alice.client.patch("/api/me", {"meta": {"one": half}}).status_code == 200
        refused = alice.client.patch("/api/me", {"meta": {"two": half}, "biography": {"bio": "not half written"}})
        assert_error(refused, 422, "validation_failed", field="meta")
        assert stored(alice)["meta"] == {"one": half}
        assert stored(alice)["biography"]["bio"] == ""

    @pytest.mark.parametrize("levels", [11, 3_000])
    def test_cannot_go_on_with_what_is_too_deep_already_but_put_can(self, alice: Person, levels: int):
        store(alice, "meta", '{"a":' * levels + "1" + "}" * levels)
        assert_error(alice.client.patch("/api/me", {"meta": {"b": 1}}), 422, "validation_failed", field="meta")
        assert alice.client.patch("/api/me", {"biography": {"bio": "Hi"}}).status_code == 200
        assert alice.client.put("/api/me", {"meta": {"b": 1}}).status_code == 200
        assert stored(alice)["meta"] == {"b": 1}


@pytest.mark.parametrize("method", WRITES)
class TestWhatIsRefused:
    @pytest.mark.parametrize("column", COLUMNS)
    def test_a_column_that_is_no_object(self, alice: Person, method: str, column: str):
        before = stored(alice)
        for value in (None, [], [{}], "text", "{}", 5, 1.5, True, ""):
            body = {**{name: {"a": 1} for name in COLUMNS}, column: value}
            assert_error(getattr(alice.client, method)("/api/me", body), 422, "validation_failed", field=column)
        assert stored(alice) == before

    def test_a_body_that_is_no_object(self, alice: Person, method: str):
        for body in ([], [{"meta": {}}], "text", 5, True, None):
            answer = alice.client.generic(method, "/api/me", json.dumps(body), content_type="application/json")
            assert_error(answer, 422, "validation_failed", field="body")

    @pytest.mark.parametrize(
        ("raw", "status"),
        [(b"{", 400), (b'{"meta": {"a": NaN}}', 400), (b"\xff\xfe{}", 400), (b'{"meta": {"a": "\\u0000"}}', 422),
         (b'{"meta": {"\\u0000": 1}}', 422), (b'{"meta": {"a": "\\ud800"}}', 422), (b'{"meta": {"a": 1e999}}', 422),
         (b'{"meta": {"a": ' + b"9" * 5000 + b"}}", 422), (b'{"meta":' * 5000 + b"1" + b"}" * 5000, 422)],
        ids=range(9),
    )  # fmt: skip
    def test_what_is_no_json_or_cannot_be_stored(self, alice: Person, method: str, raw: bytes, status: int):
        before = stored(alice)
        assert_error(alice.client.generic(method, "/api/me", raw, content_type="application/json"), status)
        assert stored(alice) == before

    def test_an_eleventh_level(self, alice: Person, method: str):
        write = getattr(alice.client, method)
        assert write("/api/me", {"meta": nested(10)}).status_code == 200
        assert stored(alice)["meta"] == nested(10)
        assert_error(write("/api/me", {"meta": nested(11)}), 422, "validation_failed", field="meta")
        assert stored(alice)["meta"] == nested(10)

    @pytest.mark.parametrize("character", ["x", "é", "👩"])
    def test_a_byte_more_than_64_kib(self, alice: Person, method: str, character: str):
        most, more = sized(64 * 1024, character), sized(64 * 1024 + 1, character)
        write = getattr(alice.client, method)
        assert write("/api/me", {"meta": most}).status_code == 200
        assert stored(alice)["meta"] == most
        assert_error(write("/api/me", {"meta": more}), 422, "validation_failed", field="meta")
        assert stored(alice)["meta"] == most


def test_put_keeps_a_null_that_patch_would_take_for_a_deletion(alice: Person):
    alice.client.put("/api/me", {"meta": {"a": None}})
    assert stored(alice)["meta"] == {"a": None}


def test_a_new_name_shows_beside_what_was_written_before(alice: Person, bob: Person):
    string = alice.client.post("/api/strings", {"content_text": "hello"}).json()["data"]
    alice.client.patch("/api/me", {"contact_info": {"name": "Alicia"}})
    assert bob.client.get(f"/api/strings/{string['id']}").json()["data"]["user"]["name"] == "Alicia"
