"""The account that speaks for the assistant in rooms: a person to the database, and nobody to meet or to be.

It signs nobody in, no list or search shows it, and nobody connects with it, blocks it or erases it (docs/api.md, AI).
"""

import uuid

from django.conf import settings


def assistant_id() -> uuid.UUID | None:
    """Return whose account it is, None where the operator has named none (`AI_BOT_USER_ID`)."""
    return uuid.UUID(settings.AI_BOT_USER_ID) if settings.AI_BOT_USER_ID else None


def is_assistant(user_id: uuid.UUID) -> bool:
    """Whether this is the assistant's account."""
    return user_id == assistant_id()
