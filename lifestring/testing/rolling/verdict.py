"""Whether anything was lost."""

import asyncio
from collections import Counter
from functools import partial

from ai.models import AssistantAnswer, AssistantTurn, Outcome, StringEmbedding, UsageEntry
from chat.models import Message
from lifestring.testing.chaos.stage import in_database
from lifestring.testing.chaos.verdict import History
from lifestring.testing.rolling.people import Crowd
from lifestring.testing.rolling.services import PLATFORM_SECONDS, Services
from strings.models import String

SETTLE_SECONDS = 60.0
SHOWN = 10
# The server says so when it restarts amid an answer (docs/api.md, AI).
CUT = "ai_unavailable"
UNEXPECTED = ("Traceback", "Internal Server Error", "was never retrieved", "graceful shutdown exceeded")


async def verdict(crowd: Crowd, services: Services) -> list[str]:
    """Print what went on; returns what was lost, a line each."""
    wrong = [*crowd.failures, *services.balancer.failed]
    _say(f"{sum(crowd.requests.values())} requests, {len(wrong)} failed, {services.balancer.retried} tried elsewhere")
    for line in wrong[:SHOWN]:
        _say(line)
    for part in (_rooms, _strings, _streams):
        wrong += await part(crowd)
    closes = Counter(code for client, _, _ in crowd.sockets for code in client.closes)
    _say(f"{len(crowd.sockets)} sockets, closed with {dict(closes)}")
    wrong += [f"{count} sockets were closed with {code}" for code, count in closes.items() if code != 1012]
    for word in ("web", "worker", "scheduler"):
        took = [f"{one.drained:.1f}" for one in services.ended if one.word == word]
        _say(f"{word}: stopped in {', '.join(took) or '-'} s")
    wrong += [f"a {one.word} took {one.drained:.1f} s to stop"
              for one in services.ended if one.drained > PLATFORM_SECONDS]  # fmt: skip
    for one in [*services.ended, *services.running]:
        log = one.said()
        wrong += [f"a {one.word} logged: {log[max(0, log.find(words) - 300) :][:1500]}"
                  for words in UNEXPECTED if words in log]  # fmt: skip
    return wrong


def _say(text: str) -> None:
    print(f"  {text}", flush=True)  # noqa: T201


async def _rooms(crowd: Crowd) -> list[str]:
    """What was acknowledged is in the log at its place, once, and every socket heard all of the log in order."""
    wrong, histories = list[str](), {}
    for room_id in {room_id for _, room_id, _ in crowd.sockets}:
        histories[room_id] = history = await in_database(partial(History, room_id))
        history.check()
    places = {entry.subject_id: (room_id, entry.seq) for room_id, one in histories.items() for entry in one.entries}
    lost = [str(one) for one, place in crowd.said.items() if places.get(one) != place]
    texts = Counter(row.content for one in histories.values() for row in one.messages.values())
    doubled = [text for text, count in texts.items() if count > 1]
    gaps = 0
    for client, room_id, room in crowd.sockets:
        history = histories[room_id]
        try:
            await client.until(partial(_has_heard, room, history.seq), SETTLE_SECONDS)
        except TimeoutError:
            wrong.append(f"a socket is at {room.seq} of {history.seq}")
        fault = room.faults[0] if room.faults else history.difference(room.entries)
        if fault:
            gaps += 1
            wrong.append(f"a socket: {fault}")
    _say(
        f"{len(crowd.said)} messages: {len(lost)} lost, {len(doubled)} doubled; {gaps} sockets with gaps or repetitions"
    )
    return [
        *wrong,
        *(f"message {one} is not where it was acknowledged" for one in lost),
        *map("doubled: {}".format, doubled),
    ]


def _has_heard(room: object, seq: int) -> bool:
    return (getattr(room, "seq", None) or 0) >= seq


async def _strings(crowd: Crowd) -> list[str]:
    """Every string that was acknowledged is there once, and has one embedding."""

    def stored() -> list[tuple[str, str]]:
        return [(text or "", str(id_)) for text, id_ in String.objects.values_list("content_text", "id")]

    def embedded() -> Counter[str]:
        return Counter(str(id_) for id_ in StringEmbedding.objects.values_list("string_id", flat=True))

    found, counts = await in_database(stored), Counter[str]()
    for _ in range(int(SETTLE_SECONDS)):
        counts = await in_database(embedded)
        if len(counts) >= len(found):
            break
        await asyncio.sleep(1)
    texts = Counter(text for text, _ in found)
    wrong = [f"string {id_} is lost" for text, id_ in crowd.strings.items() if (text, id_) not in set(found)]
    wrong += [f"{text} is stored {count} times" for text, count in texts.items() if count > 1]
    unique = [f"string {id_} has {counts[id_]} embeddings" for _, id_ in found if counts[id_] != 1]
    _say(f"{len(crowd.strings)} strings: {len(wrong)} lost or doubled, {len(unique)} without their one embedding")
    return wrong + unique


async def _streams(crowd: Crowd) -> list[str]:
    """Each ended with a word; what came of those that were cut is stored as a part, and all is settled."""
    ends = Counter(stream.end for stream in crowd.streams)
    cut = [stream for stream in crowd.streams if stream.end == CUT]

    def unkept() -> list[str]:
        parts = set(AssistantAnswer.objects.filter(is_partial=True).values_list("question_id", "message_id"))
        kept = {str(question): Message.objects.filter(id=answer).values_list("content", flat=True).first() or ""
                for question, answer in parts}  # fmt: skip
        return [f"the part of an answer was not kept: {len(stream.pieces)} pieces"
                for stream in cut
                if stream.pieces and not kept.get(stream.question_id, "").startswith("".join(stream.pieces).strip())]  # fmt: skip

    def unsettled() -> int:
        return UsageEntry.objects.filter(outcome=Outcome.OPEN).count() + AssistantTurn.objects.count()

    lost, left = await in_database(unkept), await in_database(unsettled)
    _say(f"{len(crowd.streams)} streams: ended with {dict(ends)}; {len(lost)} parts lost, {left} not settled")
    wrong = [f"{count} streams ended with {end}" for end, count in ends.items() if end not in {"done", CUT}]
    return [*wrong, *lost, *([f"{left} turns are not settled"] if left else [])]
