"""What looks suspicious by itself: of one person in an hour many links, one text over and over, many requests to connect.

A rule only asks moderators to look (`content_flag`); it removes nothing and stops nobody. Each reads recent rows by the
clock, so that writing costs nothing more. Apps with texts register how to count them, since moderation knows none.
"""

import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.utils import timezone

from lifestring.errors import NotFoundError
from lifestring.statements import all_rows
from moderation.models import Reason, Report, Source, TargetType
from moderation.services import content_flag

WINDOW = timedelta(hours=1)
# So long a rule keeps quiet about somebody: moderators who found nothing wrong are not asked again ten minutes later.
AGAIN = timedelta(days=1)
# Shorter texts ("Thanks!", "See you there") are said often by the most harmless people.
SHORTEST_REPEATED = 25

_REQUESTS = """
SELECT requester_id, count(*) FROM public.user_connections
 WHERE status IN ('pending', 'declined') AND created_at > %(since)s
 GROUP BY requester_id HAVING count(*) >= %(least)s
"""


class TextCount(NamedTuple):
    """What one person wrote lately in one app.

    Args:
        user_id: who.
        text_hash: of a text that is long enough to count as repeated; None for the sum of texts with links.
        number: how many.
    """

    user_id: uuid.UUID
    text_hash: str | None
    number: int


Texts = Callable[[datetime], Iterable[TextCount]]
_texts: list[Texts] = []

# What an app's own rows of (user_id, content) become; `recent` is theirs to say.
COUNT_TEXTS = f"""
WITH recent AS ({{recent}})
SELECT user_id, NULL, count(*) FROM recent WHERE content ~* 'https?://|www[.]' GROUP BY user_id
 UNION ALL
SELECT user_id, md5(lower(regexp_replace(btrim(content, E' \\n\\t'), '\\s+', ' ', 'g'))), count(*) FROM recent
 WHERE length(content) >= {SHORTEST_REPEATED} GROUP BY 1, 2 HAVING count(*) > 1
"""  # noqa: S608 - apps' constants


def register_texts(texts: Texts) -> None:
    """Have these texts looked through; `texts(since)` counts what was written after a moment."""
    if texts not in _texts:
        _texts.append(texts)


def counted_texts(recent: str, since: datetime) -> list[TextCount]:
    """Count texts with links, and repeated ones.

    Args:
        recent: SQL that selects `user_id` and `content` of what was written after `%(since)s`; a constant.
        since: the moment.
    """
    return [TextCount(*row) for row in all_rows(COUNT_TEXTS.format(recent=recent), {"since": since})]


def apply_rules() -> int:
    """Flag everybody whom a rule says something about; returns how many flags there were."""
    since = timezone.now() - WINDOW
    links: Counter[uuid.UUID] = Counter()
    repeats: Counter[tuple[uuid.UUID, str]] = Counter()
    for texts in _texts:
        for user_id, text_hash, number in texts(since):
            if text_hash is None:
                links[user_id] += number
            else:
                repeats[user_id, text_hash] += number
    most: Counter[uuid.UUID] = Counter()
    for (user_id, _), count in repeats.items():
        most[user_id] = max(most[user_id], count)
    values = {"since": since, "least": settings.RULE_REQUESTS_PER_HOUR}
    requests = Counter({row[0]: row[1] for row in all_rows(_REQUESTS, values)})
    found = (
        (Source.LINKS, links, settings.RULE_LINKS_PER_HOUR, "{count} texts with links within an hour."),
        (Source.REPEATS, most, settings.RULE_REPEATS_PER_HOUR, "The same text {count} times within an hour."),
        (Source.REQUESTS, requests, settings.RULE_REQUESTS_PER_HOUR, "{count} requests to connect within an hour."),
    )
    return sum(
        _flagged(source, user_id, words.format(count=count))
        for source, counts, least, words in found
        for user_id, count in sorted(counts.items())
        if count >= least
    )


def _flagged(source: Source, user_id: uuid.UUID, details: str) -> bool:
    if Report.objects.by_source(source, user_id, timezone.now() - AGAIN).exists():
        return False
    try:
        content_flag(source=source, target_type=TargetType.USER, target_id=user_id, reason=Reason.SPAM, details=details)
    except NotFoundError:
        # Erased meanwhile.
        return False
    return True
