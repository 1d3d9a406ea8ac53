"""How connections, blocks and matches look in answers (docs/api.md, Resources, and Shapes the web frontend reads)."""

import uuid
from collections.abc import Sequence
from typing import Any, NotRequired, TypedDict

from accounts import reads
from accounts.callers import Caller
from accounts.detailed_profiles import DetailedProfile, detailed_profiles_of
from accounts.discovery import Match
from accounts.shapes import PERSON_COLUMNS, AuthorShape, UserShape, author_shape, user_shapes_by_id
from lifestring import rows
from lifestring.expressions import TextKey, TextsKey
from lifestring.rows import Row

CONNECTION_COLUMNS = ("requester_id", "receiver_id", "status", "created_at", "updated_at")
CONNECTION_INCLUDES = ("requester", "receiver")
# For lists that show the other person: who that is, and since when how.
OTHER_COLUMNS = ("other_id", "status", "created_at")
CARD_COLUMNS = (
    "user_id",
    TextKey("contact_info", "name"),
    TextKey("biography", "bio"),
    TextKey("contact_info", "location"),
    TextKey("biography", "work"),
    TextsKey("attributes", "interests"),
)


class ConnectionShape(TypedDict):
    """What stands between two people; the people themselves only where included."""

    requester_id: uuid.UUID
    receiver_id: uuid.UUID
    status: str
    created_at: Any
    updated_at: Any
    requester: NotRequired[UserShape | None]
    receiver: NotRequired[UserShape | None]


class BlockShape(TypedDict):
    """Somebody the caller blocks."""

    user_id: uuid.UUID
    created_at: Any
    user: AuthorShape | None


class CardShape(TypedDict):
    """A connection as the web frontend reads it, flat; `id` is the other person's user id."""

    id: uuid.UUID
    name: str | None
    bio: str | None
    location: str | None
    work: str | None
    interests: list[str]
    profileImage: str | None
    status: str
    created_at: Any


class MatchShape(UserShape, total=False):
    """A person one might like to meet."""

    profile_photo: str | None
    photos: list[str]
    match_score: float


def connection_shape(row: Row) -> ConnectionShape:
    """Shape a row of `CONNECTION_COLUMNS`."""
    return {
        "requester_id": row[0],
        "receiver_id": row[1],
        "status": row[2],
        "created_at": row[3],
        "updated_at": row[4],
    }


def connection_shapes(
    found: Sequence[Row], *, caller: Caller, include: frozenset[str] = frozenset()
) -> list[ConnectionShape]:
    """Shape rows of `CONNECTION_COLUMNS`; both people together cost one query for the whole page.

    Args:
        found: the page's rows.
        caller: whose view of the people it is.
        include: names of `CONNECTION_INCLUDES`.
    """
    shaped = [connection_shape(row) for row in found]
    places = [(name, place) for place, name in enumerate(CONNECTION_INCLUDES) if name in include]
    people = user_shapes_by_id({row[place] for row in found for _, place in places}, caller=caller)
    for shape in shaped:
        if "requester" in include:
            shape["requester"] = people.get(shape["requester_id"])
        if "receiver" in include:
            shape["receiver"] = people.get(shape["receiver_id"])
    return shaped


def connection_shape_for(
    user_id: uuid.UUID, *, caller: Caller, include: frozenset[str] = frozenset()
) -> ConnectionShape | None:
    """Read and shape the caller's connection with one person, or their own block of them; None where there is neither."""
    read = reads.own_block_of if user_id in caller.blocked_ids else reads.connection_with
    found = rows.fetch(read, (user_id, caller), CONNECTION_COLUMNS)
    return connection_shapes(found, caller=caller, include=include)[0] if found else None


def block_shapes(found: Sequence[Row]) -> list[BlockShape]:
    """Shape rows of `OTHER_COLUMNS`; the people cost one query for the whole page."""
    people = {row[0]: row[1:] for row in _people(found, PERSON_COLUMNS)}
    return [
        {"user_id": row[0], "created_at": row[2], "user": author_shape(row[0], people.get(row[0], (None,)))}
        for row in found
    ]


def card_shapes(found: Sequence[Row]) -> list[CardShape]:
    """Shape rows of `OTHER_COLUMNS`; the people cost one query for the whole page, their photos two at most."""
    people = {row[0]: row[1:] for row in _people(found, CARD_COLUMNS)}
    photos = detailed_profiles_of([row[0] for row in found])
    return [
        {
            "id": user_id,
            "name": name,
            "bio": bio,
            "location": location,
            "work": work,
            "interests": interests,
            "profileImage": _photo(photos.get(user_id)),
            "status": status,
            "created_at": created_at,
        }
        for user_id, status, created_at in found
        for name, bio, location, work, interests in [people.get(user_id, (None, None, None, None, []))]
    ]


def match_shapes(found: Sequence[Match], *, caller: Caller) -> list[MatchShape]:
    """Shape matches, in their order; the people cost one query, their photos two at most."""
    ids = [match.user_id for match in found]
    people = user_shapes_by_id(ids, caller=caller)
    detailed = detailed_profiles_of(ids)
    return [
        {
            **people[match.user_id],
            "profile_photo": _photo(detailed.get(match.user_id)),
            "photos": list(detailed[match.user_id].photos) if match.user_id in detailed else [],
            "match_score": match.score,
        }
        for match in found
        if match.user_id in people
    ]


def _people(found: Sequence[Row], columns: tuple[Any, ...]) -> list[Row]:
    ids = tuple(row[0] for row in found)
    return rows.fetch(reads.cards, (ids,), columns) if ids else []


def _photo(detailed: DetailedProfile | None) -> str | None:
    """The photo somebody chose for their profile, or else their first."""
    if detailed is None:
        return None
    return detailed.profile_photo or next(iter(detailed.photos), None)
