"""What an answer was made from, and what of it somebody may see now."""

import uuid
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, TypedDict

from accounts.callers import Caller
from ai.assistant.things import things


class Source(NamedTuple):
    """Something an answer may refer to.

    Args:
        type: `string`, `user` or `event`.
        id: which; of a person the user id.
        title: what it was called.
    """

    type: str
    id: uuid.UUID
    title: str


class SourceShape(TypedDict):
    """A source as clients see it, with its name of now."""

    type: str
    id: uuid.UUID
    title: str


def visible_sources(caller: Caller, sources: Iterable[Source]) -> list[SourceShape]:
    """Return what of these is still there, and for the caller to see, in their order.

    Left out are things of people a block stands between, and of people who are suspended.
    """
    refs = list(dict.fromkeys((source.type, source.id) for source in sources))
    found = things(caller, refs)
    return [{"type": ref[0], "id": ref[1], "title": found[ref].title} for ref in refs if ref in found]


def stored(sources: Iterable[Source]) -> list[Any]:
    """Return sources as they are kept, each once."""
    first = {(source.type, source.id): source for source in reversed(list(sources))}
    return [[source.type, str(source.id), source.title] for source in reversed(list(first.values()))]


def restored(kept: Iterable[Any]) -> list[Source]:
    """Return kept sources."""
    return [Source(type_, uuid.UUID(id_), title) for type_, id_, title in kept]


def shapes_by_message(caller: Caller, kept: Mapping[uuid.UUID, Iterable[Any]]) -> dict[uuid.UUID, list[SourceShape]]:
    """Return the visible sources of several answers, looked at together."""
    of_message = {message_id: restored(sources) for message_id, sources in kept.items()}
    every = [source for sources in of_message.values() for source in sources]
    visible = {(shape["type"], shape["id"]): shape for shape in visible_sources(caller, every)}
    return {
        message_id: [visible[ref] for source in sources if (ref := (source.type, source.id)) in visible]
        for message_id, sources in of_message.items()
    }
