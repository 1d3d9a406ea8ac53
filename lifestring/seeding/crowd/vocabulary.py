"""The words of a crowd: those of the demo world, and made up from them so many more that some are rare at any size.

How often a word comes follows its rank, as in any language: the most common is in nearly every text, the rarest in a few
of a million.
"""

import random
import re
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate

from lifestring.seeding.content import Content

WORDS = 50_000
# Added to each rank: the larger, the less the most common words stand out.
SHIFT = 3
_WORD = re.compile(r"[a-z]+")


class Vocabulary:
    """`words` are in the order of their frequency, and the same in every crowd."""

    def __init__(self, content: Content) -> None:
        said = Counter(_WORD.findall(" ".join(_texts(content)).lower()))
        known = sorted(said, key=lambda word: (-said[word], word))
        parts = sorted(word for word in known if 4 <= len(word) <= 8)
        self.compounds = _compounds(parts, WORDS - len(known), {*known})
        self.words = [*known, *self.compounds]
        self._weights = list(accumulate(1 / (rank + SHIFT) for rank in range(len(self.words))))

    def rank(self, share: float) -> int:
        """Return the place among `words` of one that is about this share of what is said, or of the rarest."""
        return min(max(round(1 / (share * self._weights[-1])) - SHIFT, 0), len(self.words) - 1)

    def text(self, chance: random.Random, mean: float, least: int = 1) -> str:
        """Return a text of `least` words and some more, about `mean` on average."""
        count = least + int(chance.expovariate(1 / (mean - least)))
        text = " ".join(chance.choices(self.words, cum_weights=self._weights, k=count))
        return f"{text[0].upper()}{text[1:]}."


def _texts(content: Content) -> Iterator[str]:
    yield from content.remarks
    yield from content.answers
    for posts in content.strings.values():
        yield from (post["text"] for post in posts)
        yield from (comment[1] for post in posts for comment in post.get("comments", []))
    yield from (text for room in content.rooms for _, text in room["messages"])
    yield from (event["description"] for event in content.events)


def _compounds(parts: list[str], count: int, known: set[str]) -> list[str]:
    """Make that many new words of two known ones each, `moon` and `garden` for `moongarden`, in no particular order."""
    chance = random.Random(1)  # noqa: S311 - the same words whatever the crowd's number
    found: list[str] = []
    while len(found) < count:
        word = chance.choice(parts) + chance.choice(parts)
        if word not in known:
            known.add(word)
            found.append(word)
    return found
