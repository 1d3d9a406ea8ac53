"""How many things somebody has open at once, in this process."""

import contextlib
from collections import Counter
from collections.abc import Iterator


class Places:
    """Counts what is open, by whose it is; for one thread, such as an event loop's."""

    def __init__(self) -> None:
        self.taken: Counter[str] = Counter()

    @contextlib.contextmanager
    def place(self, whose: str, limit: int) -> Iterator[bool]:
        """Take a place for as long as this lasts; lends whether there is one."""
        self.taken[whose] += 1
        try:
            yield self.taken[whose] <= limit
        finally:
            self.taken[whose] -= 1
            if not self.taken[whose]:
                del self.taken[whose]
