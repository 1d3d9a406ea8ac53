"""`make bench ARGS=search_speed`: what meaning adds to the time of a search, without and with an index on the vectors.

A crowd (`--strings=50000`) whose strings have vectors that point anywhere: what they mean makes no difference to how long
it takes. Each search runs in turn in every way, and the middle of the ratios to searching by words alone is printed.
"""

import random
import statistics
import time
from collections.abc import Callable
from functools import partial

from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection

from accounts.callers import Caller
from accounts.models import UserProfile
from ai import hybrid
from ai.query_vectors import Meaning, QueryVector, query_vector
from benchmarks.search_waiting import print_waiting
from lifestring.testing.openai_server import serve_models
from lifestring.testing.word_vectors import DIMENSIONS

ROUNDS = 30
QUESTIONS = ("garden", "music in the park", "coffee")
MODEL = "made-up"
_VECTORS = f"""
CREATE TEMPORARY TABLE ways AS
SELECT n, (SELECT array_agg(random() - 0.5 + n * d * 0) FROM generate_series(1, {DIMENSIONS}) d)::extensions.vector AS way
  FROM generate_series(0, 499) n;
INSERT INTO public.string_embeddings (string_id, embedding, content_hash, model_version)
SELECT s.id, one.way + other.way, 'made up', '{MODEL}'
  FROM (SELECT id, row_number() OVER () AS n FROM public.strings) s
  JOIN ways one ON one.n = s.n % 500 JOIN ways other ON other.n = (s.n / 500 * 7 + 3) % 500;
ANALYZE public.string_embeddings;
"""
_INDEX = """
SET maintenance_work_mem = '1GB';
CREATE INDEX string_embeddings_halfvec_idx ON public.string_embeddings
 USING hnsw ((embedding::extensions.halfvec({dimensions})) extensions.halfvec_cosine_ops)
  WITH (m = 24, ef_construction = 128)
"""


def run(arguments: list[str]) -> None:
    """Seed, measure and print."""
    strings = next((one.partition("=")[2] for one in arguments if one.startswith("--strings=")), "50000")
    call_command("migrate", verbosity=0, interactive=False)
    call_command("seed", f"--scale={strings}")
    call_command("create_indexes")
    with connection.cursor() as cursor:
        cursor.execute(_VECTORS)
    _print_waiting()
    _print_searching("exact")
    started = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute(_INDEX.format(dimensions=DIMENSIONS))
    print(f"the index took {time.monotonic() - started:.0f} s")
    _print_searching("by an index")
    print_waiting(UserProfile.objects.values_list("user_id", flat=True)[0], MODEL)


def _print_searching(how: str) -> None:
    user_id = UserProfile.objects.values_list("user_id", flat=True)[0]
    caller = Caller(user_id=user_id, profile_id=user_id)
    meaning = Meaning(MODEL, [random.uniform(-1, 1) for _ in range(DIMENSIONS)], 0.0)

    def search(question: str, vector: QueryVector | None) -> float:
        return _timed(lambda: hybrid.search(caller, question, types=("strings",), limit=10, vector=vector))

    times = [
        (search(question, None), search(question, QueryVector(((meaning, frozenset({"strings"})),))))
        for _ in range(ROUNDS)
        for question in QUESTIONS
    ][len(QUESTIONS) :]
    words, both = (statistics.median(column) for column in zip(*times, strict=True))
    added = statistics.median(two - one for one, two in times)
    print(f"strings, {how}: by words {words:.1f} ms, by both {both:.1f} ms, meaning adds {added:.1f} ms")


def _print_waiting() -> None:
    """What asking costs beyond the model's own time, and what it costs when the answer is kept."""
    with serve_models() as server:
        settings.EMBEDDINGS, settings.EMBED_BASE_URL, settings.EMBED_MODEL = True, server.url, MODEL
        cache.clear()
        query_vector("warm up")
        asked = statistics.median(_timed(partial(query_vector, f"question {n}")) for n in range(ROUNDS))
        kept = statistics.median(_timed(partial(query_vector, "question 1")) for _ in range(ROUNDS))
        print(f"what a question means: asked on loopback {asked:.1f} ms, kept {kept:.1f} ms")


def _timed(function: Callable[[], object]) -> float:
    started = time.perf_counter()
    function()
    return (time.perf_counter() - started) * 1000
