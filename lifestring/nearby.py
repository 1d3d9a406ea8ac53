"""Searching the first rows of an order before all of them (docs/decisions/016-search.md)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from lifestring.rows import Row


@dataclass(frozen=True)
class Nearby:
    """How a search looks among the first rows of an order, then among more of them.

    Args:
        edge_of: returns the place of the row that comes after so many, in a row of its own; nothing where there is none.
        expected: returns how many matches PostgreSQL expects up to an edge.
        walk: returns the matches up to an edge that is so near that every row on the way may be looked at.
        indexed: whether an index finds matches; without one only the nearest rows are gone through.
        find: returns the matches up to an edge farther away, where it is looked there at all.
    """

    edge_of: Callable[[int], list[Row]]
    expected: Callable[[Any], int]
    walk: Callable[[Any], Sequence[Any]]
    indexed: bool
    find: Callable[[Any], Sequence[Any]] | None = None

    def look(self, nearest: int, farther: int | None, *, enough: int, worth: int) -> Sequence[Any] | None:
        """Return what is found; None where it is not enough, and everything is to be searched.

        An index reads all it has of two words to find who has both: it is not asked where enough is hardly there. How
        many are expected or found among the nearest rows tells how many are to be hoped for among more.

        Args:
            nearest: among so many rows first.
            farther: among so many then, if at all.
            enough: so many matches are wanted.
            worth: where fewer are to be hoped for, it is not looked.
        """
        edges = self.edge_of(nearest)
        if not edges:
            return None
        [[edge]] = edges
        hoped = self.expected(edge)
        if not self.indexed or hoped >= worth:
            if len(found := self.walk(edge)) >= enough:
                return found
            hoped = len(found)
        if farther is None or self.find is None or not self.indexed or hoped * farther < worth * nearest:
            return None
        for [edge] in self.edge_of(farther):
            if len(found := self.find(edge)) >= enough:
                return found
        return None
