"""`make bench ARGS=vectors`: people and strings by meaning, with the index and without, against the exact answer.

100,000 people and as many strings are made (benchmarks/vectors_world.py), each with a vector; fifty people who know many
of those most like them ask for ten people and for their strings, by the very functions that the routes call. Recall is the
part of the exact answer that was found: with every filter on, near-copies passed over, likes and dismissals counted.

`--vectors=20000` makes that many. With 100,000 it takes ten minutes and 5 GB of disk, which go when it ends.
"""

import statistics
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

from accounts.authentication import load_caller
from ai import aim, meaning, suitable
from ai.interests import by_interests
from benchmarks import vectors_world
from lifestring.schema_indexes import index_name, index_statements

ROUNDS = 3
TEN = 10
MEMORY = "2GB"
Ids = list[Any]


def run(arguments: list[str]) -> None:
    """Make the world, and print a line for each way to search it."""
    given = next((one.partition("=")[2] for one in arguments if one.startswith("--vectors=")), "100000")
    started = time.monotonic()
    asking = vectors_world.build(int(given))
    print(f"{int(given):,} people and strings made in {time.monotonic() - started:.0f} s\n")
    print(f"{'search':30}{'p50 ms':>9}{'p95 ms':>9}{'recall@10':>11}{'of all':>8}{'fewest':>8}  index")
    for name, module, find in (("people", meaning, _people), ("strings", suitable, _strings)):
        exact = _measured(f"{name}, exact", find, asking, None, "")
        ours = module._NEAREST
        built = _build(_statement(ours))
        _measured(f"{name}, halfvec", find, asking, exact, built)
        _drop(ours)
        with _by_whole_vectors(module):
            built = _build(_statement(ours, whole=True))
            _measured(f"{name}, vector", find, asking, exact, built)
            _drop(ours)
    _measured("people, interests", lambda who: [one.user_id for one in by_interests(who, TEN)], asking, None, "")


def _people(who: uuid.UUID) -> Ids:
    return [one.user_id for one in meaning.by_meaning(who, TEN)]


def _strings(who: uuid.UUID) -> Ids:
    """The most alike first."""
    found = suitable.suitable(load_caller(who), exclude_own=True, threshold=0.2) or suitable.NOTHING
    scores = map(float, found.scores.strip("{}").split(","))
    pairs = zip(scores, found.ids.strip("{}").split(","), strict=True)
    return [string_id for _, string_id in sorted(pairs, reverse=True)]


def _measured(
    name: str, find: Callable[[uuid.UUID], Ids], asking: Ids, exact: list[Ids] | None, built: str
) -> list[Ids]:
    """Ask for everybody, print a line, and return what was found the last time."""
    for who in asking[:5]:
        find(who)
    times: list[float] = []
    found: list[Ids] = []
    for _ in range(ROUNDS):
        found = []
        for who in asking:
            started = time.perf_counter()
            found.append(find(who))
            times.append((time.perf_counter() - started) * 1000)
    middle, slow = statistics.median(times), statistics.quantiles(times, n=20)[-1]
    recall = f"{'':19}" if exact is None else f"{_recall(exact, found, TEN):11.3f}{_recall(exact, found, None):8.3f}"
    print(f"{name:30}{middle:9.1f}{slow:9.1f}{recall}{min(map(len, found)):8}  {built}", flush=True)
    return found


def _recall(exact: list[Ids], found: list[Ids], first: int | None) -> float:
    pairs = [(set(right[:first]), set(given[:first])) for right, given in zip(exact, found, strict=True)]
    return sum(len(right & given) for right, given in pairs) / sum(len(right) for right, _ in pairs)


def _statement(search: aim.Search, *, whole: bool = False) -> str:
    [statement] = [one for one in index_statements() if f"public.{index_name(one)}" == search.shortcut]
    if whole:
        statement = statement.replace("(embedding::extensions.halfvec(1536))", "embedding")
        statement = statement.replace("halfvec_cosine_ops", "vector_cosine_ops")
    return statement


def _build(statement: str) -> str:
    """Build an index; returns its size and what it took."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('maintenance_work_mem', %s, false)", [MEMORY])
        started = time.monotonic()
        cursor.execute(statement)
        took = time.monotonic() - started
        cursor.execute("SELECT pg_relation_size(%s::regclass) / 1000000", [f"public.{index_name(statement)}"])
        [megabytes] = cursor.fetchone()
    return f"{megabytes} MB in {took:.0f} s"


def _drop(search: aim.Search) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX {search.shortcut}")


@contextmanager
def _by_whole_vectors(module: Any) -> Iterator[None]:
    """Follow an index of whole vectors rather than of halved ones."""
    ours: aim.Search = module._NEAREST
    whole = ours.exact.replace(aim._EXACT, aim._EXACT.removesuffix(" + 0"))
    module._NEAREST = ours._replace(by_index=whole)
    try:
        yield
    finally:
        module._NEAREST = ours
