"""What is said to the assistant, and what it says, looked at by the model's moderation endpoint (docs/api.md, AI)."""

import logging
import uuid

from ai.clients.moderation import moderate
from lifestring.errors import DomainError, ErrorCode, NotFoundError
from lifestring.threads import in_socket_thread
from moderation.models import Source
from moderation.reasons import Reason, TargetType
from moderation.services import content_flag

logger = logging.getLogger(__name__)

MAX_EXCERPT = 1_000
QUESTION_REFUSED = "The assistant does not answer this. Moderators have been asked to look at it."
ANSWER_REFUSED = "The assistant's answer was withheld. Moderators have been asked to look at it."
# By the endpoint's categories, what is after a slash left out; the worst that applies comes first.
_REASONS = {
    "self-harm": Reason.SELF_HARM,
    "violence": Reason.VIOLENCE,
    "illicit": Reason.ILLEGAL,
    "hate": Reason.HATE,
    "harassment": Reason.HARASSMENT,
    "sexual": Reason.SEXUAL,
}


class RefusedError(DomainError):
    """Moderation objects; a case is open."""

    status, code = 422, ErrorCode.AI_REFUSED


async def check_question(question_id: uuid.UUID, text: str) -> None:
    """Refuse what moderation objects to.

    Raises:
        RefusedError: it does; moderators look at the message, which stays.
    """
    verdict = await moderate(text)
    if verdict is not None and verdict.flagged:
        await flag(TargetType.MESSAGE, question_id, verdict.categories, "Said to the assistant")
        raise RefusedError(QUESTION_REFUSED)


async def check_answer(question_id: uuid.UUID, text: str) -> None:
    """Withhold an answer that moderation objects to; it is stored nowhere but in the case, which is about the question.

    Raises:
        RefusedError: it does.
    """
    verdict = await moderate(text)
    if verdict is not None and verdict.flagged:
        what = f"The assistant would have answered: {text[:MAX_EXCERPT]}"
        await flag(TargetType.MESSAGE, question_id, verdict.categories, what)
        raise RefusedError(ANSWER_REFUSED)


async def flag(target_type: TargetType, target_id: uuid.UUID, categories: tuple[str, ...], what: str) -> None:
    """Have moderators look at something; what is gone meanwhile is left alone.

    Args:
        target_type: what it is.
        target_id: which.
        categories: what the endpoint calls it.
        what: what moderators should know.
    """
    named = {category.partition("/")[0] for category in categories}
    reason = next((reason for name, reason in _REASONS.items() if name in named), Reason.OTHER)
    details = f"{', '.join(categories)}. {what}"
    try:
        await in_socket_thread(content_flag)(
            source=Source.AI, target_type=target_type, target_id=target_id, reason=reason, details=details
        )
    except NotFoundError:
        logger.info("what moderation objects to has been deleted meanwhile")
