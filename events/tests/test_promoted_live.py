"""Whoever moves up hears of it on their own socket, after the commit (docs/live.md, Server to client)."""

import pytest
from channels.db import database_sync_to_async

from chat.tests.sockets import opened, story
from events.tests.invitations import attend, going, invite, leave
from lifestring.testing.people import Person

pytestmark = pytest.mark.django_db(transaction=True)


@story
async def test_who_waited_is_told_and_nobody_else(alice: Person, bob: Person, charlie: Person) -> None:
    in_thread = database_sync_to_async

    def full_event() -> str:
        made = invite(alice, places=1, title="Chess")
        going(bob, made)
        going(charlie, made, wait=True)
        return made

    event = await in_thread(full_event, thread_sensitive=False)()
    async with opened(charlie) as waiting, opened(bob) as leaving, opened(alice) as organising:
        await in_thread(lambda: attend(bob, event, "maybe"), thread_sensitive=False)()
        assert await waiting.frame() == {
            "type": "event.promoted",
            "event_id": event,
            "title": "Chess",
            "start_time": "2050-06-01T18:00:00.000000Z",
        }
        await in_thread(lambda: leave(bob, event), thread_sensitive=False)()
        assert await waiting.receive_nothing(timeout=0.1)
        for other in (leaving, organising):
            assert await other.receive_nothing(timeout=0.01)
