"""Whether what a process holds stays what it is: the judgement of a soak (docs/performance.md, Soak)."""

import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field

MEMORY = ("RSS", "USS", "PSS")
COUNTED = ("threads", "files", "database", "redis")
# Of memory, from the first tenth after the warm-up to the last.
MOST_GROWTH = 0.05
# Less than that is the allocator's, in programs that are small.
LEAST_MB = 2.0
# So many, or that part of it, is a pool that fills late: what leaks with each request or socket comes to hundreds.
FEW, SOME = 6.0, 0.25
FEWEST_SAMPLES = 10


@dataclass
class Series:
    """What one quantity of one process was, and when, in seconds from the start."""

    times: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def add(self, at: float, value: float) -> None:
        """Take a sample."""
        self.times.append(at)
        self.values.append(value)

    def since(self, warm_up: float) -> "Series":
        """What came after the warm-up."""
        kept = [(at, value) for at, value in zip(self.times, self.values, strict=True) if at >= warm_up]
        return Series([at for at, _ in kept], [value for _, value in kept])

    def ends(self) -> "Ends":
        """The medians of the first and of the last tenth, which one odd sample does not move.

        Raises:
            ValueError: there are too few samples to say anything.
        """
        if len(self.values) < FEWEST_SAMPLES:
            raise ValueError(f"{len(self.values)} samples are too few")
        tenth = max(3, len(self.values) // 10)
        hours = (statistics.median(self.times[-tenth:]) - statistics.median(self.times[:tenth])) / 3600
        return Ends(statistics.median(self.values[:tenth]), statistics.median(self.values[-tenth:]), hours)


@dataclass(frozen=True)
class Ends:
    """From where to where a quantity went, in how many hours."""

    start: float
    end: float
    hours: float

    @property
    def slope(self) -> float:
        """What it came to in an hour."""
        return (self.end - self.start) / self.hours

    @property
    def growth(self) -> float:
        """As a part of what it was."""
        return self.end / self.start - 1 if self.start else 0.0


def leak(label: str, quantity: str, ends: Ends) -> str | None:
    """Say what grew in a way it must not; None where nothing did."""
    if quantity in ("RSS", "USS") and ends.growth >= MOST_GROWTH and ends.end - ends.start >= LEAST_MB:
        return f"{label}: {quantity} grew by {ends.growth:.1%}, from {ends.start:.1f} to {ends.end:.1f} MB"
    if quantity in COUNTED and ends.end - ends.start > max(FEW, SOME * ends.start):
        return f"{label}: {quantity} grew from {ends.start:.0f} to {ends.end:.0f}"
    return None


def judge(series: Mapping[tuple[str, str], Series], warm_up: float) -> tuple[str, list[str]]:
    """Return the table of all quantities after the warm-up, and what leaks."""
    lines = [f"{'process':14}{'quantity':10}{'start':>9}{'end':>9}{'growth':>9}{'per hour':>10}"]
    leaks = []
    for (label, quantity), whole in sorted(series.items()):
        try:
            ends = whole.since(warm_up).ends()
        except ValueError as few:
            leaks.append(f"{label}: {quantity}: {few}")
            continue
        digits = 1 if quantity in MEMORY else 0
        numbers = f"{ends.start:9.{digits}f}{ends.end:9.{digits}f}{ends.growth:9.1%}{ends.slope:10.1f}"
        lines.append(f"{label:14}{quantity + (' MB' if digits else ''):10}{numbers}")
        if found := leak(label, quantity, ends):
            leaks.append(found)
    return "\n".join(lines), leaks
