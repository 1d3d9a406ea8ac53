"""DRF's throttles over the buckets: one for each address, before anything else is looked at, and one for each caller."""

import math
from typing import Any

from django.conf import settings
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from lifestring.telemetry.metrics import LIMITED
from lifestring.throttling.addresses import client_address
from lifestring.throttling.buckets import Policy, Verdict, take

HEADERS = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")


class _Throttle(BaseThrottle):
    """Holds a request against one limit, and leaves word for the answer's headers."""

    verdict: Verdict | None = None

    def held_against(self, request: Request, name: str, caller: str) -> bool:
        """Tell whether the request may pass; a limit that is switched off lets everything pass."""
        limit = settings.RATE_LIMITS.get(name)
        if limit is None:
            return True
        self.verdict = take(Policy(name, *limit), caller)
        # The one that is nearest to its end is the one to tell of.
        told = getattr(request, "limit", None)
        if told is None or self.verdict.remaining < told.remaining or not self.verdict.allowed:
            request.limit = self.verdict  # type: ignore[attr-defined]
        if not self.verdict.allowed:
            LIMITED.labels(name).inc()
        return self.verdict.allowed

    def wait(self) -> float | None:
        """Return how many whole seconds to wait."""
        return None if self.verdict is None else math.ceil(self.verdict.retry_after) or 1


class AddressThrottle(_Throttle):
    """So much from one address, whoever it is and whether or not anybody signs in."""

    def allow_request(self, request: Request, view: Any) -> bool:
        """Tell whether the address may ask for anything more."""
        return self.held_against(request, "address", client_address(request._request))


class CallerThrottle(_Throttle):
    """So much by one caller, of each class: `read` and `write` by method, or what the view calls itself.

    A view says so by `limit_class`, a name for all its methods or a dictionary by action. Whoever is not signed in is
    known by their address.
    """

    def allow_request(self, request: Request, view: Any) -> bool:
        """Tell whether the caller may do this once more."""
        given = getattr(view, "limit_class", None)
        if isinstance(given, dict):
            given = given.get(getattr(view, "action", None))
        name = given or ("read" if request.method in SAFE_METHODS else "write")
        caller = getattr(request.user, "user_id", None)
        return self.held_against(request, name, str(caller or client_address(request._request)))


def address_may_ask(address: str) -> bool:
    """Tell whether an address may open a socket, which counts as one request of its; may wait for Redis a moment."""
    limit = settings.RATE_LIMITS.get("address")
    if limit is None or take(Policy("address", *limit), address).allowed:
        return True
    LIMITED.labels("address").inc()
    return False


def limit_headers(request: Any) -> dict[str, str]:
    """Return the headers that tell how much is left, none where no limit was looked at."""
    verdict: Verdict | None = getattr(request, "limit", None)
    if verdict is None:
        return {}
    values = (verdict.policy.limit, max(0, verdict.remaining), math.ceil(verdict.reset))
    return dict(zip(HEADERS, map(str, values), strict=True))
