"""`Idempotency-Key`: one row per user, route and key, also when the same request is in flight many times at once."""

import uuid
from typing import Any

import pytest

from lifestring.testing.asserts import assert_error
from lifestring.testing.fixtures import Together
from lifestring.testing.people import Person, client_for
from strings.models import String, StringComment


def post(client: Any, url: str, key: str | None, text: str = "once") -> Any:
    headers = {} if key is None else {"HTTP_IDEMPOTENCY_KEY": key}
    return client.post(url, {"content_text": text, "content": text}, **headers)


def created(answer: Any) -> str:
    assert answer.status_code == 201, answer.content
    return str(answer.json()["data"]["id"])


@pytest.fixture
def string_id(alice: Person) -> str:
    return created(post(alice.client, "/api/strings", None))


@pytest.fixture(params=["/api/strings", "/api/strings/{}/comments"], ids=["strings", "comments"])
def url(request: pytest.FixtureRequest, string_id: str) -> str:
    return str(request.param.format(string_id))


def rows() -> int:
    return String.objects.count() + StringComment.objects.count()


@pytest.mark.django_db
class TestOneAfterTheOther:
    @pytest.mark.parametrize(
        "key", ["k", str(uuid.UUID(int=7)), "x" * 200, "a b", "ü", "'; DROP TABLE strings; --", "\xff" * 200]
    )
    def test_the_second_gets_the_first_answer(self, alice: Person, url: str, key: str):
        first = post(alice.client, url, key)
        count = rows()
        again = post(alice.client, url, key, text="something else")
        assert created(first) == created(again)
        assert again.json() == first.json()
        assert rows() == count

    def test_without_a_key_each_is_its_own(self, alice: Person, url: str):
        assert len({created(post(alice.client, url, key)) for key in (None, None, "", "")}) == 4

    def test_keys_differ_by_every_character(self, alice: Person, url: str):
        keys = ["k", "K", "k.", "kk", "x" * 199, "x" * 200]
        assert len({created(post(alice.client, url, key)) for key in keys}) == len(keys)

    def test_a_key_of_201_characters_is_422(self, alice: Person, url: str):
        count = rows()
        for key in ("x" * 201, "ü" * 201, "x" * 5_000):
            assert_error(post(alice.client, url, key), 422, "validation_failed", field="Idempotency-Key")
        assert rows() == count

    def test_a_key_belongs_to_one_user(self, alice: Person, bob: Person, url: str):
        first, second = post(alice.client, url, "k"), post(bob.client, url, "k")
        assert created(first) != created(second)
        assert second.json()["data"]["user_id"] == str(bob.user_id)

    def test_a_key_belongs_to_one_route(self, alice: Person, string_id: str):
        other = created(post(alice.client, "/api/strings", "other"))
        urls = ["/api/strings", f"/api/strings/{string_id}/comments", f"/api/strings/{other}/comments"]
        assert len({created(post(alice.client, url, "k")) for url in urls}) == 3

    def test_a_route_is_the_same_with_a_slash(self, alice: Person, url: str):
        assert created(post(alice.client, url, "k")) == created(post(alice.client, f"{url}/", "k"))

    def test_a_request_that_failed_leaves_the_key_free(self, alice: Person, url: str):
        assert_error(alice.client.post(url, {}, HTTP_IDEMPOTENCY_KEY="k"), 422, "validation_failed")
        assert created(post(alice.client, url, "k"))

    def test_nobody_reaches_another_s_row_by_guessing(self, alice: Person, charlie: Person, url: str):
        first = created(post(alice.client, url, "k"))
        assert created(post(charlie.client, url, "k", text="mine now")) != first
        target = f"{url}/{first}"
        assert "mine now" not in alice.client.get(target).content.decode()

    def test_a_comment_counts_once(self, alice: Person, string_id: str):
        for _ in range(3):
            post(alice.client, f"/api/strings/{string_id}/comments", "k")
        assert String.objects.get(id=string_id).comments_count == 1


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_twelve_in_flight_make_one_row_and_one_answer(
        self, alice: Person, url: str, together: Together, many_connections: None
    ):
        before = rows()
        clients = [client_for(alice.user_id) for _ in range(12)]
        answers = together(*[lambda client=client: post(client, url, "race") for client in clients])
        assert len({created(answer) for answer in answers}) == 1
        assert len({answer.content for answer in answers}) == 1
        assert rows() == before + 1
        for string in String.objects.all():
            assert string.comments_count == StringComment.objects.filter(string=string).count()

    def test_other_users_are_not_held_up(
        self, alice: Person, bob: Person, url: str, together: Together, many_connections: None
    ):
        people = [alice, bob] * 5
        answers = together(*[lambda person=person: post(client_for(person.user_id), url, "k") for person in people])
        assert len({created(answer) for answer in answers}) == 2
