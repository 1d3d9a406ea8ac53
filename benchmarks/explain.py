"""`python -m benchmarks.explain NAME PATH TOKEN`: how PostgreSQL runs what a request asks for."""

import os
import sys


def main(name: str, path: str, token: str) -> None:
    """Print the plan of the statement of a request that takes longest, on the database of the settings."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lifestring.settings")
    import django

    django.setup()
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        Client().get(path, headers={"Authorization": f"Bearer {token}"})
    dearest = max(captured.captured_queries, key=lambda query: float(query["time"]))["sql"]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, SETTINGS) {dearest}")
        plan = "\n".join(f"    {line}" for (line,) in cursor.fetchall())
    print(f"\n{name}: {len(captured)} statements; the dearest:\n    {dearest}\n{plan}")


if __name__ == "__main__":
    main(*sys.argv[1:])
