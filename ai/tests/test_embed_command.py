"""`manage.py embed`: what it costs, what it does, and that it goes on where it was stopped."""

import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import UserProfile
from ai.models import StringEmbedding, UserEmbedding
from lifestring.testing.openai_server import ModelServer, failure, too_many
from lifestring.testing.people import Person
from strings.models import String

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def texts(alice: Person, charlie: Person) -> None:
    written = ((alice, "a" * 400), (alice, "b" * 400), (charlie, "c" * 400), (charlie, "  "), (charlie, None))
    String.objects.bulk_create(String(user_id=person.user_id, content_text=text) for person, text in written)
    UserProfile.objects.filter(user_id=alice.user_id).update(biography={"bio": "d" * 400})


@pytest.fixture(autouse=True)
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses it made."""
    found: list[float] = []
    monkeypatch.setattr("ai.management.commands.embed.sleep", found.append)
    return found


def run(*arguments: str) -> str:
    said = StringIO()
    call_command("embed", *arguments, stdout=said, stderr=said)
    return said.getvalue()


def stored() -> tuple[int, int]:
    return StringEmbedding.objects.count(), UserEmbedding.objects.count()


def test_it_says_what_it_costs_before_it_costs_anything(models: ModelServer, settings: Any):
    said = run("--dry-run")
    assert "3 strings to embed\n1 people to embed\nAbout 400 tokens with text-embedding-3-small: about $0.0000." in said
    assert stored() == (0, 0)
    settings.AI_PRICES = {
        "text-embedding-3-small": {"input": Decimal(1000), "cached": Decimal(1000), "output": Decimal(0)}
    }
    assert "about $0.4000" in run("--dry-run")
    settings.EMBED_MODEL = "mine"
    assert "AI_PRICES does not say what it costs" in run("--dry-run")
    assert not models.requests


def test_it_embeds_what_is_missing_and_the_second_time_nothing(models: ModelServer):
    said = run()
    assert "] 3/4, " in said
    assert "Done: 4 embedded, 0 refused by the model, 0 left to a worker." in said
    assert stored() == (3, 1)
    asked = len(models.requests)
    assert "0 strings to embed\n0 people to embed" in run()
    assert len(models.requests) == asked
    assert "4 embedded" in run("--force")
    assert len(models.inputs) == 8


def test_it_goes_on_where_it_was_stopped(models: ModelServer, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("ai.embeddable.PAGE", 1)

    def go_down(answer: dict[str, Any]) -> dict[str, Any]:
        models.replies = [failure(500)] * 5
        return answer

    models.change = go_down
    with pytest.raises(CommandError, match="run it again to go on"):
        run("--strings")
    assert stored() == (1, 0)
    models.replies, models.change = [], lambda answer: answer
    assert "2 embedded" in run("--strings")
    assert len(models.answered) == 3


def test_it_waits_as_long_as_it_is_asked_to(models: ModelServer, naps: list[float]):
    models.replies = [too_many(7), failure(503)]
    assert "4 embedded" in run()
    assert naps[0] > 7
    assert len(naps) == 2


@pytest.mark.parametrize(
    ("arguments", "expected"), [(["--strings"], (3, 0)), (["--people"], (0, 1)), (["--since", "2026-01-01"], (1, 0))]
)
def test_it_can_be_narrowed(models: ModelServer, arguments: list[str], expected: tuple[int, int]):
    old = datetime(2025, 1, 1, tzinfo=UTC)
    if "--since" in arguments:
        String.objects.exclude(content_text__startswith="a").update(updated_at=old)
        UserProfile.objects.update(updated_at=old)
    run(*arguments)
    assert stored() == expected


def test_it_can_be_narrowed_to_a_person(models: ModelServer, alice: Person):
    run("--user", str(alice.user_id), "--since", (timezone.now() - timedelta(hours=1)).isoformat())
    assert stored() == (2, 1)
    run("--user", str(uuid.uuid4()))
    assert len(models.inputs) == 3


def test_it_finds_what_others_changed_without_a_new_time(models: ModelServer, alice: Person):
    run()
    String.objects.filter(content_text__startswith="a").update(content_text="another")
    UserProfile.objects.filter(user_id=alice.user_id).update(biography={"bio": "another"})
    assert "2 embedded" in run()


@pytest.mark.parametrize("arguments", [["--since", "yesterday"], ["--since", "2026-99-99"], ["--strings", "--people"]])
def test_it_refuses_what_it_does_not_understand(arguments: list[str]):
    with pytest.raises(CommandError):
        run(*arguments)


def test_without_a_model_it_says_what_to_set():
    with pytest.raises(CommandError, match="set OPENAI_API_KEY"):
        run()
