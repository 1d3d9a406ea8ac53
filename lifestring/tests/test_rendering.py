"""How answers are written: times, ids, numbers, and JSONB passed through as the database wrote it."""

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import pytest
from django.utils.translation import gettext_lazy

from lifestring.rendering import dumps, iso, json_text
from lifestring.testing.people import Person

NOON = datetime(2026, 11, 23, 12, 0, 0)
BEYOND_64_BITS = 2**70


class Colour(StrEnum):
    RED = "red"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (NOON, "2026-11-23T12:00:00.000000Z"),
        (NOON.replace(tzinfo=UTC), "2026-11-23T12:00:00.000000Z"),
        (NOON.replace(microsecond=7, tzinfo=UTC), "2026-11-23T12:00:00.000007Z"),
        (NOON.replace(tzinfo=timezone(timedelta(hours=5, minutes=45))), "2026-11-23T06:15:00.000000Z"),
        (NOON.replace(tzinfo=timezone(timedelta(hours=-12))), "2026-11-24T00:00:00.000000Z"),
        (datetime.min, "0001-01-01T00:00:00.000000Z"),
        (datetime.max.replace(tzinfo=UTC), "9999-12-31T23:59:59.999999Z"),
    ],
)
def test_times_are_utc_with_z_and_microseconds(value: datetime, text: str):
    assert iso(value) == text
    assert json.loads(dumps([value])) == [text]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (UUID("ABCDEF00-0000-4000-8000-000000000000"), '"abcdef00-0000-4000-8000-000000000000"'),
        (Decimal("0.1250"), "0.125"),
        (gettext_lazy("plain words"), '"plain words"'),
        (Colour.RED, '"red"'),
        ({1: "a"}, '{"1":"a"}'),
        ((1, 2), "[1,2]"),
        (frozenset({3}), "[3]"),
        (float("nan"), "null"),
        ("ü😀\u2028</script>", '"ü😀\u2028</script>"'),
        (True, "true"),
        (None, "null"),
        (BEYOND_64_BITS, "1180591620717411303424"),
        ({BEYOND_64_BITS: {-BEYOND_64_BITS}}, '{"1180591620717411303424":[-1180591620717411303424]}'),
    ],
)
def test_each_kind_of_value_has_one_form(value: Any, text: str):
    assert dumps(value).decode() == text


@pytest.mark.parametrize("text", ["null", "[]", '"text"', "5", "true", '{"b": 1, "a": [1.50]}', "9" * 5_000, "1e-7"])
def test_what_the_database_wrote_is_passed_through_as_it_is(text: str):
    assert dumps({"x": json_text(text)}) == b'{"x":' + text.encode() + b"}"


def test_no_json_is_null():
    assert dumps({"x": json_text(None)}) == b'{"x":null}'


@pytest.mark.parametrize("text", ['{"b": 1}', "9" * 5_000, "[" * 3_000 + "]" * 3_000])
def test_huge_numbers_beside_passed_through_json_do_not_break_it(text: str):
    written = dumps({"n": BEYOND_64_BITS, "x": json_text(text), "t": NOON, "id": UUID(int=1)})
    head, _, tail = written.partition(b'"x":')
    assert head == b'{"n":1180591620717411303424,'
    assert text.encode().replace(b" ", b"") in tail.replace(b" ", b"")


def test_a_value_without_a_form_is_an_error_and_not_an_empty_answer():
    with pytest.raises(TypeError, match="object"):
        dumps({"x": object()})


@pytest.mark.django_db
def test_an_answer_without_a_body_has_none(alice: Person):
    string_id = alice.client.post("/api/strings", {"content_text": "x"}).json()["data"]["id"]
    answer = alice.client.delete(f"/api/strings/{string_id}")
    assert answer.status_code == 204
    assert answer.content == b""


@pytest.mark.django_db
def test_text_comes_back_as_it_was_sent(alice: Person):
    text = 'Zoë \u202eevil\u202c 👩‍👩‍👧 \u0001 \\ " \n\t </script> ’; DROP TABLE--'
    answer = alice.client.post("/api/strings", {"content_text": text})
    assert answer.json()["data"]["content_text"] == text
    assert "Zoë" in answer.content.decode()
