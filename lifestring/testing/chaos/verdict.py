"""Whether everything that was promised held."""

import asyncio
import uuid
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise

from django.conf import settings
from redis.asyncio import Redis

from chat.models import LogKind, Message, RoomLogEntry, RoomParticipant, RoomPosition
from lifestring.testing.chaos.stage import FaultError, Member, Revocation, Stage, in_database
from lifestring.testing.live import LiveClient, Room

SETTLE_SECONDS = 40.0
REVOKED_WITHIN = timedelta(seconds=2)
UNEXPECTED = ("a frame failed", "could not be passed on", "Internal Server Error", "Task exception was never retrieved")


class History:
    """A room as the database has it."""

    def __init__(self, room_id: uuid.UUID) -> None:
        self.room_id = room_id
        self.entries = list(RoomLogEntry.objects.filter(room_id=room_id).order_by("seq"))
        self.messages = {str(row.id): row for row in Message.objects.filter(room_id=room_id)}
        self.inside = set(RoomParticipant.objects.filter(room_id=room_id).values_list("user_id", flat=True))
        self.seq = RoomPosition.objects.get(room_id=room_id).seq
        self.deleted = {entry.subject_id for entry in self.entries if entry.kind == LogKind.MESSAGE_DELETED}

    def check(self) -> None:
        """The log itself: no hole, and times that rise."""
        require([entry.seq for entry in self.entries] == list(range(1, self.seq + 1)), "the log has a hole")
        require(all(one.at < other.at for one, other in pairwise(self.entries)), "times do not rise with the log")
        made = [entry.subject_id for entry in self.entries if entry.kind == LogKind.MESSAGE_CREATED]
        require(len(made) == len(set(made)), "a message is in the log twice")
        stored = {uuid.UUID(message_id) for message_id in self.messages}
        require(stored == set(made) - self.deleted, "the log and the messages differ")

    def difference(self, heard: list[tuple[int, str, str | None]]) -> str | None:
        """What is wrong with what a client heard, which is the whole log up to some number; None for nothing."""
        for entry, (seq, kind, subject) in zip(self.entries, heard, strict=False):
            # Whoever reads of it later finds a deleted message gone from the beginning.
            kinds = {entry.kind} | ({"message.deleted"} if entry.subject_id in self.deleted else set())
            if seq != entry.seq or kind not in kinds or subject != str(entry.subject_id):
                return f"heard {(seq, kind, subject)}, the log has {(entry.seq, entry.kind, entry.subject_id)}"
        return f"heard {len(heard)} entries of {len(self.entries)}" if len(heard) > len(self.entries) else None


def require(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - reads as a sentence
    """Raise a FaultError unless something holds."""
    if not holds:
        raise FaultError(otherwise)


async def judge(stage: Stage, *, patient: bool) -> None:
    """Wait until everybody has caught up, then compare all they know with the database.

    Args:
        stage: after the play.
        patient: wait for presence to heal as well, which may take half a minute.

    Raises:
        FaultError: a promise was broken.
    """
    histories = {room_id: await in_database(partial(History, room_id)) for room_id in stage.rooms}
    for history in histories.values():
        history.check()
    for member in stage.members:
        await _check_member(stage, member, histories)
    for revocation in stage.revocations:
        for history in histories.values() if revocation.room_id is None else [histories[revocation.room_id]]:
            _check_revoked(stage, revocation, history)
    _check_promises(stage, histories)
    _check_logs(stage)
    if patient:
        await _check_presence(stage)


async def _check_member(stage: Stage, member: Member, histories: dict[uuid.UUID, History]) -> None:
    for client, rooms in zip(member.clients, member.rooms, strict=True):
        for room_id, room in rooms.items():
            history, who = histories[room_id], f"{member.person.name} in room {stage.rooms.index(room_id)}"
            if not member.gone and member.person.user_id in history.inside:
                await _caught_up(client, room, history, who)
                require(room.seq == history.seq == len(room.entries), f"{who} did not hear everything")
                now = {message_id: row.content for message_id, row in history.messages.items()}
                require(room.messages == now, f"{who} knows other messages than there are")
            require(not room.faults, f"{who}: {room.faults[:3]}")
            wrong = history.difference(room.entries)
            require(wrong is None, f"{who}: {wrong}")


async def _caught_up(client: LiveClient, room: Room, history: History, who: str) -> None:
    try:
        await client.until(lambda: (room.seq or 0) >= history.seq, SETTLE_SECONDS)
    except TimeoutError:
        raise FaultError(
            f"{who} is at {room.seq}, the log at {history.seq}; closed with {client.closes[-5:]}"
        ) from None


def _check_revoked(stage: Stage, revocation: Revocation, history: History) -> None:
    member = next(member for member in stage.members if member.person is revocation.person)
    last = _last_allowed(stage, revocation, history)
    for rooms in member.rooms:
        room = rooms.get(history.room_id)
        heard = [seq for seq, _, _ in room.entries] if room else []
        if heard and heard[-1] > last:
            late = history.entries[heard[-1] - 1].at - revocation.at
            raise FaultError(
                f"{member.person.name}, {revocation.how}, heard {heard[-1]}, {late} after; {last} was the last allowed"
            )


def _last_allowed(stage: Stage, revocation: Revocation, history: History) -> int:
    """The number after which nothing may be heard."""
    if revocation.entry:
        gone = [entry.seq for entry in history.entries
                if entry.kind == LogKind.PARTICIPANT_REMOVED and entry.subject_id == revocation.person.user_id]  # fmt: skip
        return gone[-1]
    until = _shifted(revocation.at + REVOKED_WITHIN, stage.outages)
    return max((entry.seq for entry in history.entries if entry.at <= until), default=0)


def _shifted(until: datetime, outages: list[tuple[datetime, datetime]]) -> datetime:
    """While the database is away nobody can know: the time counts again from its return."""
    for begun, ended in sorted(outages):
        if begun - REVOKED_WITHIN <= until <= ended + REVOKED_WITHIN:
            until = max(until, ended + REVOKED_WITHIN)
    return until


def _check_promises(stage: Stage, histories: dict[uuid.UUID, History]) -> None:
    for message_id, promise in stage.promises.items():
        history = histories[promise.room_id]
        places = [entry.seq for entry in history.entries
                  if entry.subject_id == message_id and entry.kind == LogKind.MESSAGE_CREATED]  # fmt: skip
        require(
            places == [promise.seq], f"message {message_id} was acknowledged at {promise.seq}, the log has {places}"
        )
        row = history.messages.get(str(message_id))
        if message_id not in stage.changed:
            kept = row is not None and row.content == promise.content and row.user_id == promise.author.user_id
            require(kept, f"message {message_id} was acknowledged and is not stored as it was")


def _check_logs(stage: Stage) -> None:
    for server in [*stage.web, *stage.buried]:
        said = server.said()
        for words in UNEXPECTED:
            at = said.find(words)
            require(at < 0, f"a server logged: {said[max(0, at - 300) : at + 2_500]}")


async def _check_presence(stage: Stage) -> None:
    """Everybody with a socket is online, and nobody else, also after processes died and Redis forgot."""
    redis, expected, found = Redis.from_url(settings.REDIS_URL, decode_responses=True), {}, {}
    for room_id in stage.rooms:
        here = [member for member in stage.members if not member.gone]
        expected[room_id] = {str(member.person.user_id) for member in here} & set(map(str, stage.left[room_id]))
    try:
        for _ in range(80):
            for room_id in stage.rooms:
                found[room_id] = set(await redis.hkeys(f"lifestring:presence:room:{room_id}"))
            if found == expected:
                return
            await asyncio.sleep(0.5)
    finally:
        await redis.aclose()
    raise FaultError(f"presence did not heal: online are {found}, should be {expected}")
