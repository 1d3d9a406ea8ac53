"""What reads of recommendations cost: so many queries, however many rows, and never a vector."""

import re

import pytest

from accounts.models import UserRecommendation
from ai.models import StringEmbedding, UserEmbedding
from ai.tests.vectors import apart
from lifestring.testing.people import Person
from lifestring.testing.queries import measured
from lifestring.testing.volume import many_people, many_strings
from strings.models import String

pytestmark = pytest.mark.django_db

ONE = "/api/recommendations/{recommendation_id}"

# Queries by address, with the one that reads the caller.
BUDGETS = {
    "/api/recommendations": 3,
    "/api/recommendations?cursor=": 2,
    "/api/recommendations?include=recommendedUser": 4,
    "/api/recommendations?status=generated&sort_by=status": 3,
    # Read and marked as viewed: the transaction's two statements around three.
    ONE: 6,
    f"{ONE}?include=recommendedUser": 7,
    # How many strings and people there are and may be expected, three rankings, what was found, and what of it to mark.
    "/api/search?q=text": 10,
    "/api/search?q=text&type=strings": 6,
    "/api/search?q=person&type=people": 6,
    # Whether there is a vector, interests, people.
    "/api/recommended/users": 4,
    "/api/recommended/strings": 4,
    "/api/recommended/strings?cursor=": 3,
    "/api/recommended/strings?include=comments,likes": 6,
}
# With a vector: the search, and of people what is shared.
BY_MEANING = {
    "/api/recommended/users": 5,
    "/api/recommended/strings": 5,
    "/api/recommended/strings?cursor=": 4,
    "/api/recommended/strings?include=comments,likes": 7,
}
# What reads a vector's numbers rather than compares them.
READS_VECTORS = re.compile(r"SELECT[^()]*\bembedding\b[^()]*FROM")


@pytest.mark.parametrize("rows", [1, 50])
def test_reads_cost_what_they_may_however_many_rows(alice: Person, rows: int, subtests: pytest.Subtests):
    crowd = many_people(rows)
    many_strings(crowd[0], rows)
    made = UserRecommendation.objects.bulk_create(
        UserRecommendation(user_id=alice.user_id, recommended_user_id=other, similarity_score=0.5) for other in crowd
    )
    for address, budget in BUDGETS.items():
        with subtests.test(address):
            queries, body = measured(alice, address.format(recommendation_id=made[0].id), rows)
            assert len(queries) == budget, "\n".join(sql[:200] for sql in queries)
            assert not [sql for sql in queries if READS_VECTORS.search(sql)]
            assert isinstance(body["data"], dict) or len(body["data"]) == rows


@pytest.mark.parametrize("rows", [1, 50])
def test_so_do_reads_by_meaning(alice: Person, rows: int, subtests: pytest.Subtests):
    crowd = many_people(rows)
    many_strings(crowd[0], rows)
    UserEmbedding.objects.bulk_create(
        UserEmbedding(user_id=one, embedding=apart(0.8, n), content_hash="")
        for n, one in enumerate([alice.user_id, *crowd])
    )
    StringEmbedding.objects.bulk_create(
        StringEmbedding(string_id=one, embedding=apart(0.8, n), content_hash="")
        for n, one in enumerate(String.objects.values_list("id", flat=True))
    )
    for address, budget in BY_MEANING.items():
        with subtests.test(address):
            queries, body = measured(alice, address, rows)
            assert len(queries) == budget, "\n".join(sql[:200] for sql in queries)
            assert len(body["data"]) == rows
            assert not [sql for sql in queries if READS_VECTORS.search(sql)]
