"""Environment variables that hold a table, written as JSON."""

import json
import re
from decimal import Decimal
from typing import Any, cast

import environ
from django.core.exceptions import ImproperlyConfigured

# By model: dollars for a million tokens of `input`, of `cached` input and of `output`.
Prices = dict[str, dict[str, Decimal]]
# By class: requests, and the seconds in which they come back (docs/configuration.md, Limits).
RateLimits = dict[str, tuple[int, int]]

RATE_LIMITS: RateLimits = {
    "address": (3_000, 60),
    "auth": (60, 300),
    "read": (600, 60),
    "write": (120, 60),
    "ai": (30, 60),
    "export": (6, 3_600),
}


def prices(env: environ.Env) -> Prices:
    """Dollars for a million tokens by model.

    Raises:
        ImproperlyConfigured: `AI_PRICES` is no such table.
    """
    problem = (
        "AI_PRICES must be a JSON object of dollars for a million tokens by model, such as "
        '{"my-embeddings": 0.05, "my-model": {"input": 0.1, "cached": 0.01, "output": 0.5}}.'
    )
    try:
        given = json.loads(env.str("AI_PRICES", default="") or "{}")
    except ValueError as error:
        raise ImproperlyConfigured(problem) from error
    if not isinstance(given, dict) or not all(_is_price(value) for value in given.values()):
        raise ImproperlyConfigured(problem)
    return {model: price(value) for model, value in given.items()}


def price(value: Any) -> dict[str, Decimal]:
    """The three prices of a model; one number is what reading costs, and all that embedding does."""
    given = value if isinstance(value, dict) else {"input": value, "output": value}
    parts = {"cached": given["input"], **given}
    return {part: Decimal(str(dollars)) for part, dollars in parts.items()}


def rate_limits(env: environ.Env) -> RateLimits:
    """What one caller may ask; none at all where the limits are switched off.

    Raises:
        ImproperlyConfigured: `RATE_LIMITS` is no such table.
    """
    text = cast(str, env.str("RATE_LIMITS", default="")).strip()
    if text == "off":
        return {}
    problem = f'RATE_LIMITS must be "off" or a JSON object such as {{"read": "600/60"}}, of {", ".join(RATE_LIMITS)}.'
    try:
        given = json.loads(text or "{}")
        limits = {name: _rate_limit(limit) for name, limit in given.items()}
    except (ValueError, AttributeError) as error:
        raise ImproperlyConfigured(problem) from error
    if not set(limits) <= set(RATE_LIMITS):
        raise ImproperlyConfigured(problem)
    return RATE_LIMITS | limits


def _is_price(value: Any) -> bool:
    if isinstance(value, dict):
        return {"input", "output"} <= value.keys() <= {"input", "cached", "output"} and all(
            not isinstance(dollars, dict) and _is_price(dollars) for dollars in value.values()
        )
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1_000_000


def _rate_limit(text: Any) -> tuple[int, int]:
    match = re.fullmatch(r"([1-9][0-9]{0,8})/([1-9][0-9]{0,5})", text) if isinstance(text, str) else None
    if match is None:
        raise ValueError(text)
    return int(match[1]), int(match[2])
