"""What is kept about people whose account was deleted in Supabase, past us: no foreign key crosses the schemas."""

from accounts.erasing import take_turns
from lifestring.db import service
from lifestring.statements import all_rows
from moderation.erasure import erase_moderation

AT_ONCE = 100
# Of staff only what they did is kept, and operators have no account at Supabase at all.
_LOST = """
SELECT user_id FROM (
    SELECT person_id FROM django.moderation_case UNION SELECT person_id FROM django.moderation_sanction
    UNION SELECT reporter_id FROM django.moderation_report UNION SELECT person_id FROM django.moderation_snapshot
) known (user_id)
 WHERE user_id IS NOT NULL AND NOT EXISTS (SELECT FROM auth.users u WHERE u.id = user_id)
   AND NOT EXISTS (SELECT FROM public.user_profiles p WHERE p.user_id = known.user_id)
 ORDER BY user_id LIMIT %s
"""


@service
def moderation_orphans_sweep() -> int:
    """Forget some of them, as an erasure does; returns how many, 0 when nobody is left."""
    take_turns()
    lost = all_rows(_LOST, [AT_ONCE])
    for [user_id] in lost:
        erase_moderation(user_id)
    return len(lost)
