"""A database role that may less than the one tests connect as."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

SCHEMAS = "public, auth, django, extensions"


@contextmanager
def weak_role(attributes: str, *changes: str) -> Iterator[None]:
    """Work as a role of its own within the test's transaction, which takes the role along.

    Args:
        attributes: of the role.
        changes: statements `GRANT` or `REVOKE … ON …`, whose role is added.
    """
    name = f"weak_{uuid.uuid4().hex}"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {name} {attributes}")
        cursor.execute(f"GRANT USAGE ON SCHEMA {SCHEMAS} TO {name}")
        for kind in ("TABLES", "SEQUENCES", "FUNCTIONS"):
            cursor.execute(f"GRANT ALL ON ALL {kind} IN SCHEMA {SCHEMAS} TO {name}")
        for change in changes:
            cursor.execute(f"{change} {'FROM' if change.startswith('REVOKE') else 'TO'} {name}")
        cursor.execute(f"SET LOCAL ROLE {name}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")
