"""The rooms of a crowd, who is in them and what they said; messages of all rooms lie mixed, in the order of time."""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass

from lifestring.seeding.crowd.copying import copy
from lifestring.seeding.crowd.crowd import PAST_SECONDS, Crowd

_MESSAGE_COLUMNS = "id, room_id, user_id, content, created_at, updated_at"


@dataclass
class _Talk:
    """Who said something where and when: `rooms` and `ages` by message, the others by room."""

    rooms: "array[int]"
    ages: "array[float]"
    ids: list[str]
    members: list[list[int]]


def plant_rooms(crowd: Crowd) -> None:
    """Store rooms, their members and their messages."""
    sizes = crowd.sizes
    talk = _Talk(
        rooms=array("I", (_place(crowd) for _ in range(sizes.messages))),
        ages=array("d", (crowd.age(position, sizes.messages) for position in range(sizes.messages))),
        ids=[crowd.id() for _ in range(sizes.rooms)],
        members=[_members(crowd, room) for room in range(sizes.rooms)],
    )
    copy(crowd.progress, "public.rooms", "id, name, metadata, created_at, updated_at", _rooms(crowd, talk), sizes.rooms)
    total = sum(map(len, talk.members))
    copy(crowd.progress, "public.room_participants", "room_id, user_id", _participants(crowd, talk), total)
    copy(crowd.progress, "public.messages", _MESSAGE_COLUMNS, _messages(crowd, talk), sizes.messages)


def _place(crowd: Crowd) -> int:
    """The room of a message: room 0 has a tenth of all, most have a handful."""
    return int(crowd.sizes.rooms ** (crowd.random.random() ** 1.2)) - 1


def _members(crowd: Crowd, room: int) -> list[int]:
    """Two people or more, many in the busiest rooms, no two of whom a block keeps apart."""
    wanted = min(2 + int(crowd.random.expovariate(0.6)) + 200 // (room + 1), crowd.sizes.people // 4)
    members = [crowd.somebody()]
    barred = {members[0], *crowd.hidden_from(members[0])}
    for _ in range(20 * wanted):
        if len(members) == wanted:
            break
        person = crowd.random.randrange(crowd.sizes.people)
        if person not in barred and crowd.hidden_from(person).isdisjoint(members):
            members.append(person)
            barred |= {person, *crowd.hidden_from(person)}
    return members


def _rooms(crowd: Crowd, talk: _Talk) -> Iterator[str]:
    first: dict[int, float] = {}
    last: dict[int, float] = {}
    for room, age in zip(talk.rooms, talk.ages, strict=True):
        first.setdefault(room, age)
        last[room] = age
    for room, room_id in enumerate(talk.ids):
        begun = first.get(room, PAST_SECONDS * crowd.random.random()) + 60 + crowd.random.expovariate(1 / 3600)
        name = crowd.words.text(crowd.random, 3)
        yield f"{room_id}\t{name}\t{{}}\t{crowd.at(begun)}\t{crowd.at(last.get(room, begun))}\n"


def _participants(crowd: Crowd, talk: _Talk) -> Iterator[str]:
    for room_id, members in zip(talk.ids, talk.members, strict=True):
        for person in members:
            yield f"{room_id}\t{crowd.people[person]}\n"


def _messages(crowd: Crowd, talk: _Talk) -> Iterator[str]:
    chance = crowd.random
    for room, age in zip(talk.rooms, talk.ages, strict=True):
        members = talk.members[room]
        author = crowd.people[members[int(len(members) * chance.random() ** 2)]]
        text, at = crowd.words.text(chance, 10), crowd.at(age)
        yield f"{crowd.id()}\t{talk.ids[room]}\t{author}\t{text}\t{at}\t{at}\n"
