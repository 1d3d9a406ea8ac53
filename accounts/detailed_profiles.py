"""`public.detailed_profiles`, a table some installations have: reading it, and erasing from it (docs/database.md).

No model stands for it: which columns there are differs too. A column that is missing, or that holds something else than
expected, reads as empty.
"""

import json
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper

_EXISTS = "SELECT pg_catalog.to_regclass('public.detailed_profiles') IS NOT NULL"
_READ = "SELECT to_jsonb(d)::text FROM public.detailed_profiles d WHERE d.user_id = ANY(%s)"
_ERASE = "DELETE FROM public.detailed_profiles WHERE user_id = %s"


@dataclass(frozen=True, slots=True)
class DetailedProfile:
    """What a person told of themself in the other client; age and birthday, which are private, stay out."""

    user_id: uuid.UUID
    name: str = ""
    profile_photo: str = ""
    photos: tuple[str, ...] = ()
    bio: str = ""
    location: str = ""
    interests: tuple[str, ...] = ()
    passions: tuple[str, ...] = ()
    hobbies: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()


def detailed_profiles_of(user_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, DetailedProfile]:
    """Return what there is about these people; nothing where the table is missing. At most two queries."""
    if not user_ids:
        return {}
    with connection.cursor() as cursor:
        if not _exists(cursor):
            return {}
        cursor.execute(_READ, [list(user_ids)])
        found = [_detailed_profile(json.loads(row)) for (row,) in cursor.fetchall()]
    return {profile.user_id: profile for profile in found}


def written_detailed_profiles(user_id: uuid.UUID) -> list[str]:
    """Return what a person told of themself there, all columns, as JSON that the database wrote."""
    with connection.cursor() as cursor:
        if not _exists(cursor):
            return []
        cursor.execute(_READ, [[user_id]])
        return [text for (text,) in cursor.fetchall()]


def erase_detailed_profile(user_id: uuid.UUID) -> None:
    """Delete what a person told of themself there; nothing happens where the table is missing."""
    with connection.cursor() as cursor:
        if _exists(cursor):
            cursor.execute(_ERASE, [user_id])


def _exists(cursor: CursorWrapper) -> bool:
    cursor.execute(_EXISTS)
    return bool(cursor.fetchone() == (True,))


def _detailed_profile(row: dict[str, Any]) -> DetailedProfile:
    return DetailedProfile(
        user_id=uuid.UUID(row["user_id"]),
        name=_text(row.get("name")),
        profile_photo=_text(row.get("profile_photo")),
        photos=_texts(row.get("photos")),
        bio=_text(row.get("bio")),
        location=_text(row.get("location")),
        interests=_texts(row.get("interests")),
        passions=_texts(row.get("passions")),
        hobbies=_texts(row.get("hobbies")),
        skills=_texts(row.get("skills")),
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: object) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()
