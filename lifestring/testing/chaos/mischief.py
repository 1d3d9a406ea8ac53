"""What goes wrong during a chaos run."""

import asyncio
import itertools
from collections.abc import Callable, Coroutine
from typing import Any

from accounts.models import Suspension
from chat.models import RoomParticipant
from lifestring.testing.chaos.stage import (
    APPLICATION,
    FaultError,
    Member,
    Revocation,
    Stage,
    database_time,
    in_database,
)
from lifestring.testing.web_servers import NAMES, start

Mischief = Callable[[Stage], Coroutine[Any, Any, None]]


async def kill_a_server(stage: Stage) -> None:
    """One process dies with all its sockets; another one takes its place."""
    victim = stage.web.pop(stage.rng.randrange(len(stage.web)))
    stage.say(f"killing the server on port {victim.port}")
    victim.process.kill()
    stage.buried.append(victim)
    fresh = start(stage.rng.choice(NAMES), APPLICATION)
    try:
        await asyncio.to_thread(fresh.wait)
    finally:
        stage.web.append(fresh)


async def restart_redis(stage: Stage) -> None:
    """Redis is away for a moment, and comes back knowing nothing."""
    away = stage.rng.uniform(0.1, 2.0)
    stage.say(f"Redis is away for {away:.1f} s")
    async with stage.engines:
        await asyncio.to_thread(stage.servers.order, "stop redis")
        await asyncio.sleep(away)
        await asyncio.to_thread(stage.servers.order, "start redis")


async def restart_postgres(stage: Stage) -> None:
    """PostgreSQL stops, in order or in the middle of everything."""
    how, away = stage.rng.choice(["stop", "kill"]), stage.rng.uniform(0.1, 1.5)
    stage.say(f"PostgreSQL: {how}, away for {away:.1f} s")
    begun = await database_time()
    async with stage.engines:
        await asyncio.to_thread(stage.servers.order, f"{how} postgres")
        await asyncio.sleep(away)
        await asyncio.to_thread(stage.servers.order, "start postgres")
    stage.outages.append((begun, await database_time()))


async def pause_readers(stage: Stage) -> None:
    """Some clients take nothing from their connections for a while."""
    clients = [client for member in stage.members for client in member.clients]
    paused = [client.pause() for client in stage.rng.sample(clients, 4)]
    seconds = stage.rng.uniform(1, 4)
    stage.say(f"{len(paused)} clients stop reading for {seconds:.1f} s")
    await asyncio.sleep(seconds)
    for resume in paused:
        resume()


async def take_out(stage: Stage) -> None:
    """The moderator takes somebody out of a room."""
    member = _victim(stage)
    room_id = stage.rng.choice(stage.rooms_of(member.person))
    stage.say(f"{member.person.name} is taken out of room {stage.rooms.index(room_id)}")
    stage.left[room_id].discard(member.person.user_id)
    path = f"/api/rooms/{room_id}/participants/{member.person.user_id}"
    answer = await stage.rest(stage.members[0].person, "DELETE", path)
    if answer.status_code not in {200, 204, 404}:
        raise FaultError(f"taking somebody out: {answer.text}")
    stage.revocations.append(Revocation(member.person, room_id, await database_time(), entry=True, how="taken out"))


async def take_out_unseen(stage: Stage) -> None:
    """Another client of the database takes somebody out of a room, and tells nobody."""
    member = _victim(stage)
    room_id, user_id = stage.rng.choice(stage.rooms_of(member.person)), member.person.user_id
    stage.say(f"{member.person.name} is taken out of room {stage.rooms.index(room_id)} behind our back")
    stage.left[room_id].discard(user_id)
    await in_database(lambda: RoomParticipant.objects.filter(room_id=room_id, user_id=user_id).delete())
    stage.revocations.append(Revocation(member.person, room_id, await database_time(), entry=False, how="unseen"))


async def suspend(stage: Stage) -> None:
    """Somebody is suspended."""
    member = _victim(stage)
    stage.say(f"{member.person.name} is suspended")
    await in_database(lambda: Suspension.objects.get_or_create(user_id=member.person.user_id))
    member.gone = True
    stage.revocations.append(Revocation(member.person, None, await database_time(), entry=False, how="suspended"))


def _victim(stage: Stage) -> Member:
    """Anybody but the moderator who is still somewhere, and whom nothing befell."""
    revoked = {revocation.person.user_id for revocation in stage.revocations}
    left = [member for member in stage.members[1:] if not member.gone and stage.rooms_of(member.person)]
    return stage.rng.choice([member for member in left if member.person.user_id not in revoked] or left)


ALL: tuple[Mischief, ...] = (
    kill_a_server,
    restart_redis,
    restart_postgres,
    pause_readers,
    take_out,
    take_out_unseen,
    suspend,
)


async def all_of_it(stage: Stage, rounds: int, gap: float) -> None:
    """Do everything in any order, that many times; one thing need not be over when the next begins."""
    stories = itertools.chain.from_iterable(stage.rng.sample(ALL, len(ALL)) for _ in range(rounds))
    async with asyncio.TaskGroup() as group:
        for story in stories:
            # One web server is always there: a second is not killed before the first has a successor.
            if story is kill_a_server:
                await story(stage)
            else:
                group.create_task(story(stage))
            await asyncio.sleep(stage.rng.uniform(0, gap))
