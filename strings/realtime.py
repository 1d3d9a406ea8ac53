"""What the author of a string hears of it, on every socket of theirs (docs/live.md, Server to client)."""

import uuid
from typing import Literal, TypedDict

from accounts.shapes import AuthorShape


class StringLikedFrame(TypedDict):
    """Somebody likes a string of the person's."""

    type: Literal["string.liked"]
    string_id: uuid.UUID
    user_id: uuid.UUID
    user: AuthorShape | None
    likes_count: int


class StringCommentedFrame(TypedDict):
    """Somebody commented on a string of the person's, or answered a comment there; the count is the string's new one."""

    type: Literal["string.commented"]
    string_id: uuid.UUID
    comment_id: uuid.UUID
    parent_comment_id: uuid.UUID | None
    content: str
    user_id: uuid.UUID
    user: AuthorShape | None
    comments_count: int
