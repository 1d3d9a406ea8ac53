"""`make bench ARGS=assistant`: how soon tokens are passed on, what a hundred answers at once leave for others, who leaves.

A model's server in a process of its own writes the time into its first token. Clients speak HTTP over plain sockets, so
that what is measured is the service.
"""

import asyncio
import json
import statistics
import time
import uuid
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any

from benchmarks import live_world
from benchmarks.live import DAPHNE, OURS, UVICORN
from benchmarks.model import running_model
from benchmarks.processes import Server, running

ROUNDS, STREAMS, LEAVERS = 60, 100, 20
WORDS, PAUSE = 80, 0.1
PROBES, PROBE_PAUSE = 300, 0.02
BOT = "a1f5e57a-1d5f-4c0e-9a11-0c0ffee0b075"


def run(arguments: list[str]) -> None:
    """Measure and print the figures, under Daphne, and under uvicorn with `--uvicorn`."""
    live_world.build()
    _make_bot()
    name, command = ("uvicorn", UVICORN) if "--uvicorn" in arguments else ("Daphne", DAPHNE)
    with running_model() as model:
        variables = {
            "OPENAI_BASE_URL": model("url"),
            "OPENAI_API_KEY": "sk-bench",
            "AI_BOT_USER_ID": BOT,
            "AI_MESSAGES_PER_HOUR": "100000",
            "AI_MESSAGES_PER_DAY": "100000",
            "AI_DAILY_BUDGET": "1000",
        }
        with running({"web": command if OURS in command else [*command, OURS]}, **variables) as servers:
            asyncio.run(_measure(servers["web"], model, name))


async def _measure(server: Server, model: Callable[[Any], Any], name: str) -> None:
    rooms = list(await asyncio.gather(*(_new_room(server, number) for number in range(1, STREAMS + 1))))
    model({"words": 5, "pause": 0.0})
    await _first_token(server, 1, rooms[0])
    alone = [await _first_token(server, 1, rooms[0]) for _ in range(ROUNDS)]
    _say(f"first token passed on, one stream at a time, {name}", alone)

    _say("GET /up beside nothing", [await _probe(server) for _ in range(PROBES)])
    model({"words": WORDS, "pause": PAUSE})
    used, began = server.seconds(), time.monotonic()
    asked = [asyncio.create_task(_whole(server, n, room)) for n, room in enumerate(rooms, 1)]
    await asyncio.sleep(2)
    probes = [await _probe(server) for _ in range(PROBES)]
    done = await asyncio.gather(*asked)
    took = time.monotonic() - began
    _say(f"GET /up beside {STREAMS} streams", probes)
    _say(f"first token passed on, {STREAMS} streams begun at once", [first for first, _ in done])
    tokens = sum(count for _, count in done)
    print(f"{tokens:,} tokens of {STREAMS} answers in {took:.1f} s; {(server.seconds() - used) / took:.2f} of a core")

    left = [await _leave(server, number, rooms[number - 1]) for number in range(1, LEAVERS + 1)]
    await asyncio.sleep(2)
    noticed = model("left")[-LEAVERS:]
    _say("the model's server is left after the client has left", [b - a for a, b in zip(left, noticed, strict=True)])


def _say(what: str, seconds: list[float]) -> None:
    ordered = sorted(1000 * one for one in seconds)
    p99 = ordered[min(len(ordered) - 1, round(0.99 * len(ordered)))]
    print(
        f"{what}: p50 {statistics.median(ordered):.1f} ms, p99 {p99:.1f} ms, most {ordered[-1]:.1f} ms ({len(ordered)})"
    )


# --- the clients ---


async def _events(server: Server, number: int, room_id: str) -> AsyncGenerator[dict[str, Any]]:
    reader, writer = await _send(server, f"/{room_id}/stream", {"content": "Hello"}, number)
    try:
        while line := await reader.readline():
            if line.startswith(b"data: "):
                yield json.loads(line[6:])
            if line.startswith(b"HTTP/1.1") and b" 200 " not in line:
                raise RuntimeError(f"{line!r} {await reader.read(2000)!r}")
    finally:
        writer.close()


async def _first_token(server: Server, number: int, room_id: str) -> float:
    """Ask, and return how long the first token was on its way."""
    first, _ = await _whole(server, number, room_id)
    return first


async def _whole(server: Server, number: int, room_id: str) -> tuple[float, int]:
    first, count = 0.0, 0
    async for event in _events(server, number, room_id):
        if event["type"] == "token":
            first = first or time.time() - float(event["content"])
            count += 1
        if event["type"] in {"done", "error"}:
            if event["type"] == "error":
                raise RuntimeError(event)
            break
    return first, count


async def _leave(server: Server, number: int, room_id: str) -> float:
    """Ask, and leave after the second token; returns when that was."""
    seen = 0
    async with aclosing(_events(server, number, room_id)) as events:
        async for event in events:
            seen += event["type"] == "token"
            if seen == 2:
                break
    return time.monotonic()


async def _probe(server: Server) -> float:
    await asyncio.sleep(PROBE_PAUSE)
    began = time.perf_counter()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(b"GET /up HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    answer = await reader.read()
    writer.close()
    if b" 200 " not in answer[:20]:
        raise RuntimeError(answer[:200])
    return time.perf_counter() - began


async def _new_room(server: Server, number: int) -> str:
    reader, writer = await _send(server, "", {"context_enabled": False}, number)
    _, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    room_id: str = json.loads(body)["room_id"]
    return room_id


async def _send(
    server: Server, path: str, body: dict[str, Any], number: int
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    content = json.dumps(body).encode()
    head = [
        f"POST /api/ai/chat{path} HTTP/1.1",
        "Host: localhost",
        f"Authorization: Bearer {live_world.token(number)}",
        "Content-Type: application/json",
        "Connection: close",
        f"Content-Length: {len(content)}",
    ]
    writer.write("\r\n".join([*head, "", ""]).encode() + content)
    return reader, writer


def _make_bot() -> None:
    live_world.make_person(uuid.UUID(BOT), "Lifestring Assistant")
