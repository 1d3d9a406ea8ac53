"""What clients are told where there is no model, or where it fails (docs/api.md, AI)."""

from typing import Any

import pytest

from ai.availability import check_available
from ai.clients.errors import (
    BadAnswerError,
    ContextTooLongError,
    InputRefusedError,
    ModelError,
    ModelRateLimitedError,
    ModelUnavailableError,
)
from ai.model_errors import as_domain_error
from lifestring.errors import UnavailableError


@pytest.mark.parametrize(
    ("error", "status", "code", "retry_after"),
    [
        (ModelUnavailableError("secret"), 503, "ai_unavailable", "30"),
        (ModelRateLimitedError("secret", 2.2), 503, "ai_busy", "3"),
        (ModelRateLimitedError("secret", 0), 503, "ai_busy", "1"),
        (ModelRateLimitedError("secret", None), 503, "ai_busy", "10"),
        (BadAnswerError("secret"), 502, "ai_failed", None),
        (InputRefusedError("secret"), 422, "ai_refused", None),
        (ContextTooLongError("secret"), 422, "ai_context_too_long", None),
    ],
)
def test_a_failure_has_a_code_of_its_own(error: ModelError, status: int, code: str, retry_after: str | None):
    told = as_domain_error(error)
    assert (told.status, told.code, told.headers.get("Retry-After")) == (status, code, retry_after)
    assert "secret" not in told.message


def test_what_is_not_set_up_is_named(settings: Any):
    with pytest.raises(UnavailableError, match="OPENAI_API_KEY") as raised:
        check_available(needs_bot=True)
    assert (raised.value.code, raised.value.headers) == ("ai_unavailable", {"Retry-After": "600"})
    settings.ASSISTANT = True
    check_available()
    with pytest.raises(UnavailableError, match="AI_BOT_USER_ID"):
        check_available(needs_bot=True)
    settings.AI_BOT_USER_ID = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
    check_available(needs_bot=True)
