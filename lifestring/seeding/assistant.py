"""The account that speaks for the assistant in local mode, where no operator names one."""

from django.conf import settings
from django.db import connection, transaction

NAME = "Lifestring Assistant"
# Without a password and an address nobody signs in with it. The trigger on auth.users makes its profile.
_ACCOUNT = """
INSERT INTO auth.users (id, aud, role, raw_user_meta_data, raw_app_meta_data, is_anonymous, created_at, updated_at)
VALUES (%s, 'authenticated', 'authenticated', jsonb_build_object('name', %s::text), '{}', false, now(), now())
ON CONFLICT (id) DO NOTHING
"""


def plant_assistant() -> None:
    """Store the account of `AI_BOT_USER_ID` unless it is there; only local mode may make accounts."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(_ACCOUNT, [settings.AI_BOT_USER_ID, NAME])
