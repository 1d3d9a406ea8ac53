"""The Authorization header of RFC 6750."""

import re

_BEARER = re.compile(r"\s*bearer +(\S+)\s*\Z", re.IGNORECASE)


def bearer_token(header: str) -> str | None:
    """Return the token of an Authorization header's value, None where it holds none."""
    match = _BEARER.match(header)
    return match[1] if match else None
