"""What was said lately, for the rules that look for floods (moderation/rules.py)."""

from datetime import datetime

from moderation.rules import TextCount, counted_texts

_RECENT = "SELECT user_id, content FROM public.messages WHERE created_at > %(since)s"


def recent_texts(since: datetime) -> list[TextCount]:
    """Count messages."""
    return counted_texts(_RECENT, since)
