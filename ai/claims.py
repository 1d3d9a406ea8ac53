"""Who embeds what right now, so that two workers do not pay for the same text; kept in Redis.

A hint that saves money and no more: which vector stays is decided by the database (ai/services/embeddings.py). A claim
ends by itself, should its worker be killed.
"""

from collections.abc import Iterable

import redis
from django.core.cache import cache

# One request with its deadline, and the storing.
LEASE_SECONDS = 90
# What the model refuses is not asked again all the time.
REFUSED_SECONDS = 24 * 3600
_MINE, _REFUSED = "claimed", "refused"


def claim(hashes: Iterable[str]) -> tuple[set[str], set[str]]:
    """Claim texts by their hashes; returns those that are the caller's now, and those that others are at.

    What was refused lately is in neither. Without Redis all are the caller's.
    """
    mine: set[str] = set()
    others: set[str] = set()
    for one in hashes:
        try:
            if cache.add(_key(one), _MINE, LEASE_SECONDS):
                mine.add(one)
            elif cache.get(_key(one)) != _REFUSED:
                others.add(one)
        except redis.RedisError:
            mine.add(one)
    return mine, others


def release(hashes: Iterable[str]) -> None:
    """Give claims back."""
    try:
        cache.delete_many([_key(one) for one in hashes])
    except redis.RedisError:
        return  # they end by themselves


def remember_refusal(one: str) -> None:
    """Have nobody ask for this text again for a while."""
    try:
        cache.set(_key(one), _REFUSED, REFUSED_SECONDS)
    except redis.RedisError:
        return  # it is asked again, and refused again


def _key(one: str) -> str:
    return f"embedding:{one}"
