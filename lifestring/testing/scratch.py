"""A database of one test's own, beside the one that all tests share."""

import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection, connections

SCRATCH = "scratch"


def server() -> psycopg.Connection[Any]:
    """A connection to the test server outside Django, in no transaction."""
    known = connection.settings_dict
    return psycopg.connect(
        host=known["HOST"],
        port=known["PORT"],
        user=known["USER"],
        password=known["PASSWORD"],
        dbname="postgres",
        autocommit=True,
    )


@pytest.fixture
def scratch(django_db_setup: None, django_db_blocker: Any) -> Iterator[Any]:
    """A connection to an empty database that goes with the test."""
    name = f"scratch_{uuid.uuid4().hex}"
    with server() as outside:
        outside.execute(f"CREATE DATABASE {name}")
    options = {key: value for key, value in connection.settings_dict["OPTIONS"].items() if key != "pool"}
    connections.databases[SCRATCH] = {**connection.settings_dict, "NAME": name, "OPTIONS": options}
    try:
        with django_db_blocker.unblock():
            yield connections[SCRATCH]
    finally:
        connections[SCRATCH].close()
        del connections[SCRATCH], connections.databases[SCRATCH]
        with server() as outside:
            outside.execute(f"DROP DATABASE {name} WITH (FORCE)")
