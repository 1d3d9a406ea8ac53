"""`manage.py doctor` on models: each thing that is wrong is a sentence that names the variable to look at."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import AuthUser
from ai import doctor
from lifestring.doctor import Finding
from lifestring.testing.openai_server import HTML, ModelServer, Reply, failure, too_many
from lifestring.testing.people import Person

pytestmark = pytest.mark.django_db
NOBODY = "http://127.0.0.1:9/v1"
LOOKS = (doctor._chat, doctor._moderation, doctor._embeddings, doctor._account)


def lines() -> list[str]:
    """What it says, each line behind its state."""
    return [f"{one.state} {one.subject}: {one.sentence}" for look in LOOKS for one in _findings(look)]


def _findings(look: Callable[[], Any]) -> list[Finding]:
    return list(look())


@pytest.fixture
def server(assistant: ModelServer, models: ModelServer, settings: Any) -> ModelServer:
    """One that does it all, set up as an operator would."""
    settings.EMBED_BASE_URL = assistant.url
    settings.CHAT_FALLBACK_MODEL = "gpt-5.6-luna"
    return assistant


def test_servers_that_answer_are_good_and_each_is_asked_one_word(server: ModelServer):
    found = lines()
    assert [line.split(":")[0] for line in found] == [
        *("ok chat model", "ok chat model", "ok moderation", "ok embeddings", "ok assistant")
    ]
    assert ["gpt-6-luna" in found[0], "gpt-5.6-luna" in found[1], "text-embedding-3-small" in found[3]] == [True] * 3
    assert [one.path for one in server.seen] == [
        *("/v1/chat/completions", "/v1/chat/completions", "/v1/moderations", "/v1/embeddings")
    ]
    assert server.requests[0]["max_completion_tokens"] == doctor.MAX_TOKENS


def test_without_a_key_it_says_what_to_set_and_asks_nobody(bot: Person, settings: Any):
    settings.ASSISTANT = settings.EMBEDDINGS = False
    chatting, embedding = lines()
    assert chatting.startswith("note chat model: ")
    assert embedding.startswith("note embeddings: ")
    assert "OPENAI_API_KEY" in chatting
    assert "EMBED_BASE_URL" in embedding


TOUCHED = [
    *("OPENAI_BASE_URL", "OPENAI_API_KEY", "EMBED_BASE_URL", "EMBED_API_KEY", "EMBED_MODEL"),
    "AI_MODERATION",
    "AI_BOT_USER_ID",
]
CASES: dict[str, tuple[Callable[[ModelServer, Any], Any], list[tuple[str, str]]]] = {
    "a wrong key": (
        lambda _, settings: (setattr(settings, "OPENAI_API_KEY", "sk-no"), setattr(settings, "EMBED_API_KEY", "sk-no")),
        [
            ("wrong chat model", "CHAT_MODEL gpt-6-luna: The model's server answers 401: look at OPENAI_API_KEY"),
            ("wrong chat model", "CHAT_FALLBACK_MODEL gpt-5.6-luna: The model's server answers 401"),
            ("wrong moderation", "Moderation answers 401."),
            ("wrong embeddings", "answers 401: look at EMBED_API_KEY"),
        ],
    ),
    "an unknown model": (
        lambda server, _: server.chat.models.add("gpt-6-luna"),
        [("wrong chat model", "CHAT_FALLBACK_MODEL gpt-5.6-luna: The model's server answers 404: look at CHAT_MODEL")],
    ),
    "no server": (
        lambda _, settings: (setattr(settings, "OPENAI_BASE_URL", NOBODY), setattr(settings, "EMBED_BASE_URL", NOBODY)),
        [
            ("wrong chat model", "CHAT_MODEL gpt-6-luna: The model's server does not answer"),
            ("wrong chat model", "CHAT_FALLBACK_MODEL"),
            ("wrong moderation", "does not answer"),
            ("wrong embeddings", "The embeddings server does not answer"),
        ],
    ),
    "vectors that do not fit": (
        lambda server, _: setattr(server, "dimensions", 3072),
        [("wrong embeddings", "makes vectors of 3072 dimensions; the database holds 1536 or fewer")],
    ),
    "no credit": (
        lambda server, _: server.chat.script.append(failure(429, "insufficient_quota")),
        [("wrong chat model", "the account has no credit left")],
    ),
    "too many questions": (
        lambda server, _: server.chat.script.append(too_many(7)),
        [("note chat model", "run this again in a minute")],
    ),
    "a page of HTML": (
        lambda server, _: server.chat.script.append(HTML),
        [("wrong chat model", "sent a page instead of an answer")],
    ),
    "a server that takes no such input": (
        lambda server, _: server.chat.script.append(failure(400, "invalid_model")),
        [("wrong chat model", "refuses the input (400). Look at CHAT_MODEL.")],
    ),
    "moderation is off": (
        lambda _, settings: setattr(settings, "AI_MODERATION", False),
        [("note moderation", "AI_MODERATION is false")],
    ),
    "a model without a price": (
        lambda _, settings: setattr(settings, "EMBED_MODEL", "small-and-local"),
        [("note prices", "AI_PRICES does not say what EMBED_MODEL small-and-local costs")],
    ),
    "no account": (
        lambda _, settings: setattr(settings, "AI_BOT_USER_ID", ""),
        [("note assistant", "AI_BOT_USER_ID is not set")],
    ),
    "an account that is not there": (
        lambda _, settings: setattr(settings, "AI_BOT_USER_ID", "5a0d9f0e-0000-4000-8000-000000000000"),
        [("wrong assistant", "AI_BOT_USER_ID names an account that has no profile here")],
    ),
}


def test_what_is_not_good_is_said_with_what_to_do(
    server: ModelServer, bot: Person, settings: Any, subtests: pytest.Subtests
):
    before = {name: getattr(settings, name) for name in TOUCHED}
    for name, (arrange, expected) in CASES.items():
        arrange(server, settings)
        found = [line for line in lines() if not line.startswith("ok ")]
        with subtests.test(name):
            assert [line.split(":")[0] for line in found] == [start for start, _ in expected]
            assert all(words in line for line, (_, words) in zip(found, expected, strict=True))
            assert not any("sk-" in line for line in found)
        for setting, value in before.items():
            setattr(settings, setting, value)
        server.chat.models.clear()
        server.dimensions = 1536


def test_a_server_without_moderation_is_a_note(server: ModelServer, monkeypatch: pytest.MonkeyPatch):
    server.replies = [failure(404, "not_found")]
    [finding] = doctor._moderation()
    assert (finding.state, "AI_MODERATION=false" in finding.sentence) == ("note", True)


def test_a_silent_server_is_not_waited_for(server: ModelServer, settings: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(doctor, "SECONDS", 0.2)
    settings.CHAT_FALLBACK_MODEL = ""
    server.replies = [Reply(delay=3.0)]
    [finding] = doctor._chat()
    assert (finding.state, "did not answer" in finding.sentence) == ("wrong", True)


def test_an_account_that_is_banned_is_wrong(server: ModelServer, bot: Person):
    AuthUser.objects.filter(id=bot.user_id).update(banned_until=timezone.now() + timedelta(days=1))
    [finding] = doctor._account()
    assert (finding.state, "banned" in finding.sentence) == ("wrong", True)
