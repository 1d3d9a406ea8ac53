"""What a read costs: the queries behind one address, and how many rows came back."""

import re
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from lifestring.testing.people import Person


def plain(address: str) -> str:
    """Return an address without its query."""
    return re.sub(r"\?.*", "", address)


def measured(person: Person, url: str, rows: int) -> tuple[list[str], Any]:
    """Read an address, warm, with so many rows to a page; returns the queries and the JSON."""
    url += f"{'&' if '?' in url else '?'}per_page={rows}&limit={rows}"
    person.client.get(url)
    with CaptureQueriesContext(connection) as captured:
        answer = person.client.get(url)
    assert answer.status_code == 200, answer.content
    return [query["sql"] for query in captured.captured_queries], answer.json()
