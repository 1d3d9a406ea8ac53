"""What the tests of strings do again and again: post, comment, and read the two counts against the rows."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from lifestring.testing.people import Person
from lifestring.testing.volume import EPOCH
from strings.models import String, StringComment, StringLike

UNKNOWN = "00000000-0000-4000-8000-000000000000"

_COUNTS = """
SELECT likes_count, (SELECT count(*) FROM public.string_likes WHERE string_id = s.id),
       comments_count, (SELECT count(*) FROM public.string_comments WHERE string_id = s.id)
  FROM public.strings s WHERE id = %s
"""


def body_of(answer: Any, status: int = 200) -> Any:
    """Return an answer's JSON, which must have this status."""
    assert answer.status_code == status, (answer.status_code, answer.content)
    return answer.json()


def get(person: Person, url: str, **query: Any) -> Any:
    """Return the JSON a person reads."""
    return body_of(person.client.get(url, query))


def post_string(author: Person, text: str | None = "a string", **fields: Any) -> str:
    """Post over REST; returns the id."""
    found: str = body_of(author.client.post("/api/strings", {"content_text": text, **fields}), 201)["data"]["id"]
    return found


def post_comment(author: Person, string_id: str, content: str = "a comment", parent: str | None = None) -> str:
    """Comment or reply over REST; returns the id."""
    given = {"content": content, **({"parent_comment_id": parent} if parent else {})}
    found: str = body_of(author.client.post(f"/api/strings/{string_id}/comments", given), 201)["data"]["id"]
    return found


def moment(second: int) -> datetime:
    """Return a time that comes later for a greater number."""
    return EPOCH + timedelta(seconds=second)


def string_row(author: Person | uuid.UUID, second: int = 0, **fields: Any) -> String:
    """Write a string as another client of the database would."""
    user_id = author.user_id if isinstance(author, Person) else author
    values = {"content_text": f"string {second}", "created_at": moment(second), **fields}
    return String.objects.create(user_id=user_id, **values)


def comment_row(author: Person | uuid.UUID, string: String, second: int = 0, **fields: Any) -> StringComment:
    """Write a comment as another client would, who counts it."""
    user_id = author.user_id if isinstance(author, Person) else author
    values = {"content": f"comment {second}", "created_at": moment(second), **fields}
    comment = StringComment.objects.create(user_id=user_id, string=string, **values)
    String.objects.filter(id=string.id).update(comments_count=StringComment.objects.filter(string=string).count())
    return comment


def like_row(person: Person | uuid.UUID, string: String, second: int = 0) -> StringLike:
    """Write a like as another client would, who counts it."""
    user_id = person.user_id if isinstance(person, Person) else person
    like = StringLike.objects.create(user_id=user_id, string=string, created_at=moment(second))
    String.objects.filter(id=string.id).update(likes_count=StringLike.objects.filter(string=string).count())
    return like


def counts(string_id: str | uuid.UUID) -> tuple[int, int]:
    """Return (likes, comments) of a string, read at one moment; both counts must equal their rows."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, [string_id])
        row = cursor.fetchone()
    assert row is not None, "the string is gone"
    likes_count, likes, comments_count, comments = row
    assert (likes_count, comments_count) == (likes, comments)
    return likes, comments
