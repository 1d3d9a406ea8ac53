"""Who writes during a chaos run, over sockets and over REST: each thing until it is acknowledged, some of it twice."""

import asyncio
import random
import uuid

from lifestring.testing.chaos.stage import PATIENCE, FaultError, Member, Promise, Stage
from lifestring.testing.live import Frame, LiveClient

SOCKET_WRITERS, REST_WRITERS = 8, 3
PAUSES = (0.02, 0.25)
# Refusals that are right once somebody is out.
OUT = frozenset({"not_a_member", "suspended"})


def players(stage: Stage) -> list[asyncio.Task[None]]:
    """Set them all going, until the stage says that it is over."""
    found = [
        asyncio.create_task(_on_socket(stage, member, stage.rng.randrange(len(member.clients)), stage.rng.random()))
        for member in stage.rng.sample(stage.members, SOCKET_WRITERS)
    ]
    found += [
        asyncio.create_task(_over_rest(stage, member, stage.rng.random()))
        for member in stage.rng.sample(stage.members, REST_WRITERS)
    ]
    return found


async def _on_socket(stage: Stage, member: Member, which: int, seed: float) -> None:
    rng, client, mine = random.Random(seed), member.clients[which], list[tuple[uuid.UUID, str]]()
    while not stage.over and not member.gone:
        rooms = stage.rooms_of(member.person)
        if not rooms:
            return
        room_id, content = rng.choice(rooms), _text(rng)
        message_id = str(uuid.uuid4())
        for _ in range(2 if rng.random() < 0.2 else 1):
            answer = await _acknowledged(client, member, room_id, content, message_id)
            if answer is None or answer.get("code") in OUT:
                break
            if answer["type"] != "ok":
                raise FaultError(f"a message was refused: {answer}")
            stage.promised(message_id, Promise(room_id, member.person, answer["seq"], content))
        else:
            mine.append((room_id, message_id))
        if mine and rng.random() < 0.3:
            await _change(stage, client, rng, *rng.choice(mine))
        await asyncio.sleep(rng.uniform(*PAUSES))


async def _acknowledged(
    client: LiveClient, member: Member, room_id: uuid.UUID, content: str, message_id: str
) -> Frame | None:
    """Say something until it is answered; None for somebody who is out."""
    saying = asyncio.create_task(client.say(room_id, content, message_id))
    for _ in range(int(PATIENCE / 0.5)):
        await asyncio.wait([saying], timeout=0.5)
        if saying.done():
            return saying.result()
        if member.gone:
            saying.cancel()
            return None
    saying.cancel()
    raise FaultError(f"a message of {member.person.name} was not answered in {PATIENCE} s")


async def _change(stage: Stage, client: LiveClient, rng: random.Random, room_id: uuid.UUID, message_id: str) -> None:
    """Edit or delete something once; whether it was done is for the log to say."""
    stage.changed.add(uuid.UUID(message_id))
    frame = {"type": "message.delete", "room_id": str(room_id), "id": message_id}
    if rng.random() < 0.6:
        frame |= {"type": "message.edit", "content": _text(rng)}
    try:
        async with asyncio.timeout(PATIENCE):
            await client.ask(**frame)
    except ConnectionError:
        return


async def _over_rest(stage: Stage, member: Member, seed: float) -> None:
    rng = random.Random(seed)
    while not stage.over and not member.gone:
        rooms = stage.rooms_of(member.person)
        if not rooms:
            return
        path, content = f"/api/rooms/{rng.choice(rooms)}/messages", _text(rng)
        answer = await stage.rest(
            member.person, "POST", path, {"content": content}, **{"Idempotency-Key": uuid.uuid4().hex}
        )
        if answer.status_code == 201:
            said = answer.json()["data"]
            promise = Promise(uuid.UUID(said["room_id"]), member.person, said["seq"], content)
            stage.promised(said["id"], promise)
            if rng.random() < 0.3:
                stage.changed.add(uuid.UUID(said["id"]))
                method = rng.choice(["PUT", "DELETE"])
                await stage.rest(
                    member.person, method, f"{path}/{said['id']}", {"content": _text(rng)} if method == "PUT" else None
                )
        elif answer.json()["code"] not in OUT:
            raise FaultError(f"a message was refused: {answer.text}")
        await asyncio.sleep(rng.uniform(*PAUSES))


def _text(rng: random.Random) -> str:
    return f"{rng.random()} né 👍 " + "x" * rng.choice([0, 40, 400, 4_000])
