"""`make bench ARGS=moderators`: 20 moderators at work on one queue of 500 cases at once, and what a large removal costs.

Each moderator goes through the whole queue from another place, with the versions everybody saw at the start, and decides
each case their own way. Every case must be decided once, and nothing else of any act be left: that is checked, and a run in
which it does not hold fails. The same acts by one moderator are the measure. Then a string with many likes and comments is
removed and put back, without the indexes of deploy/sql/indexes.sql and with them. `--cases=50`, `--likes=20000` take fewer.
"""

import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

MODERATORS = 20
CASES, LIKES = 500, 200_000
WHY = "It breaks the rules."
_STRINGS = """
INSERT INTO public.strings (user_id, content_text)
SELECT %s, 'Number ' || n FROM generate_series(1, %s) n RETURNING id
"""
_LARGE = "INSERT INTO public.strings (id, user_id, content_text) VALUES (%s, %s, 'Everybody knows this one')"
_LIKES = "INSERT INTO public.string_likes (string_id, user_id) SELECT %s, unnest(%s::uuid[])"
# Every other one answers the one before it.
_COMMENTS = """
INSERT INTO public.string_comments (id, string_id, user_id, parent_comment_id, content)
SELECT md5(%(string)s::text || n)::uuid, %(string)s, (%(people)s::uuid[])[1 + n %% cardinality(%(people)s::uuid[])],
       CASE WHEN n %% 2 = 0 THEN md5(%(string)s::text || (n - 1))::uuid END, 'What I think of it, number ' || n
  FROM generate_series(1, %(count)s) n
"""


def run(arguments: list[str]) -> None:
    """Do both in a database of their own, and print what came of it."""
    base = os.environ["DATABASE_URL"]
    with psycopg.connect(base, autocommit=True) as connection:
        connection.execute("CREATE DATABASE moderators")
    url = urlunsplit(urlsplit(base)._replace(path="/moderators"))
    # A connection for each moderator: in service they share several processes, each with a pool for its threads.
    environment = {**os.environ, "DATABASE_URL": url, "LOG_LEVEL": "ERROR", "DATABASE_POOL_MAX": str(MODERATORS + 4)}
    for command in (["manage.py", "migrate", "--no-input", "-v", "0"], ["-m", "benchmarks.moderators", *arguments[1:]]):
        subprocess.run([sys.executable, *command], env=environment, check=True)


def measure(arguments: list[str]) -> None:
    """Measure in this process."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lifestring.settings")
    django.setup()
    given = dict(one.lstrip("-").partition("=")[::2] for one in arguments)
    cases, likes = int(given.get("cases", CASES)), int(given.get("likes", LIKES))
    alone, _ = _queue(cases, 1)
    together, refused = _queue(cases, MODERATORS)
    print(f"one moderator: {cases} cases, each decided once, {cases / alone:.0f} a second")
    print(
        f"{MODERATORS} moderators at once: {cases} cases, each decided once, {cases / together:.0f} a second, "
        f"{refused} acts that came too late and were told so; {together / alone:.1f} times as long"
    )
    _large(likes, "without the indexes")
    subprocess.run([sys.executable, "manage.py", "create_indexes"], check=True, stdout=subprocess.DEVNULL)
    _large(likes, "with them")


def _queue(count: int, moderators: int) -> tuple[float, int]:
    """Fill a queue and have it decided; returns how long that took and how many acts were refused."""
    from accounts.callers import Caller
    from lifestring.statements import all_rows
    from lifestring.testing.people import make_person
    from moderation import services
    from moderation.bulk import BulkResult, each
    from moderation.models import Case

    author = make_person("Alice")
    strings = [row[0] for row in all_rows(_STRINGS, [author.user_id, count])]
    for string in strings:
        services.content_flag(source="ai", target_type="string", target_id=string, reason="spam")
    versions = list(Case.objects.open().order_by("id").values_list("id", "version"))
    staff = [make_person(f"M{n}", is_mod=True).caller for n in range(moderators)]
    results: list[BulkResult] = []

    def work(caller: Caller, start: int) -> None:
        def act(case_id: uuid.UUID, version: int) -> int:
            if case_id.int % 2:
                return services.case_remove(caller=caller, case_id=case_id, version=version, why=WHY)
            return services.case_dismiss(caller=caller, case_id=case_id, version=version)

        results.append(each(dict(versions[start:] + versions[:start]), act))

    took = _at_once([partial(work, caller, n * count // moderators) for n, caller in enumerate(staff)])
    _check(strings, results, moderators)
    return took, sum(len(result.refused) for result in results)


def _check(strings: list[uuid.UUID], results: list[Any], moderators: int) -> None:
    from moderation.models import AuditEntry, Case, Snapshot
    from strings.models import String

    count = len(strings)
    done = [case_id for result in results for case_id in result.done]
    cases = Case.objects.filter(target_id__in=strings)
    removed = cases.filter(decision="removed").count()
    found = {
        "acts that were done": len(done),
        "cases that were decided": cases.filter(status="decided", version=2).count(),
        "entries of the trail": AuditEntry.objects.filter(case_id__in=done).count(),
        "acts that were refused": sum(len(result.refused) for result in results) - count * (moderators - 1) + count,
        "strings that are left or can be put back": Snapshot.objects.filter(target_id__in=strings).count()
        + String.objects.filter(id__in=strings).count(),
        "strings that are left or were removed": removed + String.objects.filter(id__in=strings).count(),
    }
    wrong = {what: number for what, number in found.items() if number != count}
    if wrong or len(set(done)) != count:
        raise RuntimeError(f"of {count} cases: {wrong or 'some were decided twice'}")


def _large(likes: int, how: str) -> None:
    """Remove a string with so many likes and a quarter as many comments, and put it back."""
    from lifestring.statements import changed
    from lifestring.testing.people import make_person
    from lifestring.testing.volume import many_people
    from moderation import services
    from moderation.models import Case
    from strings.models import StringComment, StringLike

    alice, mod, people = make_person("Alice"), make_person("Mod", is_mod=True), many_people(likes)
    string = uuid.uuid4()
    changed(_LARGE, [string, alice.user_id])
    changed(_LIKES, [string, people])
    changed(_COMMENTS, {"string": string, "people": people[:5000], "count": likes // 4})
    changed("ANALYZE", None)
    case_id = services.content_flag(source="ai", target_type="string", target_id=string, reason="spam")

    def act(service: Any) -> Callable[[], None]:
        version = Case.objects.get(id=case_id).version
        return lambda: service(caller=mod.caller, case_id=case_id, version=version, why=WHY)

    gone = _at_once([act(services.case_remove)])
    back = _at_once([act(services.case_restore)])
    counts = StringLike.objects.of_string(string).count(), StringComment.objects.on(string).count()
    if counts != (likes, likes // 4):
        raise RuntimeError(f"of {likes} likes and {likes // 4} comments came back {counts}")
    print(f"{likes} likes and {likes // 4} comments, {how}: removed in {gone:.1f} s, put back in {back:.1f} s")


def _at_once(runs: list[Callable[[], None]]) -> float:
    """Run each in a thread with a connection of its own; returns how long all took."""
    from django.db import connections

    def in_thread(run_one: Callable[[], None]) -> None:
        try:
            run_one()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=in_thread, args=(one,)) for one in runs]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - started


if __name__ == "__main__":
    measure(sys.argv[1:])
