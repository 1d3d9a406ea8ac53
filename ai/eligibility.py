"""Who may be recommended to whom, whatever finds them (docs/api.md, People)."""

import uuid
from typing import NamedTuple


class Candidate(NamedTuple):
    """Somebody to recommend.

    Args:
        user_id: who.
        score: how alike the two are, from 0 to 1.
        reasons: what both care about, as the candidate wrote it.
        source: what found them, a name of `SOURCES` (ai/similarity.py).
    """

    user_id: uuid.UUID
    score: float
    reasons: list[str]
    source: str


# Holds of a profile `p` that may be recommended to %(user)s. Whatever stands or stood between two people, an unanswered
# or declined request and a block of either side among it, has them know of each other.
ELIGIBLE = """
p.user_id <> %(user)s
AND NOT EXISTS (
    SELECT 1 FROM public.user_connections c
     WHERE (c.requester_id = %(user)s AND c.receiver_id = p.user_id)
        OR (c.receiver_id = %(user)s AND c.requester_id = p.user_id))
AND NOT EXISTS (
    SELECT 1 FROM public.user_recommendations r
     WHERE r.user_id = %(user)s AND r.recommended_user_id = p.user_id AND r.status IN ('accepted', 'dismissed'))
AND NOT EXISTS (
    SELECT 1 FROM django.accounts_suspension s WHERE s.user_id = p.user_id AND (s.until IS NULL OR s.until > now()))
AND NOT EXISTS (SELECT 1 FROM auth.users a WHERE a.id = p.user_id AND a.banned_until > now())
"""
