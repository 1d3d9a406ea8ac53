"""The demo world: a small believable community to look at, click through and test against.

What people say is in `content/*.json`; the modules here give it ids, times and counters. The same number gives the same
world: ids are derived from the content, and everything random comes from one generator.

Rows are inserted in bulk, past the services: nobody listens yet, and thousands of single transactions would make the
first start slow. What services guarantee (exact counters, no traffic across a block) is kept by the same rules here.
"""

import random
from datetime import datetime

from django.db import connection, transaction

from lifestring.seeding.content import load_content
from lifestring.seeding.events import plant_events
from lifestring.seeding.people import plant_connections, plant_people, plant_recommendations
from lifestring.seeding.rooms import plant_rooms
from lifestring.seeding.strings import plant_strings
from lifestring.seeding.world import LOCK_KEY, World, table


def plant_world(*, password_hash: str, number: int, now: datetime, only_if_empty: bool) -> bool:
    """Store the demo world in one transaction: all of it or nothing.

    Args:
        password_hash: what every demo account's password verifies against, as Supabase Auth keeps it.
        number: chooses the world's random choices.
        now: the moment the past and future of the world are counted from.
        only_if_empty: leave a database alone in which anybody has a profile.

    Returns:
        Whether it was stored; False where its people, or with `only_if_empty` anybody, are there already.
    """
    # The order of people, links and so on decides nothing about security, so a fast repeatable generator serves.
    world = World(load_content(), now, random.Random(number))  # noqa: S311
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK_KEY])
        profiles = table("accounts.UserProfile").objects.all()
        if not only_if_empty:
            profiles = profiles.filter(user_id__in=world.user_ids.values())
        if profiles.exists():
            return False
        plant_people(world, password_hash)
        plant_connections(world)
        plant_recommendations(world)
        plant_events(world)
        plant_strings(world)
        plant_rooms(world)
    return True
