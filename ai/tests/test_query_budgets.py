"""What reads of recommendations cost: so many queries, however many rows, and never a vector."""

import pytest

from accounts.models import UserRecommendation
from lifestring.testing.people import Person
from lifestring.testing.queries import measured
from lifestring.testing.volume import many_people, many_strings

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
    "/api/recommended/users": 3,
    "/api/recommended/strings": 3,
    "/api/recommended/strings?cursor=": 2,
    "/api/recommended/strings?include=comments,likes": 5,
}


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
            assert not [sql for sql in queries if "embedding" in sql]
            assert isinstance(body["data"], dict) or len(body["data"]) == rows
