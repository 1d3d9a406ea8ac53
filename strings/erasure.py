"""What erasing an account means for strings, likes and comments (docs/api.md, People)."""

import uuid

from django.db import connection

from strings.models import String

# The strings of others that lose something are locked first, so that nothing is added to them while it is counted.
_LOCK = """
SELECT id FROM public.strings
 WHERE id IN (SELECT string_id FROM public.string_likes WHERE user_id = %(user)s
              UNION SELECT string_id FROM public.string_comments WHERE user_id = %(user)s)
 ORDER BY id FOR NO KEY UPDATE
"""
_LIKES = """
WITH gone AS (DELETE FROM public.string_likes WHERE user_id = %(user)s RETURNING string_id)
UPDATE public.strings s SET likes_count = likes_count - 1 FROM gone WHERE s.id = gone.string_id
"""
_COMMENTS = """
WITH RECURSIVE thread AS (
    SELECT id FROM public.string_comments WHERE user_id = %(user)s
    UNION
    SELECT c.id FROM public.string_comments c JOIN thread t ON c.parent_comment_id = t.id),
gone AS (DELETE FROM public.string_comments WHERE id IN (SELECT id FROM thread) RETURNING string_id)
UPDATE public.strings s SET comments_count = comments_count - counted.n
  FROM (SELECT string_id, count(*) AS n FROM gone GROUP BY string_id) counted WHERE s.id = counted.string_id
"""


def erase_strings(user_id: uuid.UUID) -> None:
    """Delete a person's strings, likes and comments with their replies; the counts of what stays follow."""
    String.objects.filter(user_id=user_id).delete()
    with connection.cursor() as cursor:
        for statement in (_LOCK, _LIKES, _COMMENTS):
            cursor.execute(statement, {"user": user_id})
