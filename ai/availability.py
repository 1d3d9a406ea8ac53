"""Whether there is a model to ask (docs/configuration.md, AI)."""

from django.conf import settings

from lifestring.errors import ErrorCode, UnavailableError

NO_MODEL = "No model is set up for this: set OPENAI_API_KEY, or OPENAI_BASE_URL to a server of your own."
NO_BOT = "No account speaks for the assistant: set AI_BOT_USER_ID."
# An operator has to do something; nobody need ask every second.
RETRY_SECONDS = "600"


def check_available(*, needs_bot: bool = False) -> None:
    """Refuse what needs a model where none is set up.

    Args:
        needs_bot: it also needs the account that speaks for the assistant in rooms.

    Raises:
        UnavailableError: `ai_unavailable`; the message names the variable to set.
    """
    if not settings.ASSISTANT:
        missing = NO_MODEL
    elif needs_bot and not settings.AI_BOT_USER_ID:
        missing = NO_BOT
    else:
        return
    raise UnavailableError(missing, code=ErrorCode.AI_UNAVAILABLE, headers={"Retry-After": RETRY_SECONDS})
