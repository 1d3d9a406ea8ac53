"""What is sent when somebody does something with another person's string; one's own acts are no news.

Whoever a block stands between gets no further than the service that calls this.
"""

import uuid

from django.db import connection

from accounts.callers import Caller
from accounts.realtime import user_group
from accounts.shapes import AuthorShape, author_shape
from lifestring.dispatch import broadcast_on_commit
from strings.models import StringComment
from strings.realtime import StringCommentedFrame, StringLikedFrame

_NAME = "SELECT contact_info ->> 'name' FROM public.user_profiles WHERE user_id = %s"


def tell_liked(author_id: uuid.UUID, caller: Caller, *, string_id: uuid.UUID, name: str | None, likes: int) -> None:
    """Tell a string's author that the caller, of this name, likes it."""
    if author_id == caller.user_id:
        return
    user = _author(caller, name)
    frame = StringLikedFrame(
        type="string.liked", string_id=string_id, user_id=caller.user_id, user=user, likes_count=likes
    )
    broadcast_on_commit(user_group(author_id), frame)


def tell_commented(author_id: uuid.UUID, caller: Caller, comment: StringComment, *, comments: int) -> None:
    """Tell a string's author of the caller's comment on it."""
    if author_id == caller.user_id:
        return
    with connection.cursor() as cursor:
        cursor.execute(_NAME, [caller.user_id])
        row = cursor.fetchone()
    frame = StringCommentedFrame(
        type="string.commented",
        string_id=comment.string_id,
        comment_id=comment.id,
        parent_comment_id=comment.parent_comment_id,
        content=comment.content,
        user_id=caller.user_id,
        user=_author(caller, row[0] if row else None),
        comments_count=comments,
    )
    broadcast_on_commit(user_group(author_id), frame)


def _author(caller: Caller, name: str | None) -> AuthorShape | None:
    return author_shape(caller.user_id, (caller.profile_id, name, caller.is_admin, caller.is_mod))
