"""`make bench ARGS=search_quality`: how well search finds what it should, by words, by meaning and by both.

The demo world is planted and embedded, and the labelled questions of search_queries.json are asked in each of the three
ways. Vectors are those of lifestring/testing/word_vectors.py, which know nothing of sentences: the columns of meaning then
tell what the machinery makes of vectors, not what a model is worth. `--server=URL --model=NAME` asks a real one, with the
key in BENCH_EMBED_KEY. `--by-floor` shows what the floor under similarity does.
"""

import os
import uuid
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.utils import timezone

from accounts.callers import Caller
from ai import hybrid, meanings, nearness, query_vectors
from ai.embedding import embeddings_sweep
from benchmarks.search_labels import DEPTH, Label, Quality, Search, judged, labels, means
from lifestring.seeding import plant_world
from lifestring.seeding.world import stable_id
from lifestring.testing.openai_server import serve_models

# Nothing hashes to it.
NOBODYS = "*"
# Nobody stands across a block from him.
ASKER = "charlie"
FLOORS = (0.0, 2.0, 4.0)


def run(arguments: list[str]) -> None:
    """Plant, embed, ask, and print the tables."""
    call_command("migrate", verbosity=0, interactive=False)
    plant_world(password_hash=NOBODYS, number=1, now=timezone.now(), only_if_empty=True)
    given = dict(one.removeprefix("--").split("=", 1) for one in arguments if "=" in one)
    with _server(given.get("server"), given.get("model")):
        embeddings_sweep()
        print_table(labels())
        if "--by-floor" in arguments:
            for nearness.CLEARLY in FLOORS:
                cache.clear()
                print(f"\nfloor at {nearness.CLEARLY} standard deviations")
                print_table(labels(), by_kind=False)


@contextmanager
def _server(url: str | None, model: str | None) -> Iterator[None]:
    with serve_models() as stand_in:
        settings.EMBEDDINGS = True
        settings.EMBED_BASE_URL = url or stand_in.url
        settings.EMBED_API_KEY = os.environ.get("BENCH_EMBED_KEY", "") if url else ""
        settings.EMBED_MODEL = model or settings.EMBED_MODEL
        # How long a reader would wait is not the question here.
        query_vectors.PATIENCE_SECONDS = query_vectors.DEADLINE_SECONDS = 60.0
        cache.clear()
        yield


def ways() -> dict[str, Search]:
    """The three ways to search; each returns the first ten by type."""
    user_id = stable_id("people", ASKER)
    caller = Caller(user_id=user_id, profile_id=user_id)

    def by_words(question: str) -> dict[str, list[uuid.UUID]]:
        return _by_type(hybrid.search(caller, question, limit=DEPTH))

    def by_meaning(question: str) -> dict[str, list[uuid.UUID]]:
        vector = query_vectors.query_vector(question)
        if vector is None:
            raise RuntimeError(f"The model does not answer to {question}.")
        found = meanings.nearest(meanings.KINDS, vector, hidden_ids=frozenset(), most=hybrid.DEPTH)
        return {name: ids[:DEPTH] for name, ids in found.items()}

    def by_both(question: str) -> dict[str, list[uuid.UUID]]:
        vector = query_vectors.query_vector(question)
        return _by_type(hybrid.search(caller, question, limit=DEPTH, vector=vector))

    return {"words": by_words, "meaning": by_meaning, "both": by_both}


def _by_type(found: list[hybrid.Found]) -> dict[str, list[uuid.UUID]]:
    return {name: [one.id for one in found if one.type == name] for name in hybrid.TYPES}


def print_table(asked: list[Label], *, by_kind: bool = True) -> None:
    """Print nDCG@10 and recall@10 of each way, by kind of question and by type; and how much nonsense finds."""
    results: dict[str, dict[str, list[Quality]]] = defaultdict(lambda: defaultdict(list))
    for way, search in ways().items():
        for label, name, found in judged(search, asked):
            groups = [label.kind, *([f"all {name}", "all"] if label.answers else [])]
            for group in groups if by_kind else [group for group in groups if group in {"all", "nonsense"}]:
                results[group][way].append(found)
    print(f"\n{'':14}{'nDCG@10':^30}{'recall@10':^30}{'found of 10':^30}")
    print(f"{'':14}" + "".join(f"{way:>10}" for way in ways()) * 3)
    for group, by_way in results.items():
        figures = [means(by_way[way]) for way in by_way]
        columns = [*(f.ndcg for f in figures), *(f.recall for f in figures), *(f.found for f in figures)]
        print(f"{group:14}" + "".join(f"{figure:10.2f}" for figure in columns))
