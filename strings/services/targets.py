"""Strings and comments as things that can be reported, removed and put back (docs/decisions/012-moderation.md).

What is removed becomes JSON inside the database and comes out of it again there, so nothing in it is lost on the way. Counts
are made anew from the rows that come back.
"""

import uuid

from django.conf import settings

from accounts.callers import Caller
from accounts.shapes import AUTHOR_COLUMNS
from lifestring import rows
from lifestring.dispatch import enqueue_on_commit
from lifestring.errors import ConflictError
from lifestring.statements import changed, first_row
from moderation.targets import Context, Line, Subject, Taken
from strings import reads
from strings.models import String, StringComment

AUTHOR_GONE = "The author's account is gone, so this cannot be put back."
STRING_GONE = "The string this comment was on is gone; put that back first."
PARENT_GONE = "The comment this one answered is gone; put that back first."
THERE = "This is there already."

_STRING_COLUMNS = "id, user_id, content_text, content_images, stringable_id, stringable_type, created_at, updated_at"
_COMMENT_COLUMNS = "id, string_id, user_id, parent_comment_id, content, created_at, updated_at"
_LOCK = "SELECT id FROM public.strings WHERE id = %(string)s FOR UPDATE"
_STRING = """
SELECT json_build_object(
         'string', to_json(s),
         'comments', coalesce((SELECT json_agg(c) FROM public.string_comments c WHERE c.string_id = s.id), '[]'),
         'likes', coalesce((SELECT json_agg(l) FROM public.string_likes l WHERE l.string_id = s.id), '[]'))::text,
       ARRAY(SELECT s.user_id UNION SELECT user_id FROM public.string_comments WHERE string_id = s.id
             UNION SELECT user_id FROM public.string_likes WHERE string_id = s.id)
  FROM public.strings s WHERE s.id = %(string)s
"""
# A comment with its replies at any depth; UNION, since another client may have written one that answers itself.
_THREAD = """
WITH RECURSIVE thread AS (
    SELECT id FROM public.string_comments WHERE id = %(comment)s
    UNION
    SELECT c.id FROM public.string_comments c JOIN thread t ON c.parent_comment_id = t.id)
"""
_COMMENTS = f"""{_THREAD}
SELECT json_build_object('comments', json_agg(c))::text, array_agg(DISTINCT c.user_id)
  FROM public.string_comments c WHERE c.id IN (SELECT id FROM thread)
"""  # noqa: S608 - constants
_DELETE = f"{_THREAD} DELETE FROM public.string_comments WHERE id IN (SELECT id FROM thread)"  # noqa: S608
# Of the comments that were removed, those that go: one person's, those of people whose account is gone, and what answered
# them; where it is to be put back, also what answered something that is nowhere any more.
_GONE = """
gone AS (
    SELECT id FROM given g
     WHERE user_id = %(leave_out)s::uuid OR NOT EXISTS (SELECT FROM auth.users u WHERE u.id = g.user_id)
        OR (%(leave_out)s::uuid IS NULL AND (
            NOT EXISTS (SELECT FROM public.strings s WHERE s.id = g.string_id)
            OR (parent_comment_id IS NOT NULL AND NOT EXISTS (SELECT FROM given o WHERE o.id = g.parent_comment_id)
                AND NOT EXISTS (SELECT FROM public.string_comments p WHERE p.id = g.parent_comment_id))))
    UNION
    SELECT g.id FROM given g JOIN gone ON g.parent_comment_id = gone.id)
"""
# Said once and materialized: it may be fifty megabytes, which the planner would read again wherever it stands.
_DOCUMENT = "document AS MATERIALIZED (SELECT %(content)s::json AS d)"
_PUT_STRING = f"""
INSERT INTO public.strings ({_STRING_COLUMNS})
SELECT {_STRING_COLUMNS} FROM json_populate_record(NULL::public.strings, %(content)s::json -> 'string')
"""  # noqa: S608
_PUT_COMMENTS = f"""
WITH RECURSIVE {_DOCUMENT},
given AS MATERIALIZED (
    SELECT r.* FROM document, json_populate_recordset(NULL::public.string_comments, d -> 'comments') r),
{_GONE}
INSERT INTO public.string_comments ({_COMMENT_COLUMNS})
SELECT {_COMMENT_COLUMNS} FROM given WHERE id NOT IN (SELECT id FROM gone)
"""  # noqa: S608
_PUT_LIKES = f"""
WITH {_DOCUMENT}
INSERT INTO public.string_likes (string_id, user_id, created_at, updated_at)
SELECT r.string_id, r.user_id, r.created_at, r.updated_at
  FROM document, json_populate_recordset(NULL::public.string_likes, d -> 'likes') r
 WHERE EXISTS (SELECT FROM auth.users u WHERE u.id = r.user_id)
"""  # noqa: S608
_COUNT = """
UPDATE public.strings SET likes_count = (SELECT count(*) FROM public.string_likes WHERE string_id = %(string)s),
                          comments_count = (SELECT count(*) FROM public.string_comments WHERE string_id = %(string)s)
 WHERE id = %(string)s
"""
# As JSON, and not as rows: nothing in it is read that need not be.
_WITHOUT = f"""
WITH RECURSIVE {_DOCUMENT},
given AS MATERIALIZED (
    SELECT c, (c ->> 'id')::uuid AS id, (c ->> 'user_id')::uuid AS user_id,
           (c ->> 'parent_comment_id')::uuid AS parent_comment_id, (c ->> 'string_id')::uuid AS string_id
      FROM document, json_array_elements(d -> 'comments') c),
{_GONE}
SELECT json_build_object(
         'string', d -> 'string',
         'comments', coalesce((SELECT json_agg(c) FROM given WHERE id NOT IN (SELECT id FROM gone)), '[]'),
         'likes', coalesce((
             SELECT json_agg(l) FROM json_array_elements(d -> 'likes') l
              WHERE (l ->> 'user_id')::uuid IS DISTINCT FROM %(leave_out)s::uuid
                AND EXISTS (SELECT FROM auth.users u WHERE u.id = (l ->> 'user_id')::uuid)), '[]'))::text
  FROM document
"""  # noqa: S608
_HAS_ACCOUNT = "SELECT 1 FROM auth.users WHERE id = %s"
_AUTHOR = "SELECT (%(content)s::json -> 'string' ->> 'user_id')::uuid"
_ROOT = """
SELECT (c ->> 'string_id')::uuid, (c ->> 'parent_comment_id')::uuid, (c ->> 'user_id')::uuid
  FROM json_array_elements(%(content)s::json -> 'comments') c WHERE c ->> 'id' = %(comment)s::text
"""
_COUNT_STRING = "UPDATE public.strings SET comments_count = comments_count + %(more)s WHERE id = %(string)s"

_STRING_CONTEXT = ("user_id", AUTHOR_COLUMNS[1], "content_text", "created_at", "likes_count", "comments_count")
_COMMENT_CONTEXT = ("id", "user_id", AUTHOR_COLUMNS[1], "content", "created_at")


def _lines(found: list[rows.Row], subject_id: uuid.UUID | None = None) -> list[Line]:
    return [Line(*row)._replace(is_subject=row[0] == subject_id) for row in reversed(found)]


class StringTarget:
    """A string, with the likes and comments on it."""

    def find(self, target_id: uuid.UUID) -> Subject | None:
        """Return its author."""
        for [author_id] in rows.fetch(reads.plainly, (target_id,), ("user_id",)):
            return Subject(author_id)
        return None

    def is_visible_to(self, target_id: uuid.UUID, caller: Caller) -> bool:
        """Everybody reads strings by their id."""
        return reads.is_there(target_id)

    def context(self, target_id: uuid.UUID) -> Context | None:
        """Return it with the newest comments on it."""
        for user_id, name, text, at, likes, comments in rows.fetch(reads.plainly, (target_id,), _STRING_CONTEXT):
            around = rows.fetch(reads.newest_on, (target_id,), _COMMENT_CONTEXT, limit=reads.IN_CONTEXT)
            details = {"likes": str(likes), "comments": str(comments)}
            return Context(text or "", user_id, name, at, details, _lines(around))
        return None

    def take(self, target_id: uuid.UUID) -> Taken | None:
        """Remove it, and by the database what hangs on it."""
        if first_row(_LOCK, {"string": target_id}) is None:
            return None
        row = first_row(_STRING, {"string": target_id})
        String.objects.filter(id=target_id).delete()
        return Taken(*row) if row else None

    def put_back(self, target_id: uuid.UUID, content: str) -> None:
        """Put it back with those comments and likes whose people are still there; its embedding is made anew."""
        if reads.is_there(target_id):
            raise ConflictError(THERE)
        [author_id] = first_row(_AUTHOR, {"content": content}) or [None]
        _check_account(author_id)
        values = {"content": content, "leave_out": None, "string": target_id}
        for statement in (_PUT_STRING, _PUT_COMMENTS, _PUT_LIKES, _COUNT):
            changed(statement, values)
        if settings.EMBEDDINGS:
            enqueue_on_commit("ai.embed_string", str(target_id))

    def without(self, content: str, user_id: uuid.UUID) -> str | None:
        """Drop one person's likes and comments, and what answered them."""
        row = first_row(_WITHOUT, {"content": content, "leave_out": user_id})
        return row[0] if row else None


class CommentTarget:
    """A comment, with all replies to it."""

    def find(self, target_id: uuid.UUID) -> Subject | None:
        """Return its author."""
        for [author_id] in rows.fetch(reads.comment_plainly, (target_id,), ("user_id",)):
            return Subject(author_id)
        return None

    def is_visible_to(self, target_id: uuid.UUID, caller: Caller) -> bool:
        """A block hides comments."""
        return bool(rows.fetch(reads.comments, ((target_id,), caller), ("id",)))

    def context(self, target_id: uuid.UUID) -> Context | None:
        """Return it among the comments around it."""
        columns = (*_COMMENT_CONTEXT, "string_id", "string__content_text")
        for _, user_id, name, text, at, string_id, string_text in rows.fetch(
            reads.comment_plainly, (target_id,), columns
        ):
            before = rows.fetch(reads.before_on, (string_id, at), _COMMENT_CONTEXT, limit=reads.IN_CONTEXT // 2)
            after = rows.fetch(reads.after_on, (string_id, at), _COMMENT_CONTEXT, limit=reads.IN_CONTEXT // 2)
            details = {"string": str(string_id), "on": string_text or ""}
            around = [*_lines(before), *_lines(after[::-1], target_id)]
            return Context(text, user_id, name, at, details, around)
        return None

    def take(self, target_id: uuid.UUID) -> Taken | None:
        """Remove it and the replies to it; its string counts them no more."""
        string_id = StringComment.objects.filter(id=target_id).values_list("string_id", flat=True).first()
        if string_id is None or first_row(_LOCK, {"string": string_id}) is None:
            return None
        row = first_row(_COMMENTS, {"comment": target_id})
        gone = changed(_DELETE, {"comment": target_id})
        changed(_COUNT_STRING, {"string": string_id, "more": -gone})
        return Taken(*row) if row and gone else None

    def put_back(self, target_id: uuid.UUID, content: str) -> None:
        """Put it back below what it answered, with those replies whose people are still there."""
        values = {"content": content, "leave_out": None, "comment": target_id}
        string_id, parent_id, author_id = first_row(_ROOT, values) or (None, None, None)
        if first_row(_LOCK, {"string": string_id}) is None:
            raise ConflictError(STRING_GONE)
        if parent_id not in {None, target_id} and not StringComment.objects.filter(id=parent_id).exists():
            raise ConflictError(PARENT_GONE)
        if StringComment.objects.filter(id=target_id).exists():
            raise ConflictError(THERE)
        _check_account(author_id)
        changed(_COUNT_STRING, {"string": string_id, "more": changed(_PUT_COMMENTS, values)})

    def without(self, content: str, user_id: uuid.UUID) -> str | None:
        """Drop one person's replies, and what answered them."""
        row = first_row(_WITHOUT, {"content": content, "leave_out": user_id})
        return row[0] if row else None


def _check_account(author_id: uuid.UUID | None) -> None:
    if first_row(_HAS_ACCOUNT, [author_id]) is None:
        raise ConflictError(AUTHOR_GONE)
