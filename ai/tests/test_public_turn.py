"""POST /ai/lifestring-chat-public: visitors, who are told of nobody and whose limits go by their address (docs/api.md, AI)."""

import json
import threading
from typing import Any

import pytest
import redis
from django.core.cache import cache
from django.db import connection

from ai.models import UsageEntry
from lifestring.testing.asserts import assert_error
from lifestring.testing.documented import assert_documented
from lifestring.testing.fixtures import Together
from lifestring.testing.openai_server import ModelServer
from lifestring.testing.people import Person, ReadingClient

pytestmark = pytest.mark.django_db

URL = "/api/ai/lifestring-chat-public"


@pytest.fixture(autouse=True)
def is_open(settings: Any) -> None:
    settings.AI_PUBLIC_CHAT = True
    cache.clear()


def ask(message: Any = "What is this?", address: str = "192.0.2.1", **headers: Any) -> Any:
    answer = ReadingClient(REMOTE_ADDR=address).post(URL, {"message": message}, headers=headers)
    assert_documented(answer)
    return answer


def test_a_visitor_is_answered_and_shown_nobody(alice: Person, bob: Person, chatting: ModelServer):
    for person in (alice, bob):
        person.client.patch("/api/me", {"attributes": {"interests": ["chess"]}, "biography": {"bio": "s3cret chess"}})
        person.client.post("/api/strings", {"content_text": "s3cret chess"})
        person.client.post("/api/joins", {"title": "s3cret chess"})
    said = {
        "message": "A social network.",
        "intent": "help",
        "confidence": 0.8,
        "suggestions": ["How do I sign up?"],
        "search": {"people": "chess", "joins": "chess", "group_chats": "chess"},
        "actions": [{"action_type": "create_string", "action_data": {"content_text": "chess"}}],
    }
    chatting.chat.say(json.dumps(said))
    found = ask("Who plays chess?").json()

    assert (found["message"], found["suggestions"]) == ("A social network.", ["How do I sign up?"])
    assert [found[name] for name in ("actions", "joins", "groupChats", "people")] == [[], [], [], []]
    assert "s3cret" not in json.dumps(chatting.requests)
    assert [message["role"] for message in chatting.chats[0].body["messages"]] == ["system", "user"]
    entry = UsageEntry.objects.get()
    assert (entry.user_id, entry.purpose, entry.outcome) == (None, "public", "done")


def test_a_token_makes_nobody_of_a_visitor(alice: Person, chatting: ModelServer):
    assert alice.client.post(URL, {"message": "Hi"}).status_code == 200
    assert ReadingClient().post(URL, {"message": "Hi"}, headers={"Authorization": "Bearer nonsense"}).status_code == 200
    assert set(UsageEntry.objects.values_list("user_id", flat=True)) == {None}


def test_switched_off_there_is_nothing_at_the_address(settings: Any, chatting: ModelServer):
    settings.AI_PUBLIC_CHAT = False
    assert_error(ask(), 404, "not_found")
    assert not chatting.requests


@pytest.mark.parametrize("message", ["", " ", None, ["x"], "x" * 1_001, "x" * 100_000])
def test_a_body_that_breaks_a_rule_asks_no_model(chatting: ModelServer, message: Any):
    assert_error(ask(message), 422, "validation_failed", field="message")
    assert not chatting.requests


def test_each_address_has_its_own_limits(chatting: ModelServer, settings: Any):
    settings.AI_PUBLIC_MESSAGES_PER_HOUR, settings.AI_PUBLIC_MESSAGES_PER_DAY = 2, 3
    assert [ask(address="192.0.2.1").status_code for _ in range(3)] == [200, 200, 429]
    assert [ask(address="2001:db8:1:1::1").status_code, ask(address="2001:db8:1:1::2").status_code] == [200, 200]
    refused = ask(address="2001:db8:1:1:ffff::3")
    assert_error(refused, 429, "ai_budget_exceeded")
    assert refused.json()["budget"]["scope"] == "hour"
    assert int(refused["Retry-After"]) > 0
    assert ask(address="192.0.2.9").status_code == 200


def test_what_a_client_says_of_its_address_counts_only_behind_a_proxy(chatting: ModelServer, settings: Any):
    settings.AI_PUBLIC_MESSAGES_PER_HOUR = 1
    assert ask(**{"X-Forwarded-For": "198.51.100.1"}).status_code == 200
    assert ask(**{"X-Forwarded-For": "198.51.100.2"}).status_code == 429

    settings.TRUSTED_PROXIES = ["192.0.2.0/24"]
    assert ask(**{"X-Forwarded-For": "203.0.113.5, 198.51.100.1"}).status_code == 200
    assert ask(**{"X-Forwarded-For": "203.0.113.6, 198.51.100.1"}).status_code == 429
    assert ask().status_code == 429


def test_the_installations_budget_holds_for_visitors_too(chatting: ModelServer, settings: Any):
    settings.AI_DAILY_BUDGET = 0
    assert ask().json()["budget"]["scope"] == "installation"
    assert not chatting.chats


def test_moderation_holds_for_visitors_too(chatting: ModelServer):
    chatting.chat.flagged = {"bloodshed": "violence"}
    assert_error(ask("bloodshed"), 422, "ai_refused")
    assert not chatting.chats


def test_without_redis_nobody_is_let_in(chatting: ModelServer, monkeypatch: pytest.MonkeyPatch):
    def away(*_: Any) -> None:
        raise redis.ConnectionError

    monkeypatch.setattr(type(cache._connections[cache._alias]), "add", away)  # type: ignore[attr-defined]
    assert_error(ask(), 503, "unavailable")
    assert not chatting.requests


@pytest.mark.django_db(transaction=True)
def test_an_address_asks_one_thing_at_a_time(chatting: ModelServer, together: Together, settings: Any):
    settings.AI_MODERATION = False
    asked = threading.Event()
    chatting.before = lambda _: asked.wait(10) and None
    statuses: list[int] = []

    def one(address: str) -> None:
        statuses.append(ask(address=address).status_code)
        if 429 in statuses:
            asked.set()
        connection.close()

    together(*[lambda: one("192.0.2.1")] * 3, lambda: one("192.0.2.2"))
    assert sorted(statuses) == [200, 200, 429, 429]
    assert ask().status_code == 200
