"""What the assistant told people whose account was deleted in Supabase, past us: no foreign key crosses the schemas."""

from accounts.erasing import take_turns
from ai.erasure import erase_answers
from lifestring.db import service
from lifestring.statements import all_rows

AT_ONCE = 100
_LOST = """
SELECT user_id FROM (SELECT user_id FROM django.ai_assistantanswer UNION SELECT user_id FROM django.ai_assistantturn) known
 WHERE user_id IS NOT NULL AND NOT EXISTS (SELECT FROM auth.users u WHERE u.id = known.user_id)
 ORDER BY user_id LIMIT %s
"""


@service
def answers_orphans_sweep() -> int:
    """Delete it, as an erasure does; returns of how many people, 0 when nobody is left."""
    take_turns()
    lost = all_rows(_LOST, [AT_ONCE])
    for [user_id] in lost:
        erase_answers(user_id)
    return len(lost)
