"""The table of docs/reliability.md: between two marks, and nothing in it that the next run says otherwise by chance."""

from collections.abc import Iterable
from pathlib import Path

from lifestring.testing.environment import PROJECT
from lifestring.testing.faults.rows import Row
from lifestring.testing.faults.running import Result

PAGE = PROJECT / "docs" / "reliability.md"
BEGIN, END = "<!-- the table begins -->", "<!-- the table ends -->"
HEAD = ("what breaks", "run alone", "acknowledged writes lost", "duplicates", "wrong answers", "time to recover")
# What is measured is told as the first of these it is within.
WITHIN = (1, 2, 5, 10, 20, 30, 60)


def table(results: Iterable[Result]) -> str:
    """Return the table as Markdown."""
    lines = [_line(HEAD), _line("---" for _ in HEAD), *(_line(_cells(result)) for result in results)]
    return "\n".join(lines) + "\n"


def write(results: Iterable[Result], page: Path = PAGE) -> None:
    """Put the table into the page, in the place of the one that is there."""
    before, rest = page.read_text(encoding="utf-8").split(BEGIN)
    page.write_text(f"{before}{BEGIN}\n\n{table(results)}\n{END}{rest.split(END)[1]}", encoding="utf-8")


def rows_in(page: Path = PAGE) -> list[list[str]]:
    """Return the cells of each row of the page's table."""
    text = page.read_text(encoding="utf-8").split(BEGIN)[1].split(END)[0]
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def name_of(row: Row) -> str:
    """How the table says what to ask for."""
    return f"`--only={row.name}`"


def _cells(result: Result) -> Iterable[str]:
    counts = (len(result.lost), len(result.duplicates), len(result.wrong))
    return result.row.title, name_of(result.row), *map(str, counts), _time(result.seconds)


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "does not"
    return next((f"within {most} s" for most in WITHIN if seconds <= most), f"{seconds:.0f} s")


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
