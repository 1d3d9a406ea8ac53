"""Rooms for the live benchmarks: 2,000 people in 200 rooms of 10, one room of 200, one of 20; made by SQL."""

import uuid
from hashlib import md5

from django.core.management import call_command
from django.db import connection

from lifestring.testing.people import make_token

ROOMS, PEOPLE_PER_ROOM = 200, 10
PEOPLE = ROOMS * PEOPLE_PER_ROOM
LARGE, SMALL = 200, 20

_FILL = f"""
INSERT INTO auth.users (id, email, raw_user_meta_data)
SELECT md5('user' || n)::uuid, 'person' || n || '@lifestring.example', jsonb_build_object('name', 'Person ' || n)
  FROM generate_series(1, {PEOPLE}) n ON CONFLICT DO NOTHING;
INSERT INTO public.rooms (id, name, metadata)
SELECT md5('room' || n)::uuid, 'Room ' || n, '{{}}'::jsonb FROM generate_series(1, {ROOMS}) n
UNION ALL SELECT md5('large')::uuid, 'Large', '{{}}'::jsonb UNION ALL SELECT md5('small')::uuid, 'Small', '{{}}'::jsonb;
INSERT INTO public.room_participants (room_id, user_id)
SELECT md5('room' || (n - 1) / {PEOPLE_PER_ROOM} + 1)::uuid, md5('user' || n)::uuid FROM generate_series(1, {PEOPLE}) n
UNION ALL SELECT md5('large')::uuid, md5('user' || n)::uuid FROM generate_series(1, {LARGE}) n
UNION ALL SELECT md5('small')::uuid, md5('user' || n)::uuid FROM generate_series(1, {SMALL}) n;
"""


def build() -> None:
    """Migrate the database of the settings and fill it, once."""
    call_command("migrate", verbosity=0, interactive=False)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM public.rooms")
        if cursor.fetchone() == (0,):
            cursor.execute(_FILL)
            cursor.execute("VACUUM ANALYZE")


def make_person(user_id: uuid.UUID, name: str) -> None:
    """Make somebody with this id, once; the trigger makes their profile."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO auth.users (id, raw_user_meta_data) VALUES (%s, jsonb_build_object('name', %s::text)) "
            "ON CONFLICT DO NOTHING",
            [user_id, name],
        )


def room(name: str) -> uuid.UUID:
    """Return a room's id: `large`, `small`, or `room1` to `room200`."""
    return _id(name)


def token(number: int) -> str:
    """Return the access token of a person, counted from 1."""
    return make_token(_id(f"user{number}"))


def room_of(number: int) -> uuid.UUID:
    """Return the room of ten that a person is in."""
    return _id(f"room{(number - 1) // PEOPLE_PER_ROOM + 1}")


def _id(name: str) -> uuid.UUID:
    return uuid.UUID(md5(name.encode(), usedforsecurity=False).hexdigest())
