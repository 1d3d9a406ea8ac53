"""Talking with the assistant in tests, over REST."""

import json
import uuid
from typing import Any

from lifestring.testing.documented import assert_documented
from lifestring.testing.people import Person


def open_chat(person: Person, **body: Any) -> str:
    """Make a room with the assistant; returns its id."""
    answer = person.client.post("/api/ai/chat", body)
    assert answer.status_code == 201, answer.content
    assert_documented(answer)
    room_id: str = answer.json()["room_id"]
    return room_id


def ask(person: Person, room_id: Any, content: str, **headers: str) -> Any:
    """Say something and return the whole answer of the route."""
    answer = person.client.post(f"/api/ai/chat/{room_id}/message", {"content": content}, headers=headers)
    assert_documented(answer)
    return answer


def events_in(answer: Any) -> list[dict[str, Any]]:
    """Read the events of a stream."""
    assert answer.status_code == 200, answer.content
    lines = answer.content.decode().split("\n\n")
    return [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]


def stream(person: Person, room_id: Any, content: str, **headers: str) -> list[dict[str, Any]]:
    """Say something and return the events of the answer."""
    answer = person.client.post(f"/api/ai/chat/{room_id}/stream", {"content": content}, headers=headers)
    assert_documented(answer)
    return events_in(answer)


def history(person: Person, room_id: Any, **query: Any) -> list[dict[str, Any]]:
    """Read a conversation."""
    answer = person.client.get(f"/api/ai/chat/{room_id}/history", query)
    assert answer.status_code == 200, answer.content
    assert_documented(answer)
    found: list[dict[str, Any]] = answer.json()["messages"]
    return found


def said(person: Person, room_id: Any) -> list[tuple[bool, str]]:
    """Read who said what: whether it was the assistant, and the text."""
    return [(message["is_assistant"], message["content"]) for message in history(person, room_id)]


def key() -> dict[str, str]:
    """Return a header that makes a request repeatable."""
    return {"Idempotency-Key": uuid.uuid4().hex}
