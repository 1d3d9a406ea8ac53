"""What the labelled questions of search_queries.json should find in the demo world, and how well a search finds it.

A line of the file is a question with its kind and what answers it: strings (`alice/0`, somebody's first), people (`alice`)
and events (`coast-walk`), the `best` and the merely `good`.
"""

import json
import math
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from lifestring.seeding.world import stable_id

FILE = Path(__file__).with_name("search_queries.json")
DEPTH = 10
GAIN = {"best": 3.0, "good": 1.0}
Answers = dict[str, dict[uuid.UUID, float]]
Search = Callable[[str], dict[str, list[uuid.UUID]]]


@dataclass(frozen=True)
class Label:
    """A question, its kind, and by type what answers it with what that is worth; `names` as the file says it."""

    kind: str
    question: str
    answers: Answers
    names: tuple[str, ...]


@dataclass(frozen=True)
class Quality:
    """How well a question was answered in one type: nDCG@10, recall@10, and how many were found at all."""

    ndcg: float
    recall: float
    found: float


def labels() -> list[Label]:
    """Read the file."""
    return [
        Label(line["kind"], line["q"], _answers(line), (*line["best"], *line["good"]))
        for line in json.loads(FILE.read_text(encoding="utf-8"))
    ]


def _answers(line: dict[str, list[str]]) -> Answers:
    answers: Answers = defaultdict(dict)
    for worth, gain in GAIN.items():
        for name in line[worth]:
            author, _, number = name.partition("/")
            if number:
                answers["strings"][stable_id("strings", author, int(number))] = gain
            elif "-" in name:
                answers["events"][stable_id("events", name)] = gain
            else:
                answers["people"][stable_id("people", name)] = gain
    return answers


def judged(search: Search, asked: list[Label]) -> Iterator[tuple[Label, str, Quality]]:
    """Ask everything, and judge what is found of each type that something was to be found of; of all types for nonsense."""
    for label in asked:
        found = search(label.question)
        for name in label.answers or found:
            yield label, name, quality(found.get(name, []), label.answers.get(name, {}))


def quality(found: list[uuid.UUID], answers: dict[uuid.UUID, float]) -> Quality:
    """Judge one ranking."""
    gains = [answers.get(one, 0.0) for one in found[:DEPTH]]
    ideal = _dcg(sorted(answers.values(), reverse=True)[:DEPTH])
    hits = sum(gain > 0 for gain in gains)
    most = min(DEPTH, len(answers))
    return Quality(_dcg(gains) / ideal if ideal else 0.0, hits / most if most else 0.0, len(found))


def _dcg(gains: list[float]) -> float:
    return sum(gain / math.log2(place + 2) for place, gain in enumerate(gains))


def means(results: list[Quality]) -> Quality:
    """Return the mean of each."""
    return Quality(mean(r.ndcg for r in results), mean(r.recall for r in results), mean(r.found for r in results))
