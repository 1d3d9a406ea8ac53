"""`likes_count` and `comments_count` equal the rows at every moment, whoever writes at once (docs/api.md, Strings).

Each person is a thread with a connection of its own; a further one looks at counts and rows all the while.
"""

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from django.db import connections
from rest_framework.test import APIClient

from lifestring.testing.fixtures import Together
from lifestring.testing.people import Person, client_for
from lifestring.testing.volume import many_people
from strings.models import String, StringComment, StringLike
from strings.tests.posts import UNKNOWN, counts, post_comment, post_string

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("many_connections")]

CROWD = 50


@pytest.fixture
def crowd(db: None) -> list[APIClient]:
    """Fifty people, each with a client; an error of ours is an answer they see, not an exception."""
    clients = [client_for(user_id) for user_id in many_people(CROWD)]
    for client in clients:
        client.raise_request_exception = False
    return clients


@contextmanager
def watching(*strings: str) -> Iterator[None]:
    """Look at counts and rows while the block runs; a string that is gone has neither."""
    done, looks, wrong = threading.Event(), Counter[str](), []

    def look() -> None:
        try:
            while not done.is_set():
                for string in strings:
                    if String.objects.filter(id=string).exists():
                        counts(string)
                    looks[string] += 1
                done.wait(0.01)
        except AssertionError as error:
            if "gone" not in str(error):
                wrong.append(error)
        finally:
            connections.close_all()

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
    assert not wrong
    assert all(looks[string] > 1 for string in strings), "nobody looked"


def statuses(answers: list[Any]) -> Counter[int]:
    return Counter(answer.status_code for answer in answers)


def test_fifty_likers_at_once_are_fifty_likes(alice: Person, crowd: list[APIClient], together: Together):
    string = post_string(alice)
    url = f"/api/strings/{string}/like"

    with watching(string):
        for round_, likes in [("put", 50), ("put", 50), ("delete", 0), ("delete", 0), ("post", 50), ("post", 0)]:
            answers = together(*(partial(getattr(client, round_), url) for client in crowd))
            assert statuses(answers) == {204 if round_ == "delete" else 200: CROWD}
            assert counts(string) == (likes, 0)
            if round_ == "post":
                told = sorted(answer.json()["likes_count"] for answer in answers)
                assert told == (list(range(1, 51)) if likes else list(range(50)))


def test_one_person_toggling_on_fifty_devices_alternates(alice: Person, bob: Person, together: Together):
    string = post_string(alice)
    devices = [client_for(bob.user_id) for _ in range(CROWD)]

    with watching(string):
        answers = together(*(partial(device.post, f"/api/strings/{string}/like") for device in devices))

    told = Counter((answer.json()["action"], answer.json()["likes_count"]) for answer in answers)
    assert told == {("liked", 1): 25, ("unliked", 0): 25}
    assert counts(string) == (0, 0)


def test_one_person_liking_on_fifty_devices_likes_once(alice: Person, bob: Person, together: Together):
    string = post_string(alice)
    devices = [client_for(bob.user_id) for _ in range(CROWD)]

    answers = together(*(partial(device.put, f"/api/strings/{string}/like") for device in devices))

    assert {answer.json()["likes_count"] for answer in answers} == {1}
    assert counts(string) == (1, 0)


def test_everybody_likes_and_unlikes_as_they_please_while_the_author_edits(
    alice: Person, crowd: list[APIClient], together: Together
):
    strings = [post_string(alice) for _ in range(2)]

    def wander(seed: int, client: APIClient) -> dict[str, bool]:
        dice, liked = random.Random(seed), dict.fromkeys(strings, False)
        for _ in range(6):
            string, method = dice.choice(strings), dice.choice(["put", "delete", "post"])
            answer = getattr(client, method)(f"/api/strings/{string}/like")
            liked[string] = {"put": True, "delete": False, "post": not liked[string]}[method]
            assert answer.status_code == (204 if method == "delete" else 200), answer.content
            if method != "delete":
                assert answer.json()["action"] == ("liked" if liked[string] else "unliked")
        return liked

    def edit(number: int) -> dict[str, bool]:
        client = client_for(alice.user_id)
        for string in strings * 3:
            assert client.patch(f"/api/strings/{string}", {"content_text": f"edit {number}"}).status_code == 200
        return {}

    with watching(*strings):
        wanderers = [partial(wander, seed, client) for seed, client in enumerate(crowd[:45])]
        ends = together(*wanderers, *(partial(edit, number) for number in range(5)))[:45]

    for string in strings:
        assert counts(string) == (sum(liked[string] for liked in ends), 0)


def test_fifty_commenters_and_their_threads_being_deleted(alice: Person, crowd: list[APIClient], together: Together):
    """Half of the crowd argue below each other's comments while the rest and the author cut threads off."""
    string = post_string(alice)
    url = f"/api/strings/{string}/comments"
    known = [post_comment(alice, string) for _ in range(5)]

    def argue(seed: int, client: APIClient) -> list[int]:
        dice, seen = random.Random(seed), []
        for n in range(5):
            parent = {"parent_comment_id": dice.choice(known)} if n else {}
            answer = client.post(url, {"content": f"{seed}.{n}", **parent})
            seen.append(answer.status_code)
            if answer.status_code == 201:
                known.append(answer.json()["data"]["id"])
        return seen

    def cut(seed: int) -> list[int]:
        dice, client = random.Random(seed), client_for(alice.user_id)
        client.raise_request_exception = False
        return [client.delete(f"{url}/{dice.choice(known)}").status_code for _ in range(4)]

    with watching(string):
        talk: list[Callable[[], list[int]]] = [partial(argue, seed, client) for seed, client in enumerate(crowd[:38])]
        ends = together(*talk, *(partial(cut, seed) for seed in range(12)))

    # 422: the parent was deleted before the reply; 404: the comment was deleted before, or before it could be shown.
    assert {status for seen in ends[:38] for status in seen} <= {201, 404, 422}
    assert {status for seen in ends[38:] for status in seen} <= {204, 404}
    likes, left = counts(string)
    assert (likes, left) == (0, StringComment.objects.filter(string_id=string).count())
    assert not StringComment.objects.exclude(parent_comment=None).filter(parent_comment__string_id=None).exists()


def test_one_comment_deleted_by_fifty_is_counted_once(alice: Person, together: Together):
    string = post_string(alice)
    top = post_comment(alice, string)
    for _ in range(3):
        post_comment(alice, string, parent=top)
    post_comment(alice, string)
    devices = [client_for(alice.user_id) for _ in range(CROWD)]

    with watching(string):
        answers = together(*(partial(device.delete, f"/api/strings/{string}/comments/{top}") for device in devices))

    assert statuses(answers) == {204: 1, 404: CROWD - 1}
    assert counts(string) == (0, 1)


def test_a_string_deleted_meanwhile_is_404(alice: Person, crowd: list[APIClient], together: Together):
    string, other = post_string(alice), post_string(alice)
    comment = post_comment(alice, string)
    url, gone = f"/api/strings/{string}", threading.Event()

    def keep_on(number: int, client: APIClient) -> list[Any]:
        acts: list[Callable[[], Any]] = [
            partial(client.put, f"{url}/like"),
            partial(client.post, f"{url}/like"),
            partial(client.delete, f"{url}/like"),
            partial(client.post, f"{url}/comments", {"content": "x"}),
            partial(client.post, f"{url}/comments", {"content": "x", "parent_comment_id": comment}),
            partial(client.get, f"{url}?include=comments,likes"),
            partial(client.get, f"{url}/comments?include=replies,parentComment"),
        ]
        answers = []
        while not gone.is_set() or len(answers) < 3:
            answers.append(acts[(number + len(answers)) % len(acts)]())
        return [*answers, *(act() for act in acts)]

    def delete() -> list[Any]:
        client = client_for(alice.user_id)
        deleted = [client.put(f"/api/strings/{other}/like"), client.delete(url)]
        gone.set()
        return deleted

    with watching(other):
        ends = together(*(partial(keep_on, n, client) for n, client in enumerate(crowd[:30])), delete)

    assert [answer.status_code for answer in ends[-1]] == [200, 204]
    for answers in ends[:-1]:
        assert {answer.status_code for answer in answers} <= {200, 201, 204, 404}, statuses(answers)
        assert [answer.status_code for answer in answers[-7:]] == [404] * 7
    assert not StringLike.objects.filter(string_id=string).exists()
    assert not StringComment.objects.filter(string_id=string).exists()
    assert counts(other) == (1, 0)


def test_people_erased_while_others_like_and_comment(alice: Person, crowd: list[APIClient], together: Together):
    strings = [post_string(alice) for _ in range(3)]
    leaving, staying = crowd[:10], crowd[10:30]

    def act(number: int, client: APIClient) -> list[int]:
        seen = []
        for n in range(4):
            url = f"/api/strings/{strings[(number + n) % 3]}"
            for answer in (client.put(f"{url}/like"), client.post(f"{url}/comments", {"content": "x"})):
                seen.append(answer.status_code)
        return seen

    for n, client in enumerate(leaving):
        act(n, client)
        assert client.post("/api/strings", {"content_text": "mine"}).status_code == 201
    with watching(*strings):
        ends = together(
            *(partial(act, n, client) for n, client in enumerate(staying)),
            *(partial(client.delete, "/api/me") for client in leaving),
        )

    assert {status for seen in ends[:20] for status in seen} <= {200, 201}
    assert statuses(ends[20:]) == {204: 10}
    assert sum(counts(string)[1] for string in strings) == 20 * 4
    assert all(counts(string)[0] == 20 for string in strings)
    assert not String.objects.exclude(user_id=alice.user_id).exists()


def test_two_who_wrote_on_each_others_strings_are_erased_at_once(crowd: list[APIClient], together: Together):
    """Each erasure deletes its own strings and locks the other's; neither may wait for the other forever."""
    for _ in range(4):
        pair = [client_for(user_id) for user_id in many_people(2)]
        posts = [
            client.post("/api/strings", {"content_text": "x"}).json()["data"]["id"] for client in pair for _ in "123"
        ]
        for client in pair:
            for string in posts:
                assert client.put(f"/api/strings/{string}/like").status_code == 200
                assert client.post(f"/api/strings/{string}/comments", {"content": "x"}).status_code == 201

        assert statuses(together(*(partial(client.delete, "/api/me") for client in pair))) == {204: 2}

    assert not String.objects.exists()
    assert crowd[0].put(f"/api/strings/{UNKNOWN}/like").status_code == 404
