"""The real SDK asking for moderation: a verdict, or none, and never an error."""

import asyncio
import logging
import time
from typing import Any

import pytest

from ai.clients import moderation
from ai.clients.moderation import Verdict, moderate
from lifestring.local.ports import free_port
from lifestring.testing.openai_server import GARBAGE, HTML, ModelServer, Reply, failure, too_many

pytestmark = pytest.mark.usefixtures("forget_absence")


@pytest.fixture
def forget_absence() -> None:
    moderation._absent_until.clear()


def verdict(text: str) -> Verdict | None:
    return asyncio.run(moderate(text))


def test_it_says_what_is_wrong_with_a_text(chatting: ModelServer):
    chatting.chat.flagged = {"murder": "violence", "torment": "harassment/threatening"}
    assert verdict("Murder and torment") == Verdict(flagged=True, categories=("harassment/threatening", "violence"))
    assert verdict("Chess") == Verdict(flagged=False, categories=())
    assert chatting.requests[0] == {"model": "omni-moderation-latest", "input": "Murder and torment"}


def test_it_can_be_switched_off_and_has_nothing_to_say_of_nothing(chatting: ModelServer, settings: Any):
    assert verdict(" \n") is None
    settings.AI_MODERATION = False
    assert verdict("Chess") is None
    assert chatting.requests == []


@pytest.mark.parametrize(
    "reply", [failure(401), failure(500), too_many(3), HTML, GARBAGE, Reply(200, b"[]"), Reply(200, {"results": [7]})]
)
def test_a_server_that_fails_stops_nothing_and_the_log_says_so(
    chatting: ModelServer, reply: Reply, caplog: pytest.LogCaptureFixture
):
    chatting.replies = [reply]
    with caplog.at_level(logging.WARNING):
        assert verdict("Chess") is None
    assert "a text passes unseen" in caplog.text
    assert "Chess" not in caplog.text
    assert verdict("Chess") is not None
    assert len(chatting.requests) == 2


def test_a_server_that_is_silent_or_away_is_not_waited_for(
    chatting: ModelServer, settings: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(moderation, "DEADLINE_SECONDS", 0.2)
    chatting.replies = [Reply(delay=5.0)]
    started = time.monotonic()
    assert verdict("Chess") is None
    assert time.monotonic() - started < 1.0
    settings.OPENAI_BASE_URL = f"http://127.0.0.1:{free_port()}/v1"
    assert verdict("Chess") is None


def test_a_server_without_such_an_endpoint_is_not_asked_again(chatting: ModelServer):
    chatting.replies = [failure(404, "not_found")]
    assert verdict("Chess") is None
    assert verdict("Chess") is None
    assert len(chatting.requests) == 1
