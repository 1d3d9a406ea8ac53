"""What the export costs: so many queries, while the rows of each kind fit one batch (accounts/exporting.py)."""

import pytest
from django.db import connection

from accounts.exporting import export_parts
from ai.models import StringEmbedding
from lifestring.testing.people import Person
from lifestring.testing.queries import measured
from lifestring.testing.volume import many_strings
from strings.models import String, StringLike

pytestmark = pytest.mark.django_db

# The caller, one for each kind of thing (connections are looked up by either side), and whether there is a table
# `detailed_profiles`, which reads nothing here.
BUDGETS = {"/api/me/export": 2 + len(export_parts())}


@pytest.mark.parametrize("rows", [1, 50])
def test_the_export_costs_what_it_may_however_many_rows(alice: Person, rows: int):
    many_strings(alice.user_id, rows)
    strings = list(String.objects.values_list("id", flat=True))
    StringLike.objects.bulk_create(StringLike(string_id=string, user_id=alice.user_id) for string in strings)
    StringEmbedding.objects.create(string_id=strings[0], embedding=[0.5] * 1536, content_hash="hash")
    queries, body = measured(alice, "/api/me/export", rows)

    assert len(queries) == BUDGETS["/api/me/export"], "\n".join(queries)
    assert (len(body["data"]["strings"]), len(body["data"]["likes"])) == (rows, rows)
    assert connection.in_atomic_block, "the test's own transaction is still there"
