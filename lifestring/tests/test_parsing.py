"""What bad bodies get: 400 for what is no JSON, 422 for what no column can hold, and never a 500 or half a write."""

import json
from typing import Any

import pytest

from lifestring.json_fields import MAX_BYTES, MAX_DEPTH
from lifestring.testing.asserts import assert_error
from lifestring.testing.people import Person
from strings.models import String

pytestmark = pytest.mark.django_db

NO_JSON: dict[str, bytes] = {
    "nothing-but-a-brace": b"{",
    "words": b"content_text=hello",
    "single-quotes": b"{'content_text': 'x'}",
    "trailing-comma": b'{"content_text": "x",}',
    "two-documents": b'{"content_text": "x"}{"content_text": "y"}',
    "nan": b'{"content_text": "x", "n": NaN}',
    "infinity": b'{"content_text": "x", "n": Infinity}',
    "minus-infinity": b'{"content_text": "x", "n": -Infinity}',
    "byte-order-mark": b'\xef\xbb\xbf{"content_text": "x"}',
    "utf-16": '{"content_text": "x"}'.encode("utf-16"),
    "latin-1": '{"content_text": "é"}'.encode("latin-1"),
    "overlong-utf8": b'{"content_text": "\xc0\x80"}',
    "surrogate-bytes": b'{"content_text": "\xed\xa0\x80"}',
    "cut-utf8": b'{"content_text": "\xe2\x82"}',
    "raw-nul": b'{"content_text": "\x00"}',
    "raw-newline": b'{"content_text": "\n"}',
    "bad-escape": b'{"content_text": "\\x41"}',
    "hex-number": b'{"content_text": "x", "n": 0x10}',
    "whitespace": b"   ",
    "nul-only": b"\x00",
    "comment": b'{"content_text": "x" /* no */}',
}

UNSTORABLE: dict[str, tuple[bytes, str]] = {
    "nul": (rb'{"content_text": "a\u0000b"}', "content_text"),
    "lone-high": (rb'{"content_text": "\ud800"}', "content_text"),
    "lone-low": (rb'{"content_text": "x \udfff"}', "content_text"),
    "reversed-pair": (rb'{"content_text": "\ude00\ud83d"}', "content_text"),
    "nul-in-unknown-key": (rb'{"content_text": "x", "a\u0000": 1}', "body"),
    "surrogate-in-key": (rb'{"content_text": "x", "\ud800": 1}', "body"),
    "nested": (rb'{"content_text": "x", "a": [{"b": ["ok", "\u0000"]}]}', "a.0.b.1"),
    "nested-key": (rb'{"content_text": "x", "a": [{"\udc00": 1}]}', "a.0"),
    "1e999": (b'{"content_text": "x", "n": 1e999}', "n"),
    "minus-1E999": (b'{"content_text": "x", "n": -1E999}', "n"),
    "5000-digits": (b'{"content_text": "x", "n": %s}' % (b"9" * 5_000), "n"),
    "400000-digits": (b'{"content_text": "x", "n": -%s}' % (b"9" * 400_000), "n"),
    "huge-in-list": (b'{"content_text": "x", "n": [1, %s]}' % (b"1" * 401), "n.1"),
}

NO_OBJECT = [b"[]", b'["content_text"]', b"null", b'"text"', b"5", b"true", b"0", b'""', b"[[]]", b"1.5", b"-0"]


def post(person: Person, body: bytes, *, method: str = "POST", url: str = "/api/strings") -> Any:
    return person.client.generic(method, url, body, content_type="application/json")


@pytest.mark.parametrize("name", NO_JSON)
def test_what_is_no_json_is_400(alice: Person, name: str):
    assert_error(post(alice, NO_JSON[name]), 400, "malformed_json")
    assert not String.objects.exists()


@pytest.mark.parametrize("name", UNSTORABLE)
def test_what_cannot_be_stored_is_422_and_named(alice: Person, name: str):
    body, field = UNSTORABLE[name]
    assert_error(post(alice, body), 422, "validation_failed", field=field)
    assert not String.objects.exists()


@pytest.mark.parametrize("body", NO_OBJECT)
@pytest.mark.parametrize(("method", "url"), [("POST", "/api/strings"), ("PUT", "/api/me"), ("PATCH", "/api/me")])
def test_a_body_that_is_no_object_is_422(alice: Person, body: bytes, method: str, url: str):
    assert_error(post(alice, body, method=method, url=url), 422, "validation_failed", field="body")


@pytest.mark.parametrize("depth", [2_000, 100_000, 500_000])
@pytest.mark.parametrize("pair", ["[]", '{"a":}'])
def test_json_without_end_of_depth_is_422(alice: Person, depth: int, pair: str):
    opening, closing = pair[:-1], pair[-1]
    body = f'{{"meta": {{"a": {opening * depth}1{closing * depth}}}}}'.encode()
    assert_error(post(alice, body, method="PUT", url="/api/me"), 422, "validation_failed")


def test_an_empty_body_is_an_object_without_fields(alice: Person):
    assert_error(post(alice, b""), 422, "validation_failed", field="content")
    assert post(alice, b"", method="PUT", url="/api/me").status_code == 200


def test_paired_surrogates_and_escapes_are_just_text(alice: Person):
    answer = post(alice, rb'{"content_text": "\ud83d\ude00 \u00e9 \ufffe \uffff"}')
    assert answer.status_code == 201
    assert answer.json()["data"]["content_text"] == "😀 é \ufffe \uffff"


def test_of_two_keys_alike_the_last_counts(alice: Person):
    answer = post(alice, b'{"content_text": "first", "content_text": "second"}')
    assert answer.json()["data"]["content_text"] == "second"


@pytest.mark.parametrize("raw", ["9" * 400, "-" + "9" * 300, "1e308", "0.1e-300", str(2**64), str(-(2**63) - 1), "1E5"])
def test_a_large_number_that_json_and_the_column_hold_comes_back(alice: Person, raw: str):
    answer = post(alice, f'{{"meta": {{"n": {raw}}}}}'.encode(), method="PUT", url="/api/me")
    assert answer.status_code == 200, answer.content
    assert alice.client.get("/api/me").json()["data"]["meta"]["n"] == pytest.approx(json.loads(raw))


def nested(depth: int) -> dict[str, Any]:
    value: Any = 1
    for level in range(depth):
        value = {"a": value} if level % 2 else [value]
    return {"a": value} if not isinstance(value, dict) else value


@pytest.mark.parametrize("column", ["contact_info", "social_links", "attributes", "biography", "meta"])
class TestAJSONColumn:
    def test_takes_ten_levels_and_no_more(self, alice: Person, column: str):
        deepest = nested(MAX_DEPTH)
        assert alice.client.put("/api/me", {column: deepest}).status_code == 200
        assert alice.client.get("/api/me").json()["data"][column] == deepest
        assert_error(alice.client.put("/api/me", {column: nested(MAX_DEPTH + 2)}), 422, field=column)
        assert_error(alice.client.patch("/api/me", {column: nested(MAX_DEPTH + 2)}), 422, field=column)
        assert alice.client.get("/api/me").json()["data"][column] == deepest

    def test_takes_64_kib_and_no_more(self, alice: Person, column: str):
        frame = len(b'{"a":""}')
        fits = {"a": "x" * (MAX_BYTES - frame)}
        assert alice.client.put("/api/me", {column: fits}).status_code == 200
        assert_error(alice.client.put("/api/me", {column: {"a": "x" * (MAX_BYTES - frame + 1)}}), 422, field=column)
        assert_error(alice.client.put("/api/me", {column: {"a": "é" * (MAX_BYTES // 2)}}), 422, field=column)
        assert_error(alice.client.patch("/api/me", {column: {"b": "y"}}), 422, field=column)
        assert alice.client.get("/api/me").json()["data"][column] == fits

    @pytest.mark.parametrize("value", [[], "text", 5, True, None, [{}]])
    def test_takes_objects_only(self, alice: Person, column: str, value: Any):
        before = alice.client.get("/api/me").json()
        for method in (alice.client.put, alice.client.patch):
            assert_error(method("/api/me", {column: value}), 422, field=column)
        assert alice.client.get("/api/me").json() == before


WRONG_VALUES: dict[str, dict[str, Any]] = {
    "content_text": {"number-list": [1], "object": {"a": 1}, "flag": True},
    "content_images": {"text": "https://a.example/x.png", "object": {"0": "https://a.example"}, "numbers": [1], "nested": [[]],
                       "null-inside": [None], "flag": True},
    "stringable_id": {"word": "abc", "list": [], "object": {}, "negative": -1, "huge": 2**200, "float": 1.5},
    "stringable_type": {"list": [], "object": {}, "flag": False},
}  # fmt: skip


@pytest.mark.parametrize(("field", "kind"), [(field, kind) for field, kinds in WRONG_VALUES.items() for kind in kinds])
def test_a_value_of_the_wrong_type_is_422_by_name(alice: Person, field: str, kind: str):
    body = {"content_text": "x", "stringable_type": "event", field: WRONG_VALUES[field][kind]}
    errors = assert_error(alice.client.post("/api/strings", body), 422, "validation_failed")["errors"]
    assert {name.partition(".")[0] for name in errors} == {field}
    assert not String.objects.exists()


@pytest.mark.parametrize(
    "parameter", ["search", "user_id", "stringable_type", "sort_by", "cursor", "include", "unknown"]
)
@pytest.mark.parametrize("url", ["/api/strings", "/api/users", "/api/my/strings", "/api/my/recent"])
def test_nul_in_a_query_parameter_is_422(alice: Person, parameter: str, url: str):
    answer = alice.client.get(f"{url}?{parameter}=a%00b")
    assert_error(answer, 422, "validation_failed", field=parameter)


@pytest.mark.parametrize(
    "query", ["search=%ED%A0%80", "search=%FF%FE", "search=%", "=", "&&&", "a" * 3_000, "search=%C3"]
)
@pytest.mark.parametrize("url", ["/api/strings", "/api/users"])
def test_a_query_string_of_garbage_is_still_a_list(alice: Person, url: str, query: str):
    assert alice.client.get(f"{url}?{query}").status_code == 200


def test_a_query_string_of_too_many_parameters_is_400(alice: Person):
    assert_error(alice.client.get("/api/strings?" + "&".join(f"a{n}=1" for n in range(2_000))), 400, "bad_request")


@pytest.mark.parametrize("parameter", ["user_id", "stringable_id"])
@pytest.mark.parametrize("value", ["x", "1", "00000000-0000-0000-0000-00000000000g", "[]", "null", "-1", "a" * 5_000])
def test_a_malformed_id_in_a_parameter_is_422(alice: Person, parameter: str, value: str):
    assert_error(alice.client.get(f"/api/strings?{parameter}={value}"), 422, field=parameter)


@pytest.mark.parametrize(
    "search", ["'", '"', "\\", "%", "_", "a & b", "!a", "a:*", "<->", "(", "é", "日本", "😀", "''", "a'b", "--"]
)
@pytest.mark.parametrize("url", ["/api/strings", "/api/users"])
def test_a_search_for_operators_and_quotes_is_only_a_search(alice: Person, url: str, search: str):
    assert alice.client.get(url, {"search": search}).status_code == 200


@pytest.mark.parametrize("url", ["/api/strings", "/api/users"])
def test_a_search_that_is_too_long_is_422(alice: Person, url: str):
    assert alice.client.get(url, {"search": "a" * 200}).status_code == 200
    assert_error(alice.client.get(url, {"search": "a" * 201}), 422, field="search")


def test_errors_about_a_flood_of_bad_values_stay_small(alice: Person):
    body = json.dumps({"content_text": "x", "flood": ["\x00"] * 50_000}).encode()
    answer = post(alice, body)
    assert_error(answer, 422, "validation_failed")
    assert len(answer.content) < len(body)


@pytest.mark.parametrize("item", ["1", "null", "{}", '""', '"https://a.example/x.png"'])
def test_a_list_that_is_too_long_is_refused_for_that_alone(alice: Person, item: str):
    body = f'{{"content_images": [{",".join([item] * 30_000)}]}}'.encode()
    answer = post(alice, body)
    errors = assert_error(answer, 422, "validation_failed", field="content_images")["errors"]
    assert errors.keys() == {"content_images"}
