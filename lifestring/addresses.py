"""Where a request comes from, as far as that can be known (docs/configuration.md)."""

from django.conf import settings
from rest_framework.request import Request


def client_address(request: Request) -> str:
    """Return the client's address: the peer's own, or, behind a trusted proxy, the one that proxy saw.

    Everything before the last comma of `X-Forwarded-For` is what the client itself may have sent.
    """
    forwarded: str = request.META.get("HTTP_X_FORWARDED_FOR", "")
    seen = forwarded.rpartition(",")[2].strip() if settings.TRUST_PROXY else ""
    return seen or str(request.META.get("REMOTE_ADDR", ""))
