"""How calendar programs sign in: they cannot send headers, so the feed's address carries a token of its own."""

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from accounts.authentication import load_caller
from accounts.callers import Caller
from accounts.tokens import TokenError
from events import reads
from lifestring.errors import ErrorCode


class FeedTokenAuthentication(BaseAuthentication):
    """The feed's own token in `?token=`, which opens nothing else; for requests without an Authorization header."""

    def authenticate(self, request: Request) -> tuple[Caller, None] | None:
        """Return whose feed it is, or None without a token.

        Raises:
            TokenError: the token opens no feed (401).
            DomainError: Supabase has banned the account (403).
        """
        token = request._request.GET.get("token", "")
        if not token:
            return None
        user_id = reads.feed_owner(token)
        if user_id is None:
            raise TokenError("This calendar address is not valid, or not any more.", ErrorCode.TOKEN_INVALID)
        return load_caller(user_id), None
