"""What models cost: one table, which `AI_PRICES` overrides (docs/configuration.md, AI)."""

from django.conf import settings

# Dollars for a million tokens, as published in November 2026.
PRICES = {
    "text-embedding-3-small": 0.02,
    "text-embedding-ada-002": 0.10,
}
# Of text in European languages; other scripts take more.
BYTES_PER_TOKEN = 4


def tokens_in(text: str) -> int:
    """Return about how many tokens a text is."""
    return -(-len(text.encode()) // BYTES_PER_TOKEN)


def cost_of(model: str, tokens: int) -> float | None:
    """Return what so many tokens cost in dollars, None where the model's price is not known."""
    price: float | None = {**PRICES, **settings.AI_PRICES}.get(model)
    return None if price is None else price * tokens / 1_000_000
