"""`make bench ARGS=live`: fan-out as a ratio to a bare broadcaster, what idle sockets cost, how fast rooms take messages.

Rounds of all contestants are interleaved, and ratios taken within a round, as in feed.py. `--only=fanout`, `idle` or
`sending` measures a part; `--compressed` has the idle sockets ask for compression, as browsers do.
"""

import asyncio
import statistics
from collections.abc import Coroutine
from typing import Any, TypeVar

import uvloop

from benchmarks import live_fanout, live_idle, live_sending, live_world
from benchmarks.live_fanout import Contestant
from benchmarks.processes import Server, running
from lifestring.local.plan import WEB

ROUNDS = 3
UVICORN, DAPHNE = [*WEB, "--port", "{port}", "--log-level", "warning"], ["daphne", "-v", "0", "-p", "{port}"]
OURS = "lifestring.asgi:application"
BARE = "benchmarks.bare_live:app"

T = TypeVar("T")


def run(arguments: list[str]) -> None:
    """Measure and print the tables."""
    live_world.build()
    only = next((part.partition("=")[2] for part in arguments if part.startswith("--only=")), "")
    if only in {"", "fanout"}:
        _fan_out()
    if only in {"", "idle"}:
        _idle(compressed="--compressed" in arguments)
    if only in {"", "sending"}:
        _sending()


def _await(coroutine: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(coroutine)


def _with(application: str, server: list[str]) -> list[str]:
    # The product's command names its application first.
    return [application if part == OURS else part for part in server] if OURS in server else [*server, application]


# --- fan-out ---


def _contestants(servers: dict[str, Server]) -> dict[str, Contestant]:
    """The limit of each server comes first."""
    frame = _await(live_fanout.frame_of(servers["writer"]))
    found = {}
    for name in ("uvicorn", "daphne"):
        bare, ours = servers[f"bare, {name}"], servers[f"ours, {name}"]
        found[f"bare ({name})"] = Contestant(bare, live_fanout.to_the_bare(bare, frame), joins=False)
        found[f"lifestring, broadcast ({name})"] = Contestant(ours, live_fanout.by_the_layer(frame))
        found[f"lifestring, written elsewhere ({name})"] = Contestant(ours, live_fanout.over_rest(servers["writer"]))
        found[f"lifestring, written there ({name})"] = Contestant(ours, live_fanout.over_rest(ours))
    return found


def _fan_out() -> None:
    commands = {
        "bare, uvicorn": _with(BARE, UVICORN),
        "bare, daphne": _with(BARE, DAPHNE),
        "ours, uvicorn": _with(OURS, UVICORN),
        "ours, daphne": _with(OURS, DAPHNE),
        "writer": _with(OURS, UVICORN),
    }
    with running(commands) as servers:
        contestants = _contestants(servers)
        speeds: dict[str, list[live_fanout.Speed]] = {name: [] for name in contestants}
        times: dict[str, list[list[float]]] = {name: [] for name in contestants}
        for _ in range(ROUNDS):
            for name, one in contestants.items():
                speeds[name].append(_await(live_fanout.deliveries(one)))
            for name, one in contestants.items():
                times[name].append(_await(live_fanout.latencies(one)))
    print("\ndeliveries to 200 sockets of one room; ratios to the bare broadcaster on the same server")
    print(
        f"{'':42} {'per s':>8} {'ratio':>6} {'per CPU s':>10} {'ratio':>6} {'p50 ms':>7} {'p99 ms':>7} at 20 messages/s"
    )
    for name, found in speeds.items():
        limits = speeds["bare (daphne)" if "daphne" in name else "bare (uvicorn)"]
        columns = list(zip(*found, strict=True))
        ratios = [
            statistics.median(ours / limit for ours, limit in zip(column, base, strict=True))
            for column, base in zip(columns, zip(*limits, strict=True), strict=True)
        ]
        speed, share = map(statistics.median, columns)
        p50, p99 = (statistics.median(one[int(len(one) * part)] for one in times[name]) for part in (0.5, 0.99))
        print(
            f"{name:42} {speed:8.0f} {ratios[0]:6.2f} {share:10.0f} {ratios[1]:6.2f} {p50 * 1000:7.1f} {p99 * 1000:7.1f}"
        )


# --- idle sockets, and sending ---


def _idle(*, compressed: bool) -> None:
    with running({"ours": _with(OURS, UVICORN)}) as servers:
        found = _await(live_idle.measure(servers["ours"], compressed=compressed))
    print(f"\n2,000 idle joined sockets{' that asked for compression' if compressed else ''}:", end=" ")
    print(f"{found.kib_per_socket:.1f} KiB each, {found.share_of_core:.1%} of a core, pings of the server included")


def _sending() -> None:
    ways = {"one room, 20 people": live_sending.in_one_room(), "50 rooms, 2 people each": live_sending.in_fifty_rooms()}
    with running({"one": _with(OURS, UVICORN), "two": _with(OURS, UVICORN)}) as servers:
        results: dict[str, list[live_sending.Sending]] = {way: [] for way in ways}
        for _ in range(ROUNDS):
            for way, people in ways.items():
                results[way].append(_await(live_sending.measure(list(servers.values()), people)))
    print(f"\n{'2 web processes':26} {'acknowledged/s':>14} {'p50 ms':>7} {'p99 ms':>7} {'refused':>8}   cores used by")
    for way, found in results.items():
        middle = sorted(found, key=lambda one: one.per_second)[len(found) // 2]
        cores = ", ".join(f"{name} {used:.2f}" for name, used in middle.cores.items())
        numbers = f"{middle.per_second:14.0f} {middle.p50:7.1f} {middle.p99:7.1f} {middle.refused:8}"
        print(f"{way:26} {numbers}   {cores}")
