"""What stands between the people of a crowd, and what they invite each other to."""

from collections.abc import Iterator

from lifestring.seeding.crowd.copying import copy, field
from lifestring.seeding.crowd.crowd import PAST_SECONDS, Crowd

_CONNECTION_COLUMNS = "requester_id, receiver_id, status, created_at, updated_at"
_EVENT_COLUMNS = "id, user_id, title, description, start_time, end_time, location, meta_data, custom_fields, created_at"
_STATUSES, _SHARES = ("accepted", "pending", "declined", "blocked"), (80, 92, 98, 100)
_AHEAD_SECONDS = 60.0 * 86400


def plant_connections(crowd: Crowd) -> None:
    """Store connections, one of a pair at most, and remember the blocks among them."""
    copy(crowd.progress, "public.user_connections", _CONNECTION_COLUMNS, _connections(crowd), crowd.sizes.connections)


def _connections(crowd: Crowd) -> Iterator[str]:
    pairs: set[tuple[int, int]] = set()
    while len(pairs) < crowd.sizes.connections:
        one, other = crowd.somebody(), crowd.random.randrange(crowd.sizes.people)
        pair = (min(one, other), max(one, other))
        if one == other or pair in pairs:
            continue
        pairs.add(pair)
        [status] = crowd.random.choices(_STATUSES, cum_weights=_SHARES)
        if status == "blocked":
            crowd.hidden.setdefault(one, set()).add(other)
            crowd.hidden.setdefault(other, set()).add(one)
        age = PAST_SECONDS * crowd.random.random()
        changed = age if status in {"pending", "blocked"} else crowd.later(age)
        yield f"{crowd.people[one]}\t{crowd.people[other]}\t{status}\t{crowd.at(age)}\t{crowd.at(changed)}\n"


def plant_events(crowd: Crowd) -> None:
    """Store events, most of them over and some to come, and remember them as what strings may be about."""
    copy(crowd.progress, "public.events", _EVENT_COLUMNS, _events(crowd), crowd.sizes.events)


def _events(crowd: Crowd) -> Iterator[str]:
    places = [person["location"] for person in crowd.content.people.values()]
    for position in range(crowd.sizes.events):
        age, event = crowd.age(position, crowd.sizes.events), crowd.id()
        crowd.events.append(event)
        start = age - _AHEAD_SECONDS * crowd.random.random()
        hours = crowd.random.randint(1, 8)
        row = (
            event,
            crowd.people[crowd.somebody()],
            crowd.words.text(crowd.random, 4, least=2),
            crowd.words.text(crowd.random, 25),
            crowd.at(start),
            crowd.at(start - hours * 3600),
            field(crowd.random.choice(places)),
            "{}",
            "{}",
            f"{crowd.at(age)}\n",
        )
        yield "\t".join(row)
