"""What meaning and the assistant need: servers that take the keys, models that are there, an account that speaks.

Each is asked for the least there is, since whether a key may list models says little about whether it may use one.
"""

import asyncio
from collections.abc import Iterator

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now

from accounts.assistant import assistant_id
from accounts.models import AuthUser, UserProfile
from ai.availability import NO_MODEL
from ai.clients.chat import complete_chat, configured_models
from ai.clients.embeddings import embed_and_count
from ai.clients.errors import InputRefusedError, ModelError, ModelRateLimitedError, ModelUnavailableError
from ai.clients.moderation import NoModerationError, verdict_on
from ai.prices import known_price
from ai.services.embeddings import NO_MODEL as NO_EMBEDDINGS
from lifestring.doctor import Finding, good, look, note, wrong

SECONDS = 10.0
WORD = "Hello"
# The fewest some servers take.
MAX_TOKENS = 16


@look("chat model")
def _chat() -> Iterator[Finding]:
    if not settings.ASSISTANT:
        yield note("chat model", NO_MODEL)
        return
    for name, model in zip(("CHAT_MODEL", "CHAT_FALLBACK_MODEL"), configured_models(), strict=False):
        try:
            asyncio.run(_ask(model))
        except ModelError as error:
            yield _failed("chat model", name, model, error)
        except TimeoutError:
            yield wrong(
                "chat model", f"{name} {model} did not answer within {SECONDS:.0f} seconds: look at OPENAI_BASE_URL."
            )
        else:
            yield good("chat model", f"{name} {model} answers at {settings.OPENAI_BASE_URL}.")
        yield from _priced(name, model)


async def _ask(model: str) -> None:
    async with asyncio.timeout(SECONDS):
        await complete_chat([{"role": "user", "content": WORD}], max_tokens=MAX_TOKENS, models=[model])


@look("moderation")
def _moderation() -> Iterator[Finding]:
    if not settings.ASSISTANT:
        return
    if not settings.AI_MODERATION:
        yield note(
            "moderation", "AI_MODERATION is false: nothing that is said to the assistant, or by it, is looked at."
        )
        return
    try:
        asyncio.run(verdict_on(WORD))
    except NoModerationError as error:
        yield note("moderation", f"{error} Texts pass unseen: set AI_MODERATION=false if that is meant.")
    except ModelUnavailableError as error:
        yield wrong("moderation", f"{error} Texts would pass unseen: look at OPENAI_API_KEY and OPENAI_BASE_URL.")
    else:
        yield good("moderation", f"{settings.OPENAI_BASE_URL} moderates.")


@look("embeddings")
def _embeddings() -> Iterator[Finding]:
    if not settings.EMBEDDINGS:
        yield note("embeddings", NO_EMBEDDINGS)
        return
    model = settings.EMBED_MODEL
    try:
        embed_and_count([WORD], deadline=SECONDS)
    except ModelError as error:
        yield _failed("embeddings", "EMBED_MODEL", model, error)
    else:
        yield good("embeddings", f"EMBED_MODEL {model} answers at {settings.EMBED_BASE_URL}, and its vectors fit.")
    yield from _priced("EMBED_MODEL", model)


@look("assistant")
def _account() -> Iterator[Finding]:
    bot = assistant_id()
    if not settings.ASSISTANT:
        return
    if bot is None:
        yield note(
            "assistant",
            "AI_BOT_USER_ID is not set, so there are no rooms with the assistant: make an account at Supabase for it.",
        )
    elif not UserProfile.objects.filter(user_id=bot).exists():
        yield wrong("assistant", "AI_BOT_USER_ID names an account that has no profile here: make it, or name another.")
    elif AuthUser.objects.filter(Q(banned_until__gt=Now()) | Q(deleted_at__isnull=False), id=bot).exists():
        yield wrong("assistant", "The account of AI_BOT_USER_ID is banned or deleted in Supabase: lift that.")
    else:
        yield good("assistant", "The account of AI_BOT_USER_ID exists, and is not banned.")


def _failed(subject: str, name: str, model: str, error: ModelError) -> Finding:
    if isinstance(error, ModelRateLimitedError):
        return note(subject, f"{name} {model}: {error} It could not be looked at; run this again in a minute.")
    hint = f" Look at {name}." if isinstance(error, InputRefusedError) else ""
    return wrong(subject, f"{name} {model}: {error}{hint}")


def _priced(name: str, model: str) -> Iterator[Finding]:
    if known_price(model) is None:
        yield note(
            "prices",
            f"AI_PRICES does not say what {name} {model} costs: it counts as dear, and the day's budget ends soon.",
        )
