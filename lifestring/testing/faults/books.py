"""What clients were promised during a row of the fault matrix, and what of it the database knows afterwards."""

import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from django.core.cache import cache
from django.db.models import Count

from accounts.models import UserConnection
from ai.embeddable import STRINGS, Text, texts
from ai.models import StringEmbedding
from chat.models import Message, RoomLogEntry, RoomPosition
from events.models import Event, EventAttendance
from strings.models import String, StringComment, StringLike

Pair = tuple[uuid.UUID, uuid.UUID]


@dataclass
class Books:
    """Everything by the id it was acknowledged under.

    Args:
        people: the ids of everybody who takes part.
        strings: the text of each acknowledged string.
        comments: of each comment the string it is on, and its text.
        messages: of each message its `seq`, None where the answer did not say, and its text.
        room_id: the room they are in.
        likes: who likes which string, as (string, person).
        joins: who goes to which event, as (event, person).
        places: of each event how many may go.
        connections: who asked whom.
    """

    people: list[uuid.UUID]
    room_id: uuid.UUID
    strings: dict[uuid.UUID, str] = field(default_factory=dict)
    comments: dict[uuid.UUID, tuple[uuid.UUID, str]] = field(default_factory=dict)
    messages: dict[uuid.UUID, tuple[int | None, str]] = field(default_factory=dict)
    likes: set[Pair] = field(default_factory=set)
    joins: set[Pair] = field(default_factory=set)
    places: dict[uuid.UUID, int] = field(default_factory=dict)
    connections: set[Pair] = field(default_factory=set)


class Findings(NamedTuple):
    """A sentence for each thing that must not be."""

    lost: list[str]
    duplicates: list[str]
    wrong: list[str]


def audit(books: Books) -> Findings:
    """Hold the books against the database; whatever jobs were lost, the sweep has run before."""
    found = [check(books) for check in (_texts, _likes, _log, _joins, _connections, _embeddings)]
    return Findings(*([sentence for three in found for sentence in three[column]] for column in range(3)))


Three = tuple[list[str], list[str], list[str]]


def _twice(name: str, texts: Iterable[str | None]) -> list[str]:
    # Whatever its id: each text is meant once.
    return [f"{name} {text} is there {count} times" for text, count in Counter(texts).items() if count > 1]


def _texts(books: Books) -> Three:
    strings = {row.id: row for row in String.objects.filter(user_id__in=books.people)}
    comments = {row.id: row for row in StringComment.objects.filter(user_id__in=books.people)}
    messages = {row.id: row for row in Message.objects.filter(room_id=books.room_id)}
    lost = [f"string {id_}" for id_, text in books.strings.items() if _text(strings.get(id_)) != text]
    lost += [f"comment {id_}" for id_, (_, text) in books.comments.items() if _content(comments.get(id_)) != text]
    lost += [f"message {id_}" for id_, (_, text) in books.messages.items() if _content(messages.get(id_)) != text]
    duplicates = _twice("string", (row.content_text for row in strings.values()))
    duplicates += _twice("comment", (row.content for row in comments.values()))
    duplicates += _twice("message", (row.content for row in messages.values()))
    counted = Counter(row.string_id for row in comments.values())
    wrong = [
        f"string {row.id} says {row.comments_count} comments and has {counted[row.id]}"
        for row in strings.values()
        if row.comments_count != counted[row.id]
    ]
    return lost, duplicates, wrong


def _text(row: String | None) -> str | None:
    return None if row is None else row.content_text


def _content(row: StringComment | Message | None) -> str | None:
    return None if row is None else row.content


def _likes(books: Books) -> Three:
    likes = set(StringLike.objects.filter(user_id__in=books.people).values_list("string_id", "user_id"))
    counted = Counter(string_id for string_id, _ in likes)
    lost = [f"a like of {string_id}" for string_id, user_id in books.likes if (string_id, user_id) not in likes]
    strings = String.objects.filter(user_id__in=books.people).values_list("id", "likes_count")
    twice = [f"string {id_} counts {said} likes of {counted[id_]}" for id_, said in strings if said > counted[id_]]
    lost += [f"string {id_} counts {said} likes of {counted[id_]}" for id_, said in strings if said < counted[id_]]
    return lost, twice, []


def _log(books: Books) -> Three:
    """The room's log has every message once, where its author was told, and no number is missing."""
    entries = list(RoomLogEntry.objects.filter(room_id=books.room_id).order_by("seq"))
    at = defaultdict(list)
    for entry in entries:
        at[entry.subject_id].append(entry.seq)
    lost = [f"message {id_} is not in the log" for id_ in books.messages if id_ not in at]
    twice = [f"message {id_} is in the log at {at[id_]}" for id_ in books.messages if len(at.get(id_, [])) > 1]
    wrong = [
        f"message {id_} was said to be at {seq} and is at {at[id_]}"
        for id_, (seq, _) in books.messages.items()
        if seq is not None and id_ in at and seq not in at[id_]
    ]
    numbers = [entry.seq for entry in entries]
    last = RoomPosition.objects.filter(room_id=books.room_id).values_list("seq", flat=True).first()
    if numbers != list(range(1, len(numbers) + 1)) or (numbers and last != numbers[-1]):
        wrong.append(f"the log's numbers have a gap: {len(numbers)} entries up to {last}")
    return lost, twice, wrong


def _joins(books: Books) -> Three:
    going = set(
        EventAttendance.objects.filter(event_id__in=books.places, status="going").values_list("event_id", "user_id")
    )
    counted = Counter(event_id for event_id, _ in going)
    lost = [f"{user_id} goes to {event_id}" for event_id, user_id in books.joins if (event_id, user_id) not in going]
    over = [
        f"event {event_id}: {counted[event_id]} on {places} places"
        for event_id, places in books.places.items()
        if counted[event_id] > places
    ]
    told = Event.objects.filter(id__in=books.places).values_list("id", "meta_data__current_participants")
    wrong = [
        f"event {event_id} says {said} and {counted[event_id]} go"
        for event_id, said in told
        if (said or 0) != counted[event_id]
    ]
    return lost, over, wrong


def _connections(books: Books) -> Three:
    found = set(UserConnection.objects.filter(requester_id__in=books.people).values_list("requester_id", "receiver_id"))
    lost = [f"{one} asked {other}" for one, other in books.connections if (one, other) not in found]
    twice = [f"{one} and {other} are connected twice" for one, other in found if one < other and (other, one) in found]
    return lost, twice, []


def _embeddings(books: Books) -> Three:
    """Every string has one vector; one that a dead worker still holds gets it when its claim is over."""
    counted = dict(
        StringEmbedding.objects.filter(string_id__in=books.strings)
        .values_list("string_id")
        .annotate(Count("string_id"))
        .order_by()
    )
    twice = [f"string {id_} has {count} vectors" for id_, count in counted.items() if count > 1]
    missing = texts(STRINGS, [id_ for id_ in books.strings if id_ not in counted])
    return [f"the vector of string {text.id}" for text in missing if not _is_claimed(text)], twice, []


def _is_claimed(text: Text) -> bool:
    # As in ai/embedding.py: whoever was killed at it left word until when nobody else takes it.
    return bool(cache.get(f"embedding:{STRINGS.name}:{text.id}:{text.hash}"))
