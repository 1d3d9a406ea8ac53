"""What time does to money and messages: what is lost is settled, what is old goes (docs/decisions/019-budgets.md).

Entries that somebody holds are passed over, so nobody here ever waits for one.
"""

from django.conf import settings
from django.db import connection

from lifestring.db import service

SWEPT_AT_ONCE = 500
TRIMMED_AT_ONCE = 10_000
# Counts are of use within their own day.
COUNT_DAYS = 2

_SWEEP = """
UPDATE django.ai_usageentry SET outcome = 'lost', cost = reserved, is_estimate = true, settled_at = now()
 WHERE id IN (SELECT id FROM django.ai_usageentry WHERE outcome = 'open' AND expires_at < now()
               ORDER BY expires_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
"""
_TRIM = """
DELETE FROM django.ai_usageentry WHERE id IN (
    SELECT id FROM django.ai_usageentry
     WHERE created_at < now() - make_interval(days => %(days)s) AND outcome <> 'open' ORDER BY created_at LIMIT %(limit)s
       FOR UPDATE SKIP LOCKED)
"""
_TRIM_COUNTS = "DELETE FROM django.ai_messagecount WHERE began_at < now() - make_interval(days => %s)"
_TRIM_SPENDING = "DELETE FROM django.ai_spending WHERE day < (now() AT TIME ZONE 'UTC')::date - %s"
_FORGET_PEOPLE = """
UPDATE django.ai_usageentry SET user_id = NULL, room_id = NULL
 WHERE id IN (SELECT e.id FROM django.ai_usageentry e
               WHERE e.user_id IS NOT NULL AND NOT EXISTS (SELECT FROM auth.users u WHERE u.id = e.user_id)
                 FOR UPDATE SKIP LOCKED)
"""
# An address is counted under something longer (ai/budgets.py).
_FORGET_COUNTS = """
DELETE FROM django.ai_messagecount
 WHERE length(subject) = 36
   AND NOT EXISTS (SELECT FROM auth.users u WHERE u.id = CASE WHEN length(subject) = 36 THEN subject::uuid END)
"""
_FORGET_ROOMS = """
UPDATE django.ai_usageentry SET room_id = NULL
 WHERE id IN (SELECT e.id FROM django.ai_usageentry e
               WHERE e.room_id IS NOT NULL AND NOT EXISTS (SELECT FROM public.rooms r WHERE r.id = e.room_id)
                 FOR UPDATE SKIP LOCKED)
"""


@service
def usage_sweep() -> int:
    """Settle, at what was reserved, turns whose process did not live to do it; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(_SWEEP, {"limit": SWEPT_AT_ONCE})
        return int(cursor.rowcount)


@service
def usage_trim() -> int:
    """Delete some of what is older than `AI_USAGE_DAYS`, and counts of days gone by; returns how much, 0 when all is."""
    with connection.cursor() as cursor:
        cursor.execute(_TRIM, {"days": settings.AI_USAGE_DAYS, "limit": TRIMMED_AT_ONCE})
        removed = cursor.rowcount
        cursor.execute(_TRIM_COUNTS, [COUNT_DAYS])
        cursor.execute(_TRIM_SPENDING, [settings.AI_USAGE_DAYS])
    return int(removed)


@service
def usage_orphans_sweep() -> int:
    """Forget people and rooms that are gone; what was spent stays. Returns how many entries changed."""
    with connection.cursor() as cursor:
        cursor.execute(_FORGET_PEOPLE)
        changed = cursor.rowcount
        cursor.execute(_FORGET_COUNTS)
        cursor.execute(_FORGET_ROOMS)
        return int(changed + cursor.rowcount)
