"""`Idempotency-Key` on POST of strings and comments: once, whatever happens (docs/api.md, Conventions)."""

from typing import Any

import pytest

from lifestring.testing.asserts import assert_error
from lifestring.testing.fixtures import Together
from lifestring.testing.people import Person, client_for
from strings.models import String, StringComment
from strings.tests.posts import body_of, counts, post_comment, post_string


def post(person: Person, url: str, key: str, **body: Any) -> Any:
    return person.client.post(url, body or {"content_text": "x", "content": "x"}, headers={"Idempotency-Key": key})


def id_of(answer: Any) -> str:
    found: str = body_of(answer, 201)["data"]["id"]
    return found


@pytest.mark.django_db
def test_the_same_key_gives_the_first_answer_again(alice: Person):
    first = post(alice, "/api/strings", "key", content_text="first")
    for text in ("first", "second"):
        again = post(alice, "/api/strings", "key", content_text=text)
        assert (again.status_code, again.json()) == (201, first.json())
    assert String.objects.count() == 1

    url = f"/api/strings/{id_of(first)}/comments"
    comment = post(alice, url, "key", content="first")
    again = post(alice, url, "key", content="second")
    assert (again.status_code, again.json()) == (201, comment.json())
    assert counts(id_of(first)) == (0, 1)


@pytest.mark.django_db
def test_a_key_belongs_to_one_user_and_one_route(alice: Person, bob: Person):
    one, other = post_string(alice), post_string(bob)
    urls = ["/api/strings", f"/api/strings/{one}/comments", f"/api/strings/{other}/comments"]

    made = {id_of(post(person, url, "key")) for person in (alice, bob) for url in urls}

    assert len(made) == 6
    assert made == {id_of(post(person, url, "key")) for person in (bob, alice) for url in urls}
    assert (counts(one), counts(other)) == ((0, 2), (0, 2))


@pytest.mark.django_db
def test_a_trailing_slash_is_the_same_route(alice: Person):
    string = id_of(post(alice, "/api/strings", "key"))
    assert id_of(post(alice, "/api/strings/", "key")) == string
    url = f"/api/strings/{string}/comments"
    assert id_of(post(alice, f"{url}/", "key")) == id_of(post(alice, f"{url}?include=user", "key"))
    assert counts(string) == (0, 1)


@pytest.mark.django_db
def test_keys_are_compared_exactly(alice: Person):
    keys = ["key", "KEY", "key2", "key/", "k" * 200, "k" * 199, "%00", "' OR 1=1", "{}"]
    assert len({id_of(post(alice, "/api/strings", key)) for key in keys}) == len(keys)


@pytest.mark.django_db
def test_an_empty_key_is_none(alice: Person):
    assert id_of(post(alice, "/api/strings", "")) != id_of(post(alice, "/api/strings", ""))


@pytest.mark.django_db
def test_a_key_too_long_or_unstorable_is_422(alice: Person):
    string = post_string(alice)
    for url in ("/api/strings", f"/api/strings/{string}/comments"):
        for key in ("k" * 201, "a\x00b"):
            assert_error(post(alice, url, key), 422, "validation_failed", field="Idempotency-Key")
    assert String.objects.count() == 1
    assert counts(string) == (0, 0)


@pytest.mark.django_db
def test_a_refused_request_spends_no_key(alice: Person):
    assert_error(post(alice, "/api/strings", "key", content_text=""), 422)
    string = id_of(post(alice, "/api/strings", "key", content_text="x"))
    url = f"/api/strings/{string}/comments"
    assert_error(post(alice, url, "key", content=""), 422)
    assert id_of(post(alice, url, "key", content="x"))
    assert counts(string) == (0, 1)


@pytest.mark.django_db
def test_a_repeated_reply_is_one_reply(alice: Person):
    string = post_string(alice)
    parent = post_comment(alice, string)
    url = f"/api/strings/{string}/comments"
    first = post(alice, url, "key", content="x", parent_comment_id=parent)
    assert id_of(post(alice, url, "key", content="x", parent_comment_id=parent)) == id_of(first)
    assert counts(string) == (0, 2)


@pytest.mark.django_db(transaction=True)
def test_two_requests_in_flight_at_once_make_one_string_and_one_comment(
    alice: Person, bob: Person, together: Together, many_connections: None
):
    def sender(person: Person, url: str) -> Any:
        speaker = Person(person.user_id, person.name, client_for(person.user_id))
        return lambda: post(speaker, url, "key")

    answers = together(*(sender(person, "/api/strings") for person in (alice, bob) for _ in range(8)))
    strings = [id_of(answer) for answer in answers]
    assert (len(set(strings[:8])), len(set(strings[8:])), String.objects.count()) == (1, 1, 2)

    url = f"/api/strings/{strings[0]}/comments"
    comments = [id_of(answer) for answer in together(*(sender(p, url) for p in (alice, bob) for _ in range(8)))]
    assert (len(set(comments[:8])), len(set(comments[8:])), StringComment.objects.count()) == (1, 1, 2)
    assert counts(strings[0]) == (0, 2)
