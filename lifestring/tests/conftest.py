"""What the project's own tests need besides the fixtures of all."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from lifestring.testing import pgbouncer
from lifestring.testing.openai_server import ModelServer, serve_models
from lifestring.testing.people import make_person

collect_ignore = [] if pgbouncer.wanted() else ["test_pgbouncer.py"]


@pytest.fixture
def with_models(settings: Any, db: None) -> Iterator[ModelServer]:
    """Let there be models for what needs one, and limits nobody comes near; nobody takes the jobs that would embed."""
    settings.AI_BOT_USER_ID = str(make_person("Assistant").user_id)
    settings.EMBEDDINGS = settings.ASSISTANT = settings.AI_PUBLIC_CHAT = True
    settings.AI_MESSAGES_PER_HOUR = settings.AI_MESSAGES_PER_DAY = 1_000_000
    settings.AI_PUBLIC_MESSAGES_PER_HOUR = settings.AI_PUBLIC_MESSAGES_PER_DAY = 1_000_000
    settings.AI_DAILY_BUDGET = Decimal(1_000_000)
    with serve_models() as server:
        settings.OPENAI_BASE_URL = settings.EMBED_BASE_URL = server.url
        settings.OPENAI_API_KEY = settings.EMBED_API_KEY = "sk-test"
        yield server
