"""The Supabase project's public signing keys, held so that checking a token costs no network.

Source: Supabase Auth, JWT signing keys: keys are published at `/auth/v1/.well-known/jwks.json`, may be cached ten
minutes, and rotate with old and new keys listed together.
"""

import json
import logging
import math
import threading
import time
from typing import Any
from urllib.parse import urlsplit

import httpx2
import jwt

from lifestring.errors import ErrorCode, UnavailableError

logger = logging.getLogger(__name__)

FRESH_SECONDS = 600.0
COOLDOWN_SECONDS = 10.0
TIMEOUT_SECONDS = 3.0
MAX_BYTES = 256 * 1024
ALGORITHMS = {"ES256": "EC", "RS256": "RSA"}
_KINDS = list(ALGORITHMS.items())


class UnknownKeyError(Exception):
    """No published key has this id and algorithm."""


class KeySet:
    """Public keys by key id, fetched from a URL or given.

    Args:
        url: where the key set is published; never taken from a token.
        given: a key set that needs no fetching (local mode, whose keys are its own).

    A key set older than ten minutes is refreshed in the background while the old one serves, so an outage of the
    publisher is not noticed while the process lives. An unknown id causes one fetch, at most one per ten seconds; one that
    comes between two of them, or while none succeeds, may be a new key's, and nobody can say yet.
    """

    def __init__(self, url: str, given: dict[str, Any] | None = None) -> None:
        if given is None and urlsplit(url).scheme not in {"http", "https"}:
            raise ValueError("the key set's address must be http or https")
        self.url = url
        self._lock = threading.Lock()
        self._keys: dict[str, jwt.PyJWK] | None = None if given is None else _parse(given)
        self._fetched_at = float("inf") if given is not None else 0.0
        self._tried_at = float("-inf")

    def key(self, key_id: str, algorithm: str) -> jwt.PyJWK:
        """Return the key of this id, made for this algorithm.

        Raises:
            UnknownKeyError: it is not published.
            UnavailableError: it is not cached, and cannot be looked for right now (503; clients stay signed in).
        """
        now = time.monotonic()
        if key_id not in (self._keys or {}):
            self._fetch()
            if key_id not in (self._keys or {}) and self._fetched_at < now:
                raise self._unavailable()
        elif now - self._fetched_at > FRESH_SECONDS and now - self._tried_at > COOLDOWN_SECONDS:
            threading.Thread(target=self._fetch, daemon=True, name="jwks").start()
        found = (self._keys or {}).get(key_id)
        if found is None or found.algorithm_name != algorithm:
            raise UnknownKeyError(key_id)
        return found

    def published(self) -> list[str] | None:
        """Return the ids of the keys there are, None where they cannot be had."""
        if self._keys is None:
            self._fetch()
        return None if self._keys is None else sorted(self._keys)

    def _unavailable(self) -> UnavailableError:
        pause = self._tried_at + COOLDOWN_SECONDS - time.monotonic()
        return UnavailableError(
            "Sign-in cannot be checked right now; try again shortly.",
            code=ErrorCode.AUTH_UNAVAILABLE,
            headers={"Retry-After": str(max(1, math.ceil(pause)))},
        )

    def _fetch(self) -> None:
        """Fetch once for all threads that wait; within the cooldown nobody asks again."""
        asked_at = time.monotonic()
        with self._lock:
            fetched_meanwhile = self._tried_at > asked_at
            cooling = time.monotonic() - self._tried_at < COOLDOWN_SECONDS
            if self._fetched_at != float("inf") and not fetched_meanwhile and not cooling:
                try:
                    self._keys = _parse(_download(self.url))
                    self._fetched_at = time.monotonic()
                except (httpx2.HTTPError, ValueError, RecursionError) as error:
                    logger.warning("the key set cannot be fetched: %s", type(error).__name__)
                finally:
                    self._tried_at = time.monotonic()


def _download(url: str) -> dict[str, Any]:
    # httpx2 bounds each read; a publisher that drips would otherwise keep every sign-in waiting for its lock.
    deadline = time.monotonic() + TIMEOUT_SECONDS
    with httpx2.stream("GET", url, timeout=TIMEOUT_SECONDS, follow_redirects=False) as response:
        response.raise_for_status()
        body = b""
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > MAX_BYTES or time.monotonic() > deadline:
                raise ValueError("the key set is too large or too slow")
    data = json.loads(body)
    if not isinstance(data, dict) or not isinstance(data.get("keys"), list):
        raise ValueError("this is no key set")
    return data


def _parse(data: dict[str, Any]) -> dict[str, jwt.PyJWK]:
    """Keep the keys we can use: asymmetric, of a known algorithm, with an id."""
    keys: dict[str, jwt.PyJWK] = {}
    for entry in data["keys"]:
        if not isinstance(entry, dict) or not isinstance(entry.get("kid"), str):
            continue
        if (entry.get("alg"), entry.get("kty")) not in _KINDS:
            continue
        try:
            keys[entry["kid"]] = jwt.PyJWK(entry)
        except (jwt.PyJWTError, ValueError, TypeError):
            logger.warning("a published key cannot be read")
    return keys
