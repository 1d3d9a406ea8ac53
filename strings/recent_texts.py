"""What was written lately, for the rules that look for floods (moderation/rules.py)."""

from datetime import datetime

from moderation.rules import TextCount, counted_texts

_RECENT = """
SELECT user_id, content_text AS content FROM public.strings WHERE created_at > %(since)s AND content_text IS NOT NULL
 UNION ALL
SELECT user_id, content FROM public.string_comments WHERE created_at > %(since)s
"""


def recent_texts(since: datetime) -> list[TextCount]:
    """Count strings and comments."""
    return counted_texts(_RECENT, since)
