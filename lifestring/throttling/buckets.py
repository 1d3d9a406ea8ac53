"""Token buckets in Redis, shared by all processes, with a bucket of one's own while Redis is away.

A bucket holds `limit` tokens and gains as many in `seconds`; a request takes one. Taking is one atomic step in Redis,
by Redis's clock. A busy caller's tokens are fetched several at once and handed out here, so that most requests ask
nobody; what was fetched counts as taken, so processes together never give more than the bucket has.
"""

import logging
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, NamedTuple

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

logger = logging.getLogger(__name__)

PREFIX = "lifestring:limits:"
# Tokens fetched and not used by then are lost to their caller.
LEASE_SECONDS = 5.0
# At most this part of a bucket is fetched at once.
LEASE_PART = 50
# While Redis does not answer it is not asked again for so long.
AWAY_SECONDS = 5.0
TIMEOUT_SECONDS = 0.5
# Of how many callers a process remembers anything.
MAX_CALLERS = 20_000

_TAKE = """
local count, seconds, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local kept = redis.call('HMGET', KEYS[1], 'level', 'at')
local level, at = tonumber(kept[1]) or count, tonumber(kept[2]) or now
level = math.min(count, level + math.max(0, now - at) * count / seconds)
local taken = math.min(wanted, math.floor(level))
level = level - taken
redis.call('HSET', KEYS[1], 'level', tostring(level), 'at', tostring(now))
redis.call('PEXPIRE', KEYS[1], math.ceil(seconds * 1000))
return {taken, tostring(level)}
"""


class Policy(NamedTuple):
    """A limit.

    Args:
        name: what it limits.
        limit: how many requests, at once or in `seconds`.
        seconds: how long an empty bucket takes to fill.
    """

    name: str
    limit: int
    seconds: int


class Verdict(NamedTuple):
    """What became of one request.

    Args:
        policy: the limit it was held against.
        allowed: whether it may pass.
        remaining: how many more may follow at once.
        reset: seconds until the bucket is full again.
        retry_after: seconds until one may pass, 0 where it may now.
    """

    policy: Policy
    allowed: bool
    remaining: int
    reset: float
    retry_after: float


@dataclass(slots=True)
class _Held:
    """What this process knows of one bucket: tokens in hand, and the level it left behind."""

    tokens: int
    size: int
    level: float
    until: float


class Buckets:
    """The buckets of one process.

    Args:
        url: Redis's; `take` works without it as well, for this process alone.
    """

    def __init__(self, url: str) -> None:
        client = redis.Redis.from_url(
            url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS, retry=Retry(NoBackoff(), 0)
        )
        self._script: Any = client.register_script(_TAKE)
        self._lock = threading.Lock()
        self._held: OrderedDict[tuple[str, str], _Held] = OrderedDict()
        self._local: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()
        self._away_until = 0.0

    def take(self, policy: Policy, caller: str) -> Verdict:
        """Take one token of a caller's; never raises, and never waits for Redis longer than its short deadline."""
        key, now = (policy.name, caller), time.monotonic()
        with self._lock:
            held = self._held.get(key)
            if held is not None and now < held.until and held.tokens:
                held.tokens -= 1
                return _verdict(policy, held.level + held.tokens, allowed=True)
            size = self._next_size(policy, held, now)
        taken, level = self._fetch(policy, key, size)
        with self._lock:
            meanwhile = self._held.get(key)
            # What another thread fetched at the same time is still there to be used.
            kept = meanwhile.tokens if meanwhile is not None and now < meanwhile.until else 0
            self._held[key] = _Held(kept + max(0, taken - 1), size, level, now + LEASE_SECONDS)
            self._held.move_to_end(key)
            while len(self._held) > MAX_CALLERS:
                self._held.popitem(last=False)
        return _verdict(policy, level + max(0, taken - 1), allowed=taken > 0)

    def _next_size(self, policy: Policy, held: _Held | None, now: float) -> int:
        """How many to fetch: twice as many each time the last ones did not outlive their lease, so little is lost."""
        if held is None or held.tokens or now >= held.until:
            return 1
        return max(1, min(2 * held.size, policy.limit // LEASE_PART))

    def _fetch(self, policy: Policy, key: tuple[str, str], size: int) -> tuple[int, float]:
        now = time.monotonic()
        if now >= self._away_until:
            try:
                taken, level = self._script(keys=[PREFIX + ":".join(key)], args=[policy.limit, policy.seconds, size])
            except redis.RedisError as error:
                self._away_until = now + AWAY_SECONDS
                logger.warning("limits are counted here alone while Redis is away: %s", type(error).__name__)
            else:
                return int(taken), float(level)
        return self._fetch_here(policy, key, now)

    def _fetch_here(self, policy: Policy, key: tuple[str, str], now: float) -> tuple[int, float]:
        with self._lock:
            level, at = self._local.pop(key, (float(policy.limit), now))
            level = min(policy.limit, level + (now - at) * policy.limit / policy.seconds)
            taken = 1 if level >= 1 else 0
            self._local[key] = (level - taken, now)
            while len(self._local) > MAX_CALLERS:
                self._local.popitem(last=False)
        return taken, level - taken


def _verdict(policy: Policy, level: float, *, allowed: bool) -> Verdict:
    per_second = policy.limit / policy.seconds
    missing = 0.0 if allowed else max(0.0, 1 - level)
    return Verdict(policy, allowed, int(level), (policy.limit - level) / per_second, missing / per_second)


_buckets: dict[str, Buckets] = {}


def take(policy: Policy, caller: str) -> Verdict:
    """Take one token from a caller's bucket in `REDIS_URL`."""
    url = settings.REDIS_URL
    if url not in _buckets:
        _buckets[url] = Buckets(url)
    return _buckets[url].take(policy, caller)
