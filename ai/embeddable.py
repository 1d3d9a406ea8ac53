"""What can be embedded, strings, people and events: which rows are worth a look, and what is written in them.

`Text.read_as` tells the row as it was read from any later one. A vector is stored only for the row it was made of.
"""

import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection

from ai.clients.embeddings import cut
from ai.sentences import content_hash, event_text, person_text, string_text
from lifestring.search.documents import MAX_JSON_BYTES

PAGE = 200
MOST_COUNTED = 100_000
# Of a string so many characters are read; one input of the API holds no more.
MAX_CHARACTERS = 8192


class Text(NamedTuple):
    """The text of one string, person or event, with what is stored of it.

    Args:
        id: the string's or event's id, or the person's `user_id`.
        user_id: whose it is.
        input: what is to be embedded; empty where there is nothing to.
        hash: of the text and the model.
        read_as: the columns behind it, as a digest.
        stored_hash: the stored vector's `content_hash`, None where there is none.
        is_older: whether the row has changed, in whatever column, since its vector was stored.
    """

    id: uuid.UUID
    user_id: uuid.UUID
    input: str
    hash: str
    read_as: str
    stored_hash: str | None
    is_older: bool

    @property
    def is_current(self) -> bool:
        """Whether the stored vector, or there being none, is right."""
        return self.stored_hash == (self.hash if self.input else None)


class Kind(NamedTuple):
    """A kind of thing that is embedded, in SQL over its row `t` and its vector's row `e`.

    Args:
        name: for people to read.
        actor: the job that embeds some by their ids.
        source: the table of the things.
        key: the column of their ids there.
        table: the table of their vectors.
        owner: the column of their ids there.
        columns: whose it is, and the two columns its text is made of.
        digest: of what the thing itself says, `Text.read_as`.
        joined: what else has to be read for the columns.
        changed: when the thing was changed, with a time zone.
        suspect: holds of those that may lack a right vector.
        said: makes the text to embed, and the text to hash, of the two columns.
    """

    name: str
    actor: str
    source: str
    key: str
    table: str
    owner: str
    columns: str
    digest: str
    joined: str
    changed: str
    suspect: str
    said: Callable[[str | None, str | None], tuple[str, str]]

    def text_of(self, row: Sequence[Any]) -> Text:
        """Return the text of a row that was read."""
        found, user_id, first, second, read_as, stored, is_older = row
        whole, hashed = self.said(first, second)
        return Text(found, user_id, cut(whole), content_hash(settings.EMBED_MODEL, hashed), read_as, stored, is_older)


def _said_by_string(content: str | None, attributes: str | None) -> tuple[str, str]:
    # Hashed without the author's interests: their change makes no string another one.
    return string_text(content, attributes), content or ""


def _said_by_person(attributes: str | None, biography: str | None) -> tuple[str, str]:
    text = person_text(attributes, biography)
    return text, text


def _said_by_event(content: str | None, tags: str | None) -> tuple[str, str]:
    return event_text(content, tags), f"{content or ''}\n{tags or ''}"


def _readable(column: str) -> str:
    return f"CASE WHEN octet_length({column}::text) <= {MAX_JSON_BYTES} THEN {column}::text END"


_CONTENT = f"left(t.content_text, {MAX_CHARACTERS})"
STRINGS = Kind(
    name="strings",
    actor="ai.embed_string",
    source="public.strings",
    key="id",
    table="public.string_embeddings",
    owner="string_id",
    columns=f"t.user_id, {_CONTENT}, {_readable('p.attributes')}",
    digest=f"md5(coalesce({_CONTENT}, ''))",
    joined="LEFT JOIN public.user_profiles p ON p.user_id = t.user_id",
    changed="t.updated_at",
    # The text alone decides, whoever wrote it and whatever they did about `updated_at`. As `content_hash` does.
    suspect=f"""
CASE WHEN {_CONTENT} ~ '[^[:space:]]'
     THEN e.content_hash IS DISTINCT FROM
          encode(sha256(convert_to(%(model)s || E'\\n' || {_CONTENT}, 'UTF8')), 'hex')
     ELSE e.string_id IS NOT NULL END""",
    said=_said_by_string,
)
# Strings anywhere in what sentences are made of; whoever wrote none has nothing to embed.
_SAYS_SOMETHING = " OR ".join(
    f"""jsonb_path_exists(t.{column}, '$.*[*] ? (@.type() == "number" || @.type() == "string" && @ != "")')"""
    for column in ("attributes", "biography")
)
PEOPLE = Kind(
    name="people",
    actor="ai.embed_user",
    source="public.user_profiles",
    key="user_id",
    table="public.user_embeddings",
    owner="user_id",
    columns=f"t.user_id, {_readable('t.attributes')}, {_readable('t.biography')}",
    digest="md5(concat_ws('|', t.attributes::text, '', t.biography::text))",
    joined="",
    changed="(t.updated_at AT TIME ZONE 'UTC')",
    suspect=f"""
CASE WHEN e.user_id IS NULL THEN {_SAYS_SOMETHING}
     ELSE e.model_version <> %(model)s OR t.updated_at AT TIME ZONE 'UTC' > e.updated_at END""",
    said=_said_by_person,
)
_ABOUT = f"left(concat_ws(E'\\n', t.title, t.description, t.location), {MAX_CHARACTERS})"
_TAGS = _readable("(t.meta_data -> 'tags')")
EVENTS = Kind(
    name="events",
    actor="ai.embed_event",
    source="public.events",
    key="id",
    table="django.ai_eventembedding",
    owner="event_id",
    columns=f"t.user_id, {_ABOUT}, {_TAGS}",
    digest=f"md5(concat_ws(E'\\n', {_ABOUT}, {_TAGS}))",
    joined="",
    # There is no time of its last change.
    changed="t.created_at",
    suspect=f"""
CASE WHEN {_ABOUT} ~ '[^[:space:]]'
     THEN e.content_hash IS DISTINCT FROM
          encode(sha256(convert_to(%(model)s || E'\\n' || {_ABOUT} || E'\\n' || coalesce({_TAGS}, ''), 'UTF8')), 'hex')
     ELSE e.event_id IS NOT NULL END""",
    said=_said_by_event,
)
KINDS = (STRINGS, PEOPLE, EVENTS)


class Wanted(NamedTuple):
    """Which of a kind are meant.

    Args:
        only_suspect: those the database takes for missing or outdated; otherwise all.
        since: those changed at this time or later.
        user_id: this person's.
    """

    only_suspect: bool = False
    since: datetime | None = None
    user_id: uuid.UUID | None = None


def texts(kind: Kind, ids: Sequence[uuid.UUID]) -> list[Text]:
    """Return the texts of those of these ids that there are."""
    return _read(kind, f"t.{kind.key} = ANY (%(ids)s)", {"ids": list(ids)}, len(ids))


def walk(kind: Kind, wanted: Wanted) -> Iterator[list[Text]]:
    """Go through all that is wanted, in the order of ids, a page at a time; no transaction spans two pages."""
    where = f"({kind.suspect})" if wanted.only_suspect else "true"
    if wanted.since is not None:
        where += f" AND {kind.changed} >= %(since)s"
    if wanted.user_id is not None:
        where += " AND t.user_id = %(user)s"
    values = {"since": wanted.since, "user": wanted.user_id, "last": uuid.UUID(int=0)}
    while page := _read(kind, f"{where} AND t.{kind.key} > %(last)s", values, PAGE):
        yield page
        values["last"] = page[-1].id


def count_suspect(kind: Kind) -> int:
    """Return how many lack a right vector, `MOST_COUNTED` where it is as many or more; it reads all of the kind."""
    sql = f"""
SELECT count(*) FROM (
    SELECT 1 FROM {kind.source} t LEFT JOIN {kind.table} e ON e.{kind.owner} = t.{kind.key} {kind.joined}
     WHERE {kind.suspect} LIMIT {MOST_COUNTED}) AS counted
"""  # noqa: S608 - constants, and a number
    with connection.cursor() as cursor:
        cursor.execute(sql, {"model": settings.EMBED_MODEL})
        return int(cursor.fetchone()[0])


def stored_hashes(kind: Kind, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Return the hashes of what is stored right now."""
    sql = f"SELECT {kind.owner}, content_hash FROM {kind.table} WHERE {kind.owner} = ANY (%s)"  # noqa: S608 - constants
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(ids)])
        return dict(cursor.fetchall())


def _read(kind: Kind, where: str, values: dict[str, Any], limit: int) -> list[Text]:
    sql = f"""
SELECT t.{kind.key}, {kind.columns}, {kind.digest}, e.content_hash, coalesce({kind.changed} > e.updated_at, false)
  FROM {kind.source} t LEFT JOIN {kind.table} e ON e.{kind.owner} = t.{kind.key} {kind.joined}
 WHERE {where} ORDER BY t.{kind.key} LIMIT {limit}
"""  # noqa: S608 - constants, and a number
    with connection.cursor() as cursor:
        cursor.execute(sql, {**values, "model": settings.EMBED_MODEL})
        return [kind.text_of(row) for row in cursor.fetchall()]
