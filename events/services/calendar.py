"""The token that opens a person's calendar feed (docs/api.md, Events)."""

import secrets

from django.db.models.functions import Now

from accounts.callers import Caller
from events.models import CalendarToken
from lifestring.db import service

TOKEN_BYTES = 32


@service
def calendar_token_make(*, caller: Caller) -> str:
    """Make a new token and return it; the one before, if any, opens nothing from then on."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    CalendarToken.objects.update_or_create(
        user_id=caller.user_id, defaults={"token_hash": CalendarToken.hash_of(token), "created_at": Now()}
    )
    return token


@service
def calendar_token_revoke(*, caller: Caller) -> None:
    """Close the feed; again changes nothing."""
    CalendarToken.objects.filter(user_id=caller.user_id).delete()
