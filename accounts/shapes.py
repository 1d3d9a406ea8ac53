"""How people look in answers (docs/api.md, Resources and Privacy): columns in, JSON objects out."""

import uuid
from collections import defaultdict
from collections.abc import Collection
from typing import Any, TypedDict

from accounts import reads
from accounts.callers import Caller
from lifestring import rows
from lifestring.expressions import TextKey
from lifestring.rendering import json_text
from lifestring.rows import Row

USER_COLUMNS = (
    "id",
    "user_id",
    "is_admin",
    "is_mod",
    "shown_contact_info",
    "social_links",
    "attributes",
    "biography",
    "shown_meta",
    "created_at",
    "updated_at",
    TextKey("contact_info", "name"),
)
# The author of something, over its `author` relation.
AUTHOR_COLUMNS = ("author__id", TextKey("author__contact_info", "name"), "author__is_admin", "author__is_mod")
# A person by themself, in short.
PERSON_COLUMNS = ("user_id", "id", TextKey("contact_info", "name"), "is_admin", "is_mod")
ENNEAGRAM_COLUMNS = ("id", "type_number", "name", "description", "attributes")
CHOICE_COLUMNS = ("user_id", *(f"enneagram__{name}" for name in ENNEAGRAM_COLUMNS))
USER_INCLUDES = ("enneagrams",)


class AuthorShape(TypedDict):
    """The short form of a person inside other resources."""

    id: uuid.UUID
    user_id: uuid.UUID
    name: str | None
    is_admin: bool
    is_mod: bool


class UserShape(TypedDict, total=False):
    """A profile; `meta` only for oneself and admins, `enneagrams` only where included."""

    id: uuid.UUID
    user_id: uuid.UUID
    name: str | None
    is_admin: bool
    is_mod: bool
    contact_info: Any
    social_links: Any
    attributes: Any
    biography: Any
    meta: Any
    created_at: Any
    updated_at: Any
    enneagrams: list[dict[str, Any]]


def author_shape(user_id: uuid.UUID, row: Row) -> AuthorShape | None:
    """Shape a person from (profile id, name, is_admin, is_mod); None where the profile is gone."""
    if row[0] is None:
        return None
    return {"id": row[0], "user_id": user_id, "name": row[1], "is_admin": bool(row[2]), "is_mod": bool(row[3])}


def user_shapes(found: list[Row], *, caller: Caller, include: frozenset[str] = frozenset()) -> list[UserShape]:
    """Shape rows of `USER_COLUMNS`; enneagrams cost one query for the whole page."""
    shaped = [_user_shape(row, caller) for row in found]
    if found and "enneagrams" in include:
        grouped: defaultdict[Any, list[dict[str, Any]]] = defaultdict(list)
        for row in rows.fetch(reads.chosen_enneagrams, (tuple(row[1] for row in found),), CHOICE_COLUMNS):
            grouped[row[0]].append(enneagram_shape(row[1:]))
        for shape in shaped:
            shape["enneagrams"] = grouped[shape["user_id"]]
    return shaped


def _user_shape(row: Row, caller: Caller) -> UserShape:
    shape: UserShape = {
        "id": row[0],
        "user_id": row[1],
        "name": row[11],
        "is_admin": bool(row[2]),
        "is_mod": bool(row[3]),
        "contact_info": json_text(row[4]),
        "social_links": json_text(row[5]),
        "attributes": json_text(row[6]),
        "biography": json_text(row[7]),
        "created_at": row[9],
        "updated_at": row[10],
    }
    if caller.is_admin or row[1] == caller.user_id:
        shape["meta"] = json_text(row[8])
    return shape


def enneagram_shape(row: Row) -> dict[str, Any]:
    """Shape a row of `ENNEAGRAM_COLUMNS`."""
    return {
        "id": row[0],
        "type_number": row[1],
        "name": row[2],
        "description": row[3],
        "attributes": json_text(row[4]),
    }


def user_shape_for(user_id: uuid.UUID, *, caller: Caller, include: frozenset[str] = frozenset()) -> UserShape | None:
    """Read and shape one profile by user id or profile id, or None where the caller sees none."""
    found = rows.fetch(reads.person, (user_id, caller), USER_COLUMNS)
    return user_shapes(found, caller=caller, include=include)[0] if found else None


def user_shapes_by_id(user_ids: Collection[uuid.UUID], *, caller: Caller) -> dict[uuid.UUID, UserShape]:
    """Read and shape these people, as the caller may see them; one query."""
    found = rows.fetch(reads.people_by_id, (tuple(user_ids), caller), USER_COLUMNS) if user_ids else []
    return {shape["user_id"]: shape for shape in user_shapes(found, caller=caller)}
