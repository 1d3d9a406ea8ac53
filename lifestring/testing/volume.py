"""Rows in quantity, written by the database itself."""

import uuid
from datetime import UTC, datetime

from django.db import connection

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


def many_strings(author: uuid.UUID, count: int, *, ties: int = 1, likes: int = 1) -> None:
    """Write strings a second apart.

    Args:
        author: their author's user id.
        count: how many.
        ties: so many in a row share one `created_at`.
        likes: `likes_count` runs through so many values again and again, whatever rows there are.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO strings (user_id, content_text, created_at, updated_at, likes_count) "
            "SELECT %s, 'text ' || n, %s + (n / %s) * interval '1 second', %s, n %% %s FROM generate_series(0, %s - 1) n",
            [author, EPOCH, ties, EPOCH, likes, count],
        )


def many_people(count: int) -> list[uuid.UUID]:
    """Make accounts, and with them, by the trigger, profiles; returns their user ids."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO auth.users (id, email, raw_user_meta_data) "
            "SELECT id, id || '@lifestring.example', jsonb_build_object('name', 'Person ' || n) "
            "FROM (SELECT gen_random_uuid() AS id, n FROM generate_series(1, %s) n) made RETURNING id",
            [count],
        )
        return [row[0] for row in cursor.fetchall()]
