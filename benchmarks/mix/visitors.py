"""People with sockets, who come and go, and people who ask the assistant and do not always stay for its answer."""

import asyncio
import json
import random
import uuid
from typing import Any

import httpx2

from lifestring.testing.live import LiveClient

SOCKETS, ASKERS = 40, 8
STAYS = (3.0, 20.0)
ASKS_EVERY = (1.0, 6.0)
# So many of a hundred answers are left in their middle.
LEAVES = 0.5
# While the last answer is being put away the room takes no question yet.
BUSY = "conflict"


class Visitors:
    """They come and go until told to stop; what they did is counted, and what went wrong.

    Args:
        url: of the service.
        people: who they are, with rooms they are in; the first of them have sockets, others ask.
    """

    def __init__(self, url: str, people: list[dict[str, Any]]) -> None:
        self.counts = {"sockets": 0, "said": 0, "answers": 0, "answers left": 0}
        self.faults: list[str] = []
        self._url, self._people = url, people
        self._chance = random.Random(1)

    async def come_and_go(self, seconds: float) -> None:
        """Do so for a while."""
        tasks = [asyncio.create_task(self._with_socket(one)) for one in self._people[:SOCKETS]]
        tasks += [asyncio.create_task(self._asking(one)) for one in self._people[SOCKETS : SOCKETS + ASKERS]]
        done, _ = await asyncio.wait(tasks, timeout=seconds)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.faults += [repr(task.exception()) for task in done]

    async def _with_socket(self, person: dict[str, Any]) -> None:
        address = f"{self._url.replace('http', 'ws', 1)}/ws"
        while True:
            async with LiveClient(address, person["token"]) as client:
                self.counts["sockets"] += 1
                rooms = [await client.join(room) for room in person["rooms"][:3]]
                until = asyncio.get_running_loop().time() + self._chance.uniform(*STAYS)
                while asyncio.get_running_loop().time() < until:
                    answer = await client.say(rooms[0].room_id, "Still here", str(uuid.uuid4()))
                    self.counts["said"] += 1
                    if answer["type"] != "ok":
                        self.faults.append(f"a message was refused: {answer}")
                    await asyncio.sleep(self._chance.uniform(1, 4))
                self.faults += [fault for room in rooms for fault in room.faults]
            await asyncio.sleep(self._chance.uniform(0, 2))

    async def _asking(self, person: dict[str, Any]) -> None:
        headers = {"Authorization": f"Bearer {person['token']}"}
        async with httpx2.AsyncClient(base_url=self._url, headers=headers, timeout=60) as client:
            made = (await client.post("/api/ai/chat", json={"context_enabled": False})).json()
            while True:
                await self._ask(client, f"/api/ai/chat/{made['room_id']}/stream")
                await asyncio.sleep(self._chance.uniform(*ASKS_EVERY))

    async def _ask(self, client: httpx2.AsyncClient, path: str) -> None:
        leaves_after = self._chance.randint(1, 10) if self._chance.random() < LEAVES else 10_000
        async with client.stream("POST", path, json={"content": "What is new?"}) as answer:
            if answer.status_code != 200:
                body = json.loads(await answer.aread())
                if body["code"] != BUSY:
                    self.faults.append(f"the assistant: {body}")
                return
            heard = 0
            async for line in answer.aiter_lines():
                heard += line.startswith("data: ")
                if heard > leaves_after:
                    self.counts["answers left"] += 1
                    return
        self.counts["answers"] += 1
