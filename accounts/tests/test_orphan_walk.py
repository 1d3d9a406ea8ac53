"""What other clients delete in Supabase's tables, past us, leaves nothing of ours behind: every table is looked through."""

from collections.abc import Iterator

import pytest
from django.db import connection

from accounts.tasks import sweep_orphans
from accounts.tests.auth_client import AuthClient
from accounts.tests.everything import Everything, everything, forget_detailed_profiles
from accounts.tests.test_erasure_walk import rows_with
from ai.tasks import sweep_assistant, sweep_embeddings, trim_usage
from chat.tasks import sweep_orphans as sweep_rooms
from events.tasks import sweep_attendance
from moderation.tasks import sweep_orphans as sweep_moderation

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.serial, pytest.mark.xdist_group("serial")]

# As somebody at Supabase's console would: what a foreign key holds fast goes first.
DELETED = (
    "DELETE FROM public.rooms WHERE id = %(room)s",
    "DELETE FROM public.strings WHERE user_id = %(user)s",
    "DELETE FROM public.events WHERE user_id = %(user)s",
    "DELETE FROM public.user_profiles WHERE user_id = %(user)s",
    "DELETE FROM auth.users WHERE id = %(user)s",
)
# By the clock, in any order.
SWEEPS = (sweep_orphans, sweep_moderation, sweep_rooms, sweep_attendance, sweep_embeddings, sweep_assistant, trim_usage)


@pytest.fixture
def world(auth: AuthClient) -> Iterator[Everything]:
    yield everything(auth)
    forget_detailed_profiles()


def ours(needles: list[str]) -> dict[str, int]:
    return {table: count for table, count in rows_with(needles).items() if table.startswith("django.")}


def test_nothing_of_ours_outlives_what_it_is_about(world: Everything) -> None:
    bobs = ours([str(world.bob.user_id)])
    with connection.cursor() as cursor:
        for statement in DELETED:
            cursor.execute(statement, {"user": world.alice.user_id, "room": world.own_room})
    assert len(ours(world.needles)) > 20, "it all hangs on nothing now"

    for sweep in SWEEPS:
        sweep()

    assert ours(world.needles) == {}
    assert {table for table in bobs if not ours([str(world.bob.user_id)]).get(table)} == set()
