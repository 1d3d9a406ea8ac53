"""What people hear live of their connections, on their own sockets' group and nobody else's (docs/live.md)."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from channels.layers import get_channel_layer
from django.db import connections

from accounts.models import ConnectionStatus, UserConnection
from accounts.realtime import user_group
from lifestring.testing.people import Person, connect

pytestmark = pytest.mark.django_db(transaction=True)


def heard(people: list[Person], act: Callable[[], Any]) -> list[list[dict[str, Any]]]:
    """The frames each of these people is sent while `act` runs in a thread of its own, as a request does."""

    def act_alone() -> None:
        try:
            act()
        finally:
            connections.close_all()

    async def listen() -> list[list[dict[str, Any]]]:
        layer: Any = get_channel_layer()
        channels = [await layer.new_channel() for _ in people]
        for person, channel in zip(people, channels, strict=True):
            await layer.group_add(user_group(person.user_id), channel)
        await asyncio.to_thread(act_alone)
        found: list[list[dict[str, Any]]] = [[] for _ in people]
        for frames, channel in zip(found, channels, strict=True):
            while True:
                try:
                    message = await asyncio.wait_for(layer.receive(channel), 0.15)
                except TimeoutError:
                    break
                assert message["type"] == "forward"
                frames.append(json.loads(message["text"]))
        await layer.flush()
        return found

    return asyncio.run(listen())


def author(person: Person) -> dict[str, Any]:
    profile = person.profile
    return {
        "id": str(profile.id),
        "user_id": str(person.user_id),
        "name": person.name,
        "is_admin": False,
        "is_mod": False,
    }


def test_a_request_reaches_the_receiver_and_its_acceptance_whoever_asked(alice: Person, charlie: Person):
    made: list[Any] = []

    def ask() -> None:
        made.append(alice.client.post("/api/connections", {"receiver_id": str(charlie.user_id)}).json())

    def accept() -> None:
        made.append(charlie.client.put(f"/api/connections/{alice.user_id}", {"status": "accepted"}).json())

    frame = {"type": "connection.requested", "user": author(alice)}
    assert heard([alice, charlie], ask) == [[], [frame | {"connection": made[0]["connection"]}]]
    frame = {"type": "connection.accepted", "user": author(charlie)}
    assert heard([alice, charlie], accept) == [[frame | {"connection": made[1]["connection"]}], []]


def test_nobody_hears_of_anything_else(alice: Person, charlie: Person):
    """Refused requests, declined ones, ends and blocks."""
    own, other = f"/api/connections/{charlie.user_id}", f"/api/connections/{alice.user_id}"
    steps: list[Callable[[], Any]] = [
        lambda: charlie.client.put(other, {"status": "declined"}),
        lambda: alice.client.post("/api/connections", {"receiver_id": str(charlie.user_id)}),
        lambda: alice.client.delete(own),
        lambda: alice.client.post(f"/api/users/{charlie.user_id}/block"),
        lambda: charlie.client.post("/api/connections", {"receiver_id": str(alice.user_id)}),
        lambda: alice.client.delete(f"/api/users/{charlie.user_id}/block"),
    ]
    connect(alice, charlie, ConnectionStatus.PENDING)
    statuses: list[int] = []
    assert heard([alice, charlie], lambda: statuses.extend(step().status_code for step in steps)) == [[], []]
    assert statuses == [200, 422, 204, 201, 422, 204]
    assert not UserConnection.objects.exists()
