"""Storing what texts mean, and asking for it (docs/decisions/018-embeddings.md).

A vector is stored only while the row it was made of is still the same. The row is locked against changes meanwhile, so of
two workers with an older and a newer text the older one never has the last word.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection

from ai.embeddable import Kind, Text
from ai.models import EventEmbedding
from lifestring.db import service
from lifestring.dispatch import enqueue_on_commit
from lifestring.errors import ErrorCode, ForbiddenError, UnavailableError

if TYPE_CHECKING:
    from accounts.callers import Caller

NO_MODEL = "No model is set up for embeddings: set OPENAI_API_KEY, or EMBED_BASE_URL to a server of your own."
# An operator has to do something; nobody need ask every second.
NO_MODEL_SECONDS = "600"


@service
def user_embedding_request(*, caller: Caller, user_id: uuid.UUID) -> None:
    """Have a person's embedding computed; unchanged ones cost nothing.

    Raises:
        ForbiddenError: it is somebody else and the caller is no admin.
        UnavailableError: `ai_unavailable`, no model is set up.
    """
    if user_id != caller.user_id and not caller.is_admin:
        raise ForbiddenError
    if not settings.EMBEDDINGS:
        raise UnavailableError(NO_MODEL, code=ErrorCode.AI_UNAVAILABLE, headers={"Retry-After": NO_MODEL_SECONDS})
    enqueue_on_commit("ai.embed_user", str(user_id))


@service
def embedding_store(*, user_id: uuid.UUID, kind: Kind, text: Text, vector: list[float]) -> bool:
    """Store what a text means, in place of what it meant.

    Args:
        user_id: whose text it is.
        kind: a string's, a person's or an event's.
        text: as it was read.
        vector: by `EMBED_MODEL`.

    Returns:
        Whether it was stored: not where the row is gone, or says something else by now.
    """
    sql = f"""{_current(kind)}
INSERT INTO {kind.table} ({kind.owner}, embedding, content_hash, model_version, updated_at)
SELECT id, %(vector)s::vector, %(hash)s, %(model)s, greatest(now(), changed) FROM current
ON CONFLICT ({kind.owner}) DO UPDATE
   SET embedding = EXCLUDED.embedding, content_hash = EXCLUDED.content_hash, model_version = EXCLUDED.model_version,
       updated_at = EXCLUDED.updated_at
"""  # noqa: S608 - constants
    values = {**_read(user_id, text), "vector": str(vector), "model": settings.EMBED_MODEL}
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        stored: bool = cursor.rowcount == 1
    return stored


@service
def embedding_settle(*, user_id: uuid.UUID, kind: Kind, text: Text) -> None:
    """Note that a text needs no vector from a model: it is what it was, or there is none any more.

    Args:
        user_id: whose text it is.
        kind: a string's, a person's or an event's.
        text: as it was read; where it is empty its vector goes, else that counts as no older than the row.
    """
    change = (
        f"UPDATE {kind.table} e SET updated_at = greatest(now(), current.changed) FROM current"  # noqa: S608
        f" WHERE e.{kind.owner} = current.id AND e.content_hash = %(hash)s"
        if text.input
        else f"DELETE FROM {kind.table} e USING current WHERE e.{kind.owner} = current.id"  # noqa: S608 - constants
    )
    with connection.cursor() as cursor:
        cursor.execute(f"{_current(kind)} {change}", _read(user_id, text))


@service
def event_embeddings_sweep() -> None:
    """Delete what events meant that are gone, whoever deleted them."""
    EventEmbedding.objects.without_event().delete()


def _current(kind: Kind) -> str:
    """The row, if it still is as it was read; whoever wants to change it waits."""
    return f"""
WITH current AS MATERIALIZED (
    SELECT t.{kind.key} AS id, {kind.changed} AS changed FROM {kind.source} t
     WHERE t.{kind.key} = %(id)s AND t.user_id = %(user)s AND {kind.digest} = %(read_as)s FOR SHARE)"""  # noqa: S608


def _read(user_id: uuid.UUID, text: Text) -> dict[str, uuid.UUID | str]:
    return {"id": text.id, "user": user_id, "read_as": text.read_as, "hash": text.hash}
