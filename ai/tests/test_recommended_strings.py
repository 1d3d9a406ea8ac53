"""GET /recommended/strings where there is nothing to compare: recent strings, and a message (docs/api.md, Strings)."""

import pytest

from lifestring.testing.asserts import assert_error
from lifestring.testing.documented import assert_documented
from lifestring.testing.people import Person, block
from strings.tests.posts import string_row

pytestmark = pytest.mark.django_db

URL = "/api/recommended/strings"


def test_recent_strings_of_others_come_with_a_message_that_says_so(alice: Person, bob: Person):
    for second, author in enumerate((alice, bob, bob)):
        string_row(author, second, content_text=f"{author.name} {second}")
    answer = alice.client.get(URL, {"include": "comments"})
    assert answer.status_code == 200, answer.content
    assert_documented(answer)
    body = answer.json()
    assert [row["content_text"] for row in body["data"]] == ["Bob 2", "Bob 1"]
    assert {row["similarity"] for row in body["data"]} == {None}
    assert "recent" in body["message"]
    assert body["data"][0]["comments"] == []
    with_own = alice.client.get(URL, {"exclude_own": "false", "cursor": "", "per_page": 1}).json()
    assert_documented(alice.client.get(with_own["links"]["next"]))
    assert alice.client.get(URL, {"exclude_own": "0"}).json()["meta"]["total"] == 3


def test_the_threshold_is_a_number_from_0_to_1(alice: Person):
    for value in ("0", "1", "0.35", "", "1e-3"):
        assert alice.client.get(URL, {"similarity_threshold": value}).status_code == 200
    for value in ("-0.1", "1.01", "nan", "inf", "x", "0,5", "٠", "1" * 400, "0x1"):
        answer = alice.client.get(URL, {"similarity_threshold": value})
        assert_error(answer, 422, "validation_failed", field="similarity_threshold")


@pytest.mark.parametrize("turned", [False, True])
def test_people_a_block_stands_between_are_absent(alice: Person, charlie: Person, turned: bool):
    string_row(charlie, 1)
    block(*((charlie, alice) if turned else (alice, charlie)))
    assert alice.client.get(URL).json()["data"] == []
