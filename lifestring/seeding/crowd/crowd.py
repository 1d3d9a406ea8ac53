"""What every part of a crowd is made with: sizes, chance, moments and who may meet whom."""

import math
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from lifestring.seeding.content import Content
from lifestring.seeding.crowd.copying import Progress
from lifestring.seeding.crowd.vocabulary import Vocabulary

# Strings and messages are as old as that at most; people joined before.
PAST_SECONDS = 500.0 * 86400
JOINING_SECONDS = 300.0 * 86400


@dataclass(frozen=True)
class Sizes:
    """How many of everything there are, by the number of strings (20 at least)."""

    strings: int

    @property
    def people(self) -> int:
        """People: each wrote 20 strings on average."""
        return max(20, self.strings // 20)

    @property
    def likes(self) -> int:
        """Likes: five of each string on average."""
        return self.strings * 5

    @property
    def comments(self) -> int:
        """Comments, replies among them: as many as strings."""
        return self.strings

    @property
    def connections(self) -> int:
        """Connections: each person asked five others on average, unless there are not enough."""
        return self.people * min(5, self.people // 10)

    @property
    def rooms(self) -> int:
        """Rooms: two of each person on average, with two members or more."""
        return self.people * 2

    @property
    def messages(self) -> int:
        """Messages: 20 in a room on average, and in the busiest one an eighth to a tenth of all."""
        return self.strings * 2

    @property
    def events(self) -> int:
        """Events: one of 50 strings' number."""
        return max(2, self.strings // 50)


@dataclass
class Crowd:
    """The sizes, the sources of chance and words, and what is known of the people so far.

    People are numbers from 0 here, the busiest first; `people` has their user ids, `hidden` whom a block keeps apart
    from whom, `events` the ids of events that strings are attached to.
    """

    sizes: Sizes
    now: datetime
    random: random.Random
    words: Vocabulary
    content: Content
    progress: Progress
    people: list[str] = field(default_factory=list)
    hidden: dict[int, set[int]] = field(default_factory=dict)
    events: list[str] = field(default_factory=list)

    def id(self) -> str:
        """Return a new id; PostgreSQL takes a uuid without its dashes."""
        return f"{self.random.getrandbits(128):032x}"

    def somebody(self) -> int:
        """Return a person, the busy ones much more often than the others."""
        return int(self.sizes.people * self.random.random() ** 2)

    def hidden_from(self, person: int) -> set[int]:
        """Return the people a block stands between, in either direction."""
        return self.hidden.get(person, set())

    def at(self, seconds: float) -> str:
        """Return the moment so long ago, as COPY reads it."""
        return (self.now - timedelta(seconds=seconds)).isoformat()

    def age(self, position: int, count: int) -> float:
        """Return how many seconds ago the thing at this position was made: the oldest first, more of them lately."""
        share = (count - position - self.random.random() * 0.999) / count
        return PAST_SECONDS * math.pow(share, 1.4)

    def later(self, age: float) -> float:
        """Return the age of something that came of a thing of this age: mostly soon after it, always between it and now."""
        return age * (0.999 - 0.998 * self.random.random() ** 4)

    def shares(self, things: int, total: int, most: int) -> list[int]:
        """Deal `total` out to things, at most `most` to one: little to the most of them, very much to a few."""
        shares = [0] * things
        left, scale = total, 0.25 * total / things
        for place in range(things):
            share = min(int(scale * (self.random.paretovariate(1.3) - 1)), most, left)
            shares[place] = share
            left -= share
        while left:
            place = self.random.randrange(things)
            if shares[place] < most:
                shares[place] += 1
                left -= 1
        return shares
