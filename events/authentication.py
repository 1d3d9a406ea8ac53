"""How calendar programs sign in: they cannot send headers, so the feed's address carries a token of its own."""

from typing import Any

from rest_framework.request import Request

from accounts.authentication import SupabaseAuthentication, load_caller
from accounts.callers import Caller
from accounts.tokens import TokenError
from events import reads
from lifestring.errors import ErrorCode


class FeedAuthentication(SupabaseAuthentication):
    """A bearer token as everywhere or, without one, the feed's own in `?token=`, which opens nothing else."""

    def authenticate(self, request: Request) -> tuple[Caller, Any] | None:  # type: ignore[override]
        """Return the caller, or None with neither.

        Raises:
            TokenError: what was sent signs nobody in (401).
            DomainError: Supabase has banned the account (403).
        """
        token = request._request.GET.get("token", "")
        if self.get_header(request) is not None or not token:
            return super().authenticate(request)
        user_id = reads.feed_owner(token)
        if user_id is None:
            raise TokenError("This calendar address is not valid, or not any more.", ErrorCode.TOKEN_INVALID)
        return load_caller(user_id), None
