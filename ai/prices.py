"""What models cost: one table, which `AI_PRICES` overrides (docs/configuration.md, AI)."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from django.conf import settings

from ai.clients.usage import Usage
from lifestring.rendering import dumps

# Of text in European languages; other scripts take more.
BYTES_PER_TOKEN = 4
MILLION = Decimal(1_000_000)
# What a server puts around the messages, and around each of them.
TOKENS_AROUND = 64
TOKENS_AROUND_MESSAGE = 8


class Price(NamedTuple):
    """Dollars for a million tokens: read, read from the server's cache, and written."""

    input: Decimal
    cached: Decimal
    output: Decimal


def _price(given: str, cached: str, output: str) -> Price:
    return Price(Decimal(given), Decimal(cached), Decimal(output))


# As published in November 2026.
PRICES = {
    "gpt-6-luna": _price("0.10", "0.01", "0.50"),
    "gpt-5.6-luna": _price("0.20", "0.20", "1.20"),
    "text-embedding-3-small": _price("0.02", "0.02", "0"),
    "text-embedding-ada-002": _price("0.10", "0.10", "0"),
}
# Of a model nobody gave a price: among the dearest there are, so that budgets hold and somebody looks.
UNKNOWN = _price("5", "5", "30")


def tokens_in(text: str) -> int:
    """Return about how many tokens a text is."""
    return -(-len(text.encode("utf-8", "replace")) // BYTES_PER_TOKEN)


def known_price(model: str) -> Price | None:
    """Return what a model costs, None where neither the table nor the operator says."""
    given = settings.AI_PRICES.get(model)
    return Price(**given) if given else PRICES.get(model)


def cost_of(model: str, tokens: int) -> float | None:
    """Return what reading so many tokens costs in dollars, None where the model's price is not known."""
    price = known_price(model)
    return None if price is None else float(price.input * tokens / MILLION)


def price_of_call(model: str, usage: Usage) -> Decimal:
    """Return what a call cost in dollars; a model without a price counts as an expensive one."""
    price = known_price(model) or UNKNOWN
    fresh = max(0, usage.prompt_tokens - usage.cached_tokens)
    tokens = price.input * fresh + price.cached * usage.cached_tokens + price.output * usage.completion_tokens
    return tokens / MILLION


def most_expensive(
    messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]], max_tokens: int
) -> Decimal:
    """Return what a call can cost at most, whichever of the configured models answers it.

    A token is at least a byte, so this is several times what the call will cost; the rest is given back when it settles.

    Args:
        messages: what is sent.
        tools: the tools offered with it.
        max_tokens: how long the answer may get.
    """
    size = len(dumps([*messages, *tools])) + TOKENS_AROUND + TOKENS_AROUND_MESSAGE * len(messages)
    worst = Usage(prompt_tokens=size, cached_tokens=0, completion_tokens=max_tokens)
    models = {settings.CHAT_MODEL, settings.CHAT_FALLBACK_MODEL} - {""}
    return max(price_of_call(model, worst) for model in models)
