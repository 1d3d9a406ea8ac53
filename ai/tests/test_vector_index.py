"""The optional indexes on vectors: followed where they are there, never at the price of what is found."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ai import aim
from ai.similarity import candidates
from ai.suitable import suitable
from ai.tests.vectors import apart, at, means, string_meaning, towards
from lifestring.schema_indexes import index_name, index_statements
from lifestring.testing.people import Person, block, make_person

pytestmark = pytest.mark.django_db

PEOPLE, STRINGS = "user_embeddings_halfvec_idx", "string_embeddings_halfvec_idx"


def execute(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@pytest.fixture
def world(alice: Person, bob: Person) -> None:
    """Of alice's nearest forty are blocked; behind them are as many others, and strings of all."""
    means(alice, towards(1))
    for n in range(40):
        near, other = make_person(f"Near{n}"), make_person(f"Other{n}")
        means(near, at(0.9, n / 7))
        block(alice, near)
        means(other, apart(0.5 - n / 100, n))
        string_meaning(near, n, at(0.95, n / 7))
        string_meaning(other, n, at(0.6 - n / 100, n))


@pytest.fixture
def indexes(world: None) -> None:
    """Both, in the test's transaction, where reading and sorting a few rows would be cheaper."""
    wanted = [statement for statement in index_statements() if index_name(statement) in {PEOPLE, STRINGS}]
    assert len(wanted) == 2
    execute(*(statement.replace(" CONCURRENTLY", "") for statement in wanted))
    execute("SET LOCAL enable_seqscan = off", "SET LOCAL enable_sort = off")


def people_of(person: Person) -> list[Any]:
    return [(row.user_id, row.score, row.source) for row in candidates(person.user_id, 30)]


def strings_of(person: Person) -> Any:
    return suitable(person.caller, exclude_own=True, threshold=0.2)


def plans(find: Callable[[], Any]) -> list[str]:
    """How PostgreSQL runs the statements with an aim, in their order."""
    with CaptureQueriesContext(connection) as captured:
        find()
    found = []
    for query in captured.captured_queries:
        if "aim AS" in query["sql"]:
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN {query['sql']}")
                found.append("\n".join(line for (line,) in cursor.fetchall()))
    return found


def as_sets(found: Any) -> set[tuple[str, str]]:
    """Strings with their likeness, whatever order they were found in."""
    return set(zip(found.ids.strip("{}").split(","), found.scores.strip("{}").split(","), strict=True))


@pytest.fixture
def exact(world: None, alice: Person) -> Iterator[tuple[list[Any], set[tuple[str, str]]]]:
    """What is found without an index."""
    people, strings = people_of(alice), as_sets(strings_of(alice))
    assert [source for *_, source in people] == ["meaning"] * 30
    assert len(strings) == 40
    return people, strings


def test_it_is_followed_and_finds_the_same(exact: Any, indexes: None, alice: Person, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("ai.meaning.SEVERAL", 1)
    monkeypatch.setattr("ai.suitable.MOST", 40)
    monkeypatch.setattr(aim, "MOST_IN_SIGHT", 5)
    monkeypatch.setattr(aim, "LEAST_IN_SIGHT", 5)
    assert (people_of(alice), as_sets(strings_of(alice))) == exact
    [people], [strings] = plans(lambda: people_of(alice)), plans(lambda: strings_of(alice))
    assert f"using {PEOPLE}" in people
    assert f"using {STRINGS}" in strings


def test_what_it_does_not_come_to_is_found_by_looking_at_all(
    exact: Any, indexes: None, alice: Person, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(aim, "MAX_SCANNED", 1)
    monkeypatch.setattr(aim, "MOST_IN_SIGHT", 5)
    monkeypatch.setattr(aim, "LEAST_IN_SIGHT", 5)
    assert (people_of(alice), as_sets(strings_of(alice))) == exact
    for found in (plans(lambda: people_of(alice)), plans(lambda: strings_of(alice))):
        assert ["halfvec_idx" in plan for plan in found] == [True, False]


def test_an_older_pgvector_looks_at_all_or_compares_nothing(exact: Any, indexes: None, alice: Person):
    execute("UPDATE pg_catalog.pg_extension SET extversion = '0.7.4' WHERE extname = 'vector'")
    assert (people_of(alice), as_sets(strings_of(alice))) == exact
    assert ["halfvec_idx" in plan for plan in plans(lambda: people_of(alice))] == [False]
    execute("UPDATE pg_catalog.pg_extension SET extversion = '0.6.2' WHERE extname = 'vector'")
    assert {source for *_, source in people_of(alice)} == {"interests"}
    assert strings_of(alice) is None


def test_one_that_is_half_built_is_not_asked(exact: Any, indexes: None, alice: Person):
    execute(f"UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'public.{PEOPLE}'::regclass")
    assert people_of(alice) == exact[0]
    assert ["halfvec_idx" in plan for plan in plans(lambda: people_of(alice))] == [False]


@pytest.mark.django_db(transaction=True)
def test_its_settings_end_with_the_search(alice: Person, world: None):
    [statement] = [one for one in index_statements() if index_name(one) == PEOPLE]
    execute(statement)
    try:
        assert len(people_of(alice)) == 30
        assert alice.client.get("/api/recommended/users").status_code == 200
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('hnsw.ef_search'), current_setting('hnsw.iterative_scan')")
            assert cursor.fetchone() == ("40", "off")
    finally:
        execute(f"DROP INDEX public.{PEOPLE}")
