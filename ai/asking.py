"""One question to a model and its whole answer: reserved before, moderated, and settled after, whatever happens between."""

import asyncio
import time
import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from django.conf import settings

from ai.assistant.moderating import MAX_EXCERPT, flag
from ai.clients.chat import Message, complete_chat, estimate_usage
from ai.clients.errors import ModelError
from ai.clients.moderation import moderate
from ai.clients.usage import Usage
from ai.model_errors import as_domain_error
from ai.models import Outcome
from ai.prices import most_expensive
from ai.services import usage_reserve, usage_settle
from ai.services.usage import Settled
from lifestring.errors import DomainError, ErrorCode
from lifestring.threads import in_socket_thread
from moderation.reasons import TargetType

UNFIT = "This cannot be answered: it goes against what may be said here."


class Asker(NamedTuple):
    """Whose money and messages it takes.

    Args:
        user_id: the person; None where nobody has signed in.
        address: where it comes from; only of those counts.
        room_id: the room it is about, for the ledger.
    """

    user_id: uuid.UUID | None
    address: str = ""
    room_id: uuid.UUID | None = None


class Answered(NamedTuple):
    """A model's answer, and what it took: tokens read and written, and dollars."""

    text: str
    tokens: int
    cost: Decimal


class UnfitError(DomainError):
    """Moderation objects to it."""

    status, code, message = 422, ErrorCode.AI_REFUSED, UNFIT


async def ask(
    messages: Sequence[Message],
    *,
    asker: Asker,
    purpose: str,
    max_tokens: int,
    said: str,
    author: uuid.UUID | None = None,
    as_json: bool = False,
) -> Answered:
    """Ask a model, and return its answer when it is whole.

    Args:
        messages: the prompt, in the API's shape.
        asker: whose budget it is.
        purpose: one of `Purpose`, for the ledger.
        max_tokens: how long the answer may get.
        said: what of the prompt is to be moderated.
        author: who said that; moderators are asked to look at them where it is objectionable.
        as_json: have the answer be a JSON object.

    Raises:
        BudgetExceededError: nothing is left.
        UnfitError: moderation objects to what was said, or to the answer.
        DomainError: the model gave no usable answer.
    """
    bill = await _Bill.open(asker, purpose, most_expensive(messages, (), max_tokens))
    outcome = Outcome.FAILED
    try:
        await _check_fit(said, author)
        bill.sent = messages
        finished = await complete_chat(messages, max_tokens=max_tokens, as_json=as_json, user=str(asker.user_id or ""))
        bill.calls.append((finished.model, finished.usage))
        await _check_fit(finished.text)
        outcome = Outcome.DONE
    except ModelError as error:
        bill.calls += [error.used] if error.used else []
        raise as_domain_error(error) from error
    except UnfitError:
        outcome = Outcome.REFUSED
        raise
    except asyncio.CancelledError:
        if bill.sent and not bill.calls:
            bill.calls.append((settings.CHAT_MODEL, estimate_usage(messages, "")))
        outcome = Outcome.CANCELLED
        raise
    finally:
        settled = await bill.close(outcome)
    return Answered(finished.text, settled.tokens, settled.cost)


async def _check_fit(text: str, author: uuid.UUID | None = None) -> None:
    verdict = await moderate(text)
    if verdict is not None and verdict.flagged:
        if author is not None:
            what = f"Said to the assistant, and kept nowhere: {text[:MAX_EXCERPT]}"
            await flag(TargetType.USER, author, verdict.categories, what)
        raise UnfitError


class _Bill:
    """What was reserved for one question, and what it used."""

    def __init__(self, asker: Asker, reservation_id: uuid.UUID) -> None:
        self.calls: list[tuple[str, Usage]] = []
        self.sent: Sequence[Message] = ()
        self._asker = asker
        self._id = reservation_id
        self._began = time.monotonic()

    @classmethod
    async def open(cls, asker: Asker, purpose: str, cost: Decimal) -> "_Bill":
        async def reserve() -> uuid.UUID:
            return await in_socket_thread(usage_reserve)(
                user_id=asker.user_id, address=asker.address, room_id=asker.room_id, purpose=purpose, cost=cost
            )

        reserving = asyncio.get_running_loop().create_task(reserve())
        try:
            return cls(asker, await asyncio.shield(reserving))
        except asyncio.CancelledError:
            # The thread has begun, and will commit.
            await asyncio.wait({reserving})
            if not reserving.cancelled() and reserving.exception() is None:
                await cls(asker, reserving.result()).close(Outcome.CANCELLED)
            raise

    async def close(self, outcome: Outcome) -> Settled:
        return await in_socket_thread(usage_settle)(
            user_id=self._asker.user_id,
            reservation_id=self._id,
            calls=self.calls,
            outcome=outcome,
            latency_ms=round(1000 * (time.monotonic() - self._began)),
        )
