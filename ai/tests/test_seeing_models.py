"""What is seen of models being asked: spans, figures and lines that tell of calls, and of nothing that was said."""

import asyncio
import json
import logging
from contextlib import aclosing
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import REGISTRY

from accounts.models import UserProfile
from ai import metrics
from ai.clients.chat import Finished, stream_chat
from ai.clients.embeddings import embed_texts
from ai.clients.errors import ModelError
from ai.clients.moderation import moderate
from ai.models import Spending
from ai.tasks import sweep_embeddings
from ai.tests.conversations import open_chat, stream
from lifestring.telemetry.logs import JsonFormatter
from lifestring.testing.openai_server import ModelServer, Say, too_many
from lifestring.testing.people import Person
from strings.models import String

SECRET = "what alice wrote"
HELLO = [{"role": "user", "content": SECRET}]
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def asked(spans: InMemorySpanExporter) -> list[tuple[str, dict[str, Any]]]:
    found: list[ReadableSpan] = [span for span in spans.get_finished_spans() if span.name != "query"]
    return [(span.name, dict(span.attributes or {})) for span in found]


def sample(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def chat(**how: Any) -> list[Any]:
    async def run() -> list[Any]:
        return [event async for event in stream_chat(HELLO, max_tokens=100, **how)]

    return asyncio.run(run())


def test_each_call_is_told_of_and_nothing_that_was_said(
    chatting: ModelServer, models: ModelServer, spans: InMemorySpanExporter, caplog: pytest.LogCaptureFixture
):
    before = sample("lifestring_model_cost_dollars_total", model="gpt-6-luna")
    with caplog.at_level(logging.INFO, logger="ai.clients.watching"):
        finished = chat()[-1]
        asyncio.run(moderate(SECRET))
        embed_texts([SECRET])
        embed_texts([SECRET], model="a-model-that-somebody-stored")
    assert isinstance(finished, Finished)
    used = finished.usage
    told = asked(spans)
    assert [name for name, _ in told] == [
        "chat gpt-6-luna",
        "moderation omni-moderation-latest",
        "embeddings text-embedding-3-small",
        "embeddings a-model-that-somebody-stored",
    ]
    assert told[0][1] == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-6-luna",
        "gen_ai.usage.input_tokens": used.prompt_tokens,
        "gen_ai.usage.output_tokens": used.completion_tokens,
        "lifestring.outcome": "done",
    }
    assert told[2][1]["gen_ai.usage.input_tokens"] > 0
    cost = sample("lifestring_model_cost_dollars_total", model="gpt-6-luna") - before
    assert cost == pytest.approx(used.prompt_tokens * 1e-7 + used.completion_tokens * 5e-7)
    # What is stored in Supabase's tables names models as it likes, and makes no labels.
    assert sample("lifestring_model_call_seconds_count", kind="embeddings", model="other", outcome="done") >= 1
    lines = [JsonFormatter().format(record) for record in caplog.records if record.name == "ai.clients.watching"]
    first = json.loads(lines[0])
    assert (first["kind"], first["model"], first["outcome"]) == ("chat", "gpt-6-luna", "done")
    assert (first["tokens_read"], first["tokens_written"]) == (used.prompt_tokens, used.completion_tokens)
    assert SECRET not in "".join([*lines, *(span.to_json() for span in spans.get_finished_spans())])


def test_what_becomes_of_calls_that_are_no_answer_is_told(
    chatting: ModelServer, spans: InMemorySpanExporter, settings: Any
):
    settings.CHAT_FALLBACK_MODEL = ""
    chatting.chat.script += [too_many(3), Say("word " * 50, token_delay=0.01)]
    with pytest.raises(ModelError):
        chat()

    async def leave() -> None:
        async with aclosing(stream_chat(HELLO, max_tokens=100)) as events:
            await anext(events)
            await anext(events)

    asyncio.run(leave())
    limited, left = [attributes for _, attributes in asked(spans)]
    assert (limited["lifestring.outcome"], limited["gen_ai.usage.output_tokens"]) == ("rate_limited", 0)
    assert (left["lifestring.outcome"], left["gen_ai.usage.output_tokens"] > 0) == ("cancelled", True)


@pytest.mark.django_db
def test_a_call_belongs_to_the_trace_of_the_request_that_waits_for_it(
    alice: Person, assistant: ModelServer, spans: InMemorySpanExporter
):
    room = open_chat(alice)
    spans.clear()
    stream(alice, room, SECRET, traceparent=f"00-{TRACE}-00f067aa0ba902b7-01")
    told = {
        span.name: f"{span.context.trace_id:032x}" for span in spans.get_finished_spans() if span.context is not None
    }
    assert told["POST api/ai/chat/<uuid:room_id>/stream"] == told["chat gpt-6-luna"] == TRACE
    assert SECRET not in "".join(span.to_json() for span in spans.get_finished_spans())


@pytest.mark.django_db
def test_the_days_budget_is_looked_up(settings: Any):
    settings.AI_DAILY_BUDGET = Decimal(20)
    Spending.objects.create(day=datetime.now(UTC).date(), spent=Decimal("19.5"))
    found = {family.name: family.samples[0].value for family in metrics._budget()}
    assert found == {"lifestring_model_budget_dollars": 20, "lifestring_model_budget_left_dollars": 0.5}


@pytest.mark.django_db
def test_the_sweep_tells_what_it_could_not_embed(alice: Person, models: ModelServer, settings: Any):
    String.objects.create(user_id=alice.user_id, content_text=SECRET)
    UserProfile.objects.filter(user_id=alice.user_id).update(attributes={}, biography={})

    def stale() -> dict[str, float]:
        return {one.labels["kind"]: one.value for family in metrics._stale() for one in family.samples}

    assert stale() == {}
    models.replies += [too_many(1)]
    sweep_embeddings()
    assert stale()["strings"] == 1
    sweep_embeddings()
    assert stale() == {"strings": 0, "people": 0, "events": 0}
    settings.EMBEDDINGS = False
    assert stale() == {}
