"""How strings, comments and likes look in answers (docs/api.md, Resources): columns in, JSON objects out."""

import uuid
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, TypedDict

from accounts.callers import Caller
from accounts.shapes import AUTHOR_COLUMNS, AuthorShape, author_shape
from lifestring import rows
from lifestring.rendering import json_text
from lifestring.rows import Row
from strings import reads

STRING_COLUMNS = (
    "id",
    "user_id",
    "content_text",
    "content_images",
    "stringable_type",
    "stringable_id",
    "likes_count",
    "comments_count",
    "created_at",
    "updated_at",
    *AUTHOR_COLUMNS,
    "is_liked_by_user",
)
COMMENT_COLUMNS = (
    "id",
    "string_id",
    "user_id",
    "parent_comment_id",
    "content",
    "created_at",
    "updated_at",
    *AUTHOR_COLUMNS,
    "replies_count",
)
LIKE_COLUMNS = ("string_id", "user_id")
STRING_INCLUDES = ("user", "comments", "likes")
COMMENT_INCLUDES = ("user", "replies", "replies.user", "parentComment")


class StringLinks(TypedDict):
    """Where a string and its comments are."""

    self: str
    comments: str


class StringShape(TypedDict, total=False):
    """A string as answers show it; `comments` and `likes` only where included."""

    id: uuid.UUID
    user_id: uuid.UUID
    content_text: str | None
    content_images: Any
    stringable_type: str | None
    stringable_id: uuid.UUID | None
    likes_count: int
    comments_count: int
    created_at: Any
    updated_at: Any
    user: AuthorShape | None
    is_liked_by_user: bool
    links: StringLinks
    comments: list[dict[str, Any]]
    likes: list[dict[str, Any]]


def string_shapes(
    found: list[Row], *, caller: Caller, base: str, include: frozenset[str] = frozenset()
) -> list[StringShape]:
    """Shape rows of `STRING_COLUMNS`; each include costs one query for the whole page.

    Args:
        found: the page's rows.
        caller: whose view it is: blocked people's comments and likes stay out.
        base: scheme and host for the links.
        include: names of `STRING_INCLUDES`.
    """
    shaped = [_string_shape(row, base) for row in found]
    ids = [row[0] for row in found]
    if ids and "comments" in include:
        comments = rows.fetch(reads.newest_comments, (tuple(ids), caller), COMMENT_COLUMNS)
        grouped = _grouped(comments, 1, comment_shapes(comments, caller=caller, base=base, include=frozenset({"user"})))
        for shape in shaped:
            shape["comments"] = grouped[shape["id"]]
    if ids and "likes" in include:
        likes = rows.fetch(reads.newest_likes, (tuple(ids), caller), LIKE_COLUMNS)
        liked = _grouped(likes, 0, [{"user_id": row[1]} for row in likes])
        for shape in shaped:
            shape["likes"] = liked[shape["id"]]
    return shaped


def _string_shape(row: Row, base: str) -> StringShape:
    address = f"{base}/api/strings/{row[0]}"
    return {
        "id": row[0],
        "user_id": row[1],
        "content_text": row[2],
        "content_images": json_text(row[3]),
        "stringable_type": row[4],
        "stringable_id": row[5],
        "likes_count": row[6],
        "comments_count": row[7],
        "created_at": row[8],
        "updated_at": row[9],
        "user": author_shape(row[1], row[10:14]),
        "is_liked_by_user": row[14],
        "links": {"self": address, "comments": f"{address}/comments"},
    }


def comment_shapes(
    found: list[Row], *, caller: Caller, base: str, include: frozenset[str] = frozenset()
) -> list[dict[str, Any]]:
    """Shape rows of `COMMENT_COLUMNS`; each include costs one query for the whole page.

    Args: as `string_shapes`, with names of `COMMENT_INCLUDES`.
    """
    with_user = "user" in include
    shaped = [_comment_shape(row, base, with_user=with_user) for row in found]
    ids = tuple(row[0] for row in found)
    if ids and ("replies" in include or "replies.user" in include):
        replies = rows.fetch(reads.first_replies, (ids, caller), COMMENT_COLUMNS)
        inner = frozenset({"user"}) if "replies.user" in include else frozenset[str]()
        grouped = _grouped(replies, 3, comment_shapes(replies, caller=caller, base=base, include=inner))
        for shape in shaped:
            shape["replies"] = grouped[shape["id"]]
    if "parentComment" in include:
        parents = tuple({row[3] for row in found if row[3]})
        rows_found = rows.fetch(reads.comments, (parents, caller), COMMENT_COLUMNS) if parents else []
        by_id = {row[0]: _comment_shape(row, base, with_user=with_user) for row in rows_found}
        for shape in shaped:
            shape["parent_comment"] = by_id.get(shape["parent_comment_id"])
    return shaped


def _comment_shape(row: Row, base: str, *, with_user: bool) -> dict[str, Any]:
    address = f"{base}/api/strings/{row[1]}"
    shape = {
        "id": row[0],
        "string_id": row[1],
        "user_id": row[2],
        "parent_comment_id": row[3],
        "content": row[4],
        "created_at": row[5],
        "updated_at": row[6],
        "is_reply": row[3] is not None,
        "replies_count": row[11],
        "links": {"self": f"{address}/comments/{row[0]}", "string": address},
    }
    if with_user:
        shape["user"] = author_shape(row[2], row[7:11])
    return shape


def _grouped(found: list[Row], key: int, shaped: Iterable[Any]) -> defaultdict[Any, list[Any]]:
    groups: defaultdict[Any, list[Any]] = defaultdict(list)
    for row, shape in zip(found, shaped, strict=True):
        groups[row[key]].append(shape)
    return groups


def string_shape_for(
    string_id: uuid.UUID, *, caller: Caller, base: str, include: frozenset[str] = frozenset()
) -> StringShape | None:
    """Read and shape one string, or None where there is none."""
    found = rows.fetch(reads.one, (string_id, caller), STRING_COLUMNS)
    return string_shapes(found, caller=caller, base=base, include=include)[0] if found else None


def comment_shape_for(
    comment_id: uuid.UUID, *, caller: Caller, base: str, include: frozenset[str] = frozenset()
) -> dict[str, Any] | None:
    """Read and shape one comment the caller may see, or None."""
    found = rows.fetch(reads.comments, ((comment_id,), caller), COMMENT_COLUMNS)
    return comment_shapes(found, caller=caller, base=base, include=include)[0] if found else None
