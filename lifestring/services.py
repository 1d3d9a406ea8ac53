"""The writes of the project's own code."""

from datetime import date, timedelta

from django.conf import settings
from django.db import connection

from lifestring.db import service
from lifestring.figures import counted_since, missing_since, registered_figures, today

_STORE = """
INSERT INTO django.lifestring_dailyfigure AS f (day, name, value, at) VALUES (%s, %s, %s, statement_timestamp())
ON CONFLICT (day, name) DO UPDATE SET at = excluded.at,
   value = CASE WHEN %s THEN greatest(f.value, excluded.value) ELSE excluded.value END
"""


@service
def figures_roll_up() -> int:
    """Write down what the days came to: today and yesterday anew, and those of the last thirty that are missing.

    Returns:
        How many numbers were written.
    """
    since = missing_since()
    rows: list[tuple[date, str, float, bool]] = []
    for figure in registered_figures():
        if figure.counted:
            rows += [(day, figure.name, value, False) for day, value in counted_since(figure, since).items()]
        elif figure.level is not None and (now := figure.level()) is not None:
            rows.append((today(), figure.name, now, True))
    with connection.cursor() as cursor:
        cursor.executemany(_STORE, rows)
        cursor.execute(
            "DELETE FROM django.lifestring_dailyfigure WHERE day < %s", [today() - timedelta(days=settings.FIGURE_DAYS)]
        )
    return len(rows)
