"""Comments, with `comments_count` equal to the rows at every moment.

Every write locks the string's row first: a parent cannot vanish under a reply, and a deleted thread is counted whole.
"""

import uuid
from typing import Any

from django.db import connection
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from accounts.callers import Caller
from lifestring.db import service
from lifestring.errors import BlockedError, ForbiddenError, NotFoundError, ValidationFailedError
from strings.broadcasts import tell_commented
from strings.models import String, StringComment

OTHER_STRING = "The parent comment is not on this string."

# UNION, which drops what it has already: another client may have written a comment that answers itself.
_THREAD = """
WITH RECURSIVE thread AS (
    SELECT id FROM public.string_comments WHERE id = %s
    UNION
    SELECT c.id FROM public.string_comments c JOIN thread t ON c.parent_comment_id = t.id)
DELETE FROM public.string_comments WHERE id IN (SELECT id FROM thread)
"""


@service
def comment_create(*, caller: Caller, string_id: uuid.UUID, comment_id: uuid.UUID, values: dict[str, Any]) -> uuid.UUID:
    """Store a comment or reply; a second call with the same id stores nothing.

    Args:
        caller: the author.
        string_id: what is commented on.
        comment_id: the new row's id.
        values: validated fields of `CommentWriteSerializer`.

    Raises:
        NotFoundError: there is no such string.
        BlockedError: a block stands between caller and the string's author, or the parent's.
        ValidationFailedError: the parent is on another string.
    """
    string = _locked_string(string_id)
    if string.user_id in caller.hidden_ids:
        raise BlockedError
    if StringComment.objects.filter(id=comment_id).exists():
        return comment_id
    parent_id = values["parent_comment_id"]
    if parent_id is not None:
        parent = StringComment.objects.filter(id=parent_id, string_id=string_id).only("user_id").first()
        if parent is None:
            raise ValidationFailedError({"parent_comment_id": [OTHER_STRING]})
        if parent.user_id in caller.hidden_ids:
            raise BlockedError
    comment = StringComment.objects.create(
        id=comment_id,
        string_id=string_id,
        user_id=caller.user_id,
        created_at=Now(),
        updated_at=Now(),
        **values,
    )
    String.objects.filter(id=string_id).update(comments_count=F("comments_count") + 1)
    tell_commented(string.user_id, caller, comment, comments=string.comments_count + 1)
    return comment_id


@service
def comment_update(*, caller: Caller, string_id: uuid.UUID, comment_id: uuid.UUID, content: str) -> None:
    """Change a comment's text.

    Raises:
        NotFoundError: there is no such comment on this string, or a block hides it from the caller.
        ForbiddenError: the caller is neither its author nor staff.
    """
    comment = _comment(string_id, comment_id)
    if comment.user_id in caller.hidden_ids:
        raise NotFoundError
    if comment.user_id != caller.user_id and not caller.is_staff_member:
        raise ForbiddenError
    StringComment.objects.filter(id=comment_id).update(content=content, updated_at=timezone.now())


@service
def comment_delete(*, caller: Caller, string_id: uuid.UUID, comment_id: uuid.UUID) -> None:
    """Delete a comment and its replies, at any depth; a block keeps nobody from clearing what they may clear.

    Raises:
        NotFoundError: there is no such comment on this string, or none for the caller.
        ForbiddenError: the caller wrote neither it nor the string, and is no staff.
    """
    string = _locked_string(string_id)
    comment = _comment(string_id, comment_id)
    if caller.user_id not in {comment.user_id, string.user_id} and not caller.is_staff_member:
        raise NotFoundError if comment.user_id in caller.hidden_ids else ForbiddenError
    with connection.cursor() as cursor:
        cursor.execute(_THREAD, [comment_id])
        deleted = cursor.rowcount
    String.objects.filter(id=string_id).update(comments_count=F("comments_count") - deleted)


def _locked_string(string_id: uuid.UUID) -> String:
    found = String.objects.select_for_update(of=("self",), no_key=True).filter(id=string_id)
    string = found.only("user_id", "comments_count").first()
    if string is None:
        raise NotFoundError
    return string


def _comment(string_id: uuid.UUID, comment_id: uuid.UUID) -> StringComment:
    comment = StringComment.objects.filter(id=comment_id, string_id=string_id).only("user_id").first()
    if comment is None:
        raise NotFoundError
    return comment
