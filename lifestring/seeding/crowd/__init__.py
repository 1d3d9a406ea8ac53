"""A crowd: a generated world of a given size, for measuring how the product grows (docs/performance.md, Growth).

Where the demo world is to be read, the crowd is to be counted: popular strings and ones nobody likes, busy rooms, people
who write much and many who do not, texts with common and with rare words. The same number makes the same rows, and a
larger crowd has the same proportions.

Rows go in by COPY, past the services and, but for the profiles, past triggers and foreign key checks, which would take
longer than everything else. What they guarantee is kept here by construction, and held by lifestring/tests/test_crowd.py.
"""

import random
from collections.abc import Callable
from datetime import datetime

from django.db import connection, transaction

from lifestring.seeding.content import load_content
from lifestring.seeding.crowd.copying import Progress
from lifestring.seeding.crowd.crowd import Crowd, Sizes
from lifestring.seeding.crowd.people import first_email, plant_people
from lifestring.seeding.crowd.rooms import plant_rooms
from lifestring.seeding.crowd.strings import plant_strings
from lifestring.seeding.crowd.things import plant_connections, plant_events
from lifestring.seeding.crowd.vocabulary import Vocabulary
from lifestring.seeding.world import LOCK_KEY, table

__all__ = ["SCALES", "Sizes", "plant_crowd"]

SCALES = {"medium": 50_000, "large": 1_000_000}
# What autovacuum would come to in a while: the planner must not guess at millions of new rows meanwhile.
TIDY_UP = "VACUUM (ANALYZE)"


def plant_crowd(
    *, password_hash: str, sizes: Sizes, number: int, now: datetime, say: Callable[[str], None] = lambda _: None
) -> bool:
    """Store a crowd in one transaction: all of it or nothing, so that a run that was killed can simply be repeated.

    Args:
        password_hash: what everybody's password verifies against, as Supabase Auth keeps it.
        sizes: how much of everything.
        number: chooses everything random.
        now: the moment the past is counted from.
        say: told a line now and then about how far it is.

    Returns:
        Whether it was stored; False where a crowd, of whatever size, is there already.
    """
    content = load_content()
    # Nothing here decides about security, so a fast repeatable generator serves.
    crowd = Crowd(sizes, now, random.Random(number), Vocabulary(content), content, Progress(say))  # noqa: S311
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK_KEY])
        if table("accounts.AuthUser").objects.filter(email=first_email()).exists():
            return False
        plant_people(crowd, password_hash)
        cursor.execute("SET LOCAL session_replication_role = replica")
        plant_connections(crowd)
        plant_events(crowd)
        plant_strings(crowd)
        plant_rooms(crowd)
    with connection.cursor() as cursor:
        say("vacuum and analyze …")
        cursor.execute(TIDY_UP)
    return True
