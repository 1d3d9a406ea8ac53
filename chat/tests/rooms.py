"""What the tests of rooms do again and again: make a room, say something, read the log, look at all that was told."""

import itertools
import uuid
from typing import Any

from chat.models import LogKind, Message, RoomLogEntry, RoomPosition
from lifestring.testing.people import Person

UNKNOWN = "00000000-0000-4000-8000-000000000000"
Told = list[tuple[str, dict[str, Any]]]


def body_of(answer: Any, status: int = 200) -> Any:
    """Return an answer's JSON, which must have this status."""
    assert answer.status_code == status, (answer.status_code, answer.content)
    return answer.json()


def get(person: Person, url: str, **query: Any) -> Any:
    """Return the JSON a person reads."""
    return body_of(person.client.get(url, query))


def say(author: Person, room_id: Any, content: str = "hello", **headers: str) -> dict[str, Any]:
    """Say something over REST; returns the message with its `seq`."""
    answer = author.client.post(f"/api/rooms/{room_id}/messages", {"content": content}, headers=headers)
    found: dict[str, Any] = body_of(answer, 201)["data"]
    return found


def log_of(room_id: Any) -> list[tuple[int, str, uuid.UUID | None]]:
    """The entries of a room's log as they are stored: number, kind and subject."""
    return list(RoomLogEntry.objects.filter(room_id=room_id).order_by("seq").values_list("seq", "kind", "subject_id"))


def assert_in_order(room_id: Any) -> int:
    """Fail unless the log has no hole, times rise with it, and messages agree with both; returns how far it has come."""
    entries = list(RoomLogEntry.objects.filter(room_id=room_id).order_by("seq"))
    seqs, moments = [entry.seq for entry in entries], [entry.at for entry in entries]
    assert seqs == list(range(1, len(entries) + 1))
    assert all(one < other for one, other in itertools.pairwise(moments))
    created = {entry.subject_id: entry for entry in entries if entry.kind == LogKind.MESSAGE_CREATED}
    gone = {entry.subject_id for entry in entries if entry.kind == LogKind.MESSAGE_DELETED}
    stored = list(Message.objects.filter(room_id=room_id).order_by("created_at", "id"))
    assert [message.created_at for message in stored] == [created[message.id].at for message in stored]
    assert {message.id for message in stored} == set(created) - gone
    position = RoomPosition.objects.get(room_id=room_id)
    assert (position.seq, [position.at]) == (len(entries), moments[-1:] or [position.at])
    return len(entries)
