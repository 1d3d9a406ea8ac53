"""Who gets what from which route, and what becomes of ids that are somebody else's, nobody's or another thing's.

The tables are the apps' `tests/route_matrix.py` (lifestring/testing/matrix.py says how to read them). A route, verb or
id that is in none of them fails here.
"""

from types import ModuleType
from typing import Any

import pytest

from lifestring.testing import matrix
from lifestring.testing.documented import METHODS, assert_documented, operations, routes
from lifestring.testing.matrix import Ids, Line, World

pytestmark = pytest.mark.django_db

TABLES = matrix.tables()
BODIES = {request: body for table in TABLES for request, body in table.BODIES.items()}


@pytest.fixture
def world() -> World:
    return World()


def body_of(line: Line, ids: Ids) -> Any:
    return matrix.filled(BODIES.get(f"{line.verb} {line.route}"), ids)


def named(table: ModuleType) -> str:
    return table.__name__.partition(".")[0]


@pytest.mark.parametrize("table", TABLES, ids=named)
def test_everybody_gets_what_the_table_says(world: World, table: ModuleType, subtests: pytest.Subtests):
    for line in matrix.matrix_lines(table.MATRIX):
        with subtests.test(str(line)):
            found = {}
            for role in matrix.ROLES:
                with matrix.rolled_back():
                    url, body = matrix.address(line, world.ids), body_of(line, world.ids)
                    answer = matrix.send(world.cast.client(role), line, url, body)
                    assert_documented(answer)
                found[role] = answer.status_code
            assert found == line.answers, matrix.written(line, found)


@pytest.mark.parametrize("table", TABLES, ids=named)
def test_ids_that_are_not_ones_own_get_what_the_table_says(world: World, table: ModuleType, subtests: pytest.Subtests):
    for line in matrix.id_lines(table.IDS):
        with subtests.test(str(line)):
            found = {}
            for variant, value in matrix.variants(line.name, world.ids, world.strangers).items():
                with matrix.rolled_back():
                    ids = {**world.ids, line.name: value}
                    url, body = matrix.address(line, ids), body_of(line, world.ids)
                    if f"{{{line.name}}}" not in line.route:
                        url, body = matrix.with_id(line, url, body, value)
                    answer = matrix.send(world.cast.client(line.asker), line, url, body)
                    assert_documented(answer)
                found[variant] = answer.status_code
            assert found == line.answers, matrix.written(line, found)


def test_the_tables_hold_every_route_once():
    lines = [(line.verb.lower(), line.route) for table in TABLES for line in matrix.matrix_lines(table.MATRIX)]
    assert sorted(lines) == sorted(routes())


def test_the_tables_hold_every_id_once():
    lines = [(line.verb, line.route, line.name) for table in TABLES for line in matrix.id_lines(table.IDS)]
    assert sorted(lines) == sorted(matrix.documented_ids())


def test_every_body_is_given():
    documented = {f"{method.upper()} {path}" for method, path, operation in operations() if "requestBody" in operation}
    assert BODIES.keys() == documented


def test_verbs_in_no_table_are_405(world: World, subtests: pytest.Subtests):
    served = routes()
    for path in sorted({path for _, path in served}):
        for method in sorted(set(METHODS) - {verb for verb, known in served if known == path}):
            with subtests.test(f"{method} {path}"):
                answer = matrix.send(
                    world.cast.owner.client, line := Line(method.upper(), path, {}), matrix.address(line, world.ids), {}
                )
                assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
