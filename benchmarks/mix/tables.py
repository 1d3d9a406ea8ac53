"""What was measured, as people read it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Measured:
    """One stretch of load.

    Args:
        rate: requests a second that were meant to arrive.
        seconds: how long it was measured.
        times: milliseconds of each request, by route.
        errors: how many requests failed, by route, warm-up included.
        failures: how they failed, and how often.
        cores: how much of a core sent the requests.
    """

    rate: float
    seconds: float
    times: Mapping[str, Sequence[float]]
    errors: Mapping[str, int] = field(default_factory=dict)
    failures: Mapping[str, int] = field(default_factory=dict)
    cores: float = 0.0

    @property
    def everything(self) -> list[float]:
        """The times of all routes together."""
        return [one for times in self.times.values() for one in times]

    @property
    def throughput(self) -> float:
        """Answers a second."""
        return len(self.everything) / self.seconds

    @property
    def p99(self) -> float:
        """Of the mix, in milliseconds."""
        return percentile(self.everything, 0.99)

    @property
    def failed(self) -> int:
        """How many requests failed."""
        return sum(self.errors.values())


def percentile(times: Sequence[float], part: float) -> float:
    """The time that this part of all did not exceed; 0 of nothing."""
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else 0.0


def table(measured: Measured) -> str:
    """Return a line for each route and one for the mix."""
    rows = {**dict(sorted(measured.times.items())), "all": measured.everything}
    lines = [f"{'route':30}{'count':>8}{'req/s':>9}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}{'errors':>8}"]
    for route, times in rows.items():
        parts = "".join(f"{percentile(times, part):9.0f}" for part in (0.5, 0.95, 0.99))
        errors = measured.failed if route == "all" else measured.errors.get(route, 0)
        lines.append(f"{route:30}{len(times):8}{len(times) / measured.seconds:9.1f}{parts}{errors:8}")
    lines += [f"  {count} times {what}" for what, count in measured.failures.items()]
    return "\n".join(lines)
