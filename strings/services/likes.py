"""Likes, with `likes_count` equal to the rows at every moment.

The string's row is locked first, so two likers of one string take turns, and the count changes only together with the
row it counts.
"""

import uuid
from typing import Literal, NamedTuple

from django.db import connection

from accounts.callers import Caller
from lifestring.db import service
from lifestring.errors import BlockedError, NotFoundError
from lifestring.rows import Row
from strings.broadcasts import tell_liked

# One round trip: lock the string, write the like if it is new, count it only then, and know whom to tell by which name.
_LIKE = """
WITH target AS MATERIALIZED (SELECT id FROM public.strings WHERE id = %(string)s FOR NO KEY UPDATE),
     changed AS (
       INSERT INTO public.string_likes (string_id, user_id, updated_at)
       SELECT id, %(user)s, now() FROM target
       ON CONFLICT (string_id, user_id) DO NOTHING RETURNING 1)
UPDATE public.strings SET likes_count = likes_count + (SELECT count(*) FROM changed)
 WHERE id = (SELECT id FROM target)
RETURNING likes_count, (SELECT count(*) FROM changed), user_id,
          (SELECT contact_info ->> 'name' FROM public.user_profiles WHERE user_id = %(user)s)
"""
_UNLIKE = """
WITH target AS MATERIALIZED (SELECT id FROM public.strings WHERE id = %(string)s FOR NO KEY UPDATE),
     changed AS (
       DELETE FROM public.string_likes WHERE string_id = (SELECT id FROM target) AND user_id = %(user)s RETURNING 1)
UPDATE public.strings SET likes_count = likes_count - (SELECT count(*) FROM changed)
 WHERE id = (SELECT id FROM target)
RETURNING likes_count, (SELECT count(*) FROM changed)
"""
_LOCK = "SELECT 1 FROM public.strings WHERE id = %s FOR NO KEY UPDATE"
_AUTHOR = "SELECT user_id FROM public.strings WHERE id = %s"


class LikeResult(NamedTuple):
    """How many like the string now, and what the caller's call made true."""

    likes_count: int
    action: Literal["liked", "unliked"]


@service
def string_like(*, caller: Caller, string_id: uuid.UUID) -> LikeResult:
    """Like a string; again changes nothing.

    Raises:
        NotFoundError: there is no such string.
        BlockedError: a block stands between caller and author.
    """
    return _like(caller, string_id)


@service
def string_unlike(*, caller: Caller, string_id: uuid.UUID) -> LikeResult:
    """Take a like back; again changes nothing. It stays possible across a block.

    Raises:
        NotFoundError: there is no such string.
    """
    return LikeResult(_run(_UNLIKE, caller, string_id)[0], "unliked")


@service
def string_like_toggle(*, caller: Caller, string_id: uuid.UUID) -> LikeResult:
    """Like the string, or take the like back if there is one.

    Raises:
        NotFoundError, BlockedError: as `string_like`.
    """
    with connection.cursor() as cursor:
        # A statement of its own: what follows then sees the toggle that held the lock before us.
        cursor.execute(_LOCK, [string_id])
    count, removed = _run(_UNLIKE, caller, string_id)
    if removed:
        return LikeResult(count, "unliked")
    return _like(caller, string_id)


def _like(caller: Caller, string_id: uuid.UUID) -> LikeResult:
    _check_not_blocked(caller, string_id)
    count, is_new, author_id, name = _run(_LIKE, caller, string_id)
    if is_new:
        tell_liked(author_id, caller, string_id=string_id, name=name, likes=count)
    return LikeResult(count, "liked")


def _run(statement: str, caller: Caller, string_id: uuid.UUID) -> Row:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"string": string_id, "user": caller.user_id})
        row: Row | None = cursor.fetchone()
    if row is None:
        raise NotFoundError
    return row


def _check_not_blocked(caller: Caller, string_id: uuid.UUID) -> None:
    if not caller.hidden_ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(_AUTHOR, [string_id])
        row = cursor.fetchone()
    if row is not None and row[0] in caller.hidden_ids:
        raise BlockedError
