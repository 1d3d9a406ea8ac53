"""How recommendations look in answers (docs/api.md, Resources): columns in, JSON objects out."""

import uuid
from typing import Any

from accounts.callers import Caller
from accounts.shapes import USER_COLUMNS, user_shapes
from ai import reads
from lifestring import rows
from lifestring.rendering import json_text
from lifestring.rows import Row

RECOMMENDATION_COLUMNS = (
    "id",
    "user_id",
    "recommended_user_id",
    "similarity_score",
    "status",
    "context",
    "created_at",
    "updated_at",
)
RECOMMENDATION_INCLUDES = ("recommendedUser",)


def recommendation_shapes(
    found: list[Row], *, caller: Caller, include: frozenset[str] = frozenset()
) -> list[dict[str, Any]]:
    """Shape rows of `RECOMMENDATION_COLUMNS`; the people cost one query for the whole page.

    Args:
        found: the page's rows.
        caller: whose view it is.
        include: names of `RECOMMENDATION_INCLUDES`.
    """
    shaped = [_recommendation_shape(row) for row in found]
    if found and "recommendedUser" in include:
        people = people_by_id(tuple(row[2] for row in found), caller)
        for shape in shaped:
            shape["recommended_user"] = people.get(shape["recommended_user_id"])
    return shaped


def _recommendation_shape(row: Row) -> dict[str, Any]:
    shape = dict(zip(RECOMMENDATION_COLUMNS, row, strict=True))
    shape["similarity_score"] = float(row[3])
    # The old backend's clients read it under its former name.
    shape["context"] = shape["metadata"] = json_text(row[5])
    return shape


def people_by_id(user_ids: tuple[uuid.UUID, ...], caller: Caller) -> dict[uuid.UUID, Any]:
    """Read and shape these people, those the caller may not find left out."""
    found = rows.fetch(reads.people, (user_ids, caller), USER_COLUMNS)
    return {shape["user_id"]: shape for shape in user_shapes(found, caller=caller)}
