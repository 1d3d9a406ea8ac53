"""`manage.py recommend` and the nightly round: everybody's, bit by bit, and after a break from where it broke off."""

import time
import uuid
from datetime import timedelta
from io import StringIO
from typing import Any

import dramatiq
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError
from django.utils import timezone
from dramatiq import Worker

from accounts.models import UserRecommendation
from ai import recommending, services
from ai.tasks import recommend_all, recommend_some
from ai.tests.jobs import eventually
from ai.tests.vectors import apart, means
from lifestring.testing.people import Person
from lifestring.testing.volume import many_people

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def crowd(alice: Person, bob: Person, charlie: Person, monkeypatch: pytest.MonkeyPatch) -> list[uuid.UUID]:
    """Seven people, two to a page."""
    monkeypatch.setattr(recommending, "PAGE", 2)
    return sorted([alice.user_id, bob.user_id, charlie.user_id, *many_people(4)])


@pytest.fixture
def refreshed(monkeypatch: pytest.MonkeyPatch) -> list[uuid.UUID]:
    """Whose were made anew, in this order."""
    done: list[uuid.UUID] = []
    real = services.recommendations_refresh

    def refresh(*, user_id: uuid.UUID, limit: int) -> int:
        done.append(user_id)
        return real(user_id=user_id, limit=limit)

    monkeypatch.setattr(services, "recommendations_refresh", refresh)
    return done


def failing(monkeypatch: pytest.MonkeyPatch, *user_ids: uuid.UUID, error: type[BaseException] = DatabaseError) -> None:
    real = services.recommendations_refresh

    def refresh(*, user_id: uuid.UUID, limit: int) -> int:
        if user_id in user_ids:
            raise error("no")
        return real(user_id=user_id, limit=limit)

    monkeypatch.setattr(services, "recommendations_refresh", refresh)


def run(*arguments: str) -> str:
    said = StringIO()
    call_command("recommend", *arguments, stdout=said, stderr=said)
    return said.getvalue()


def have_some() -> set[uuid.UUID]:
    return set(UserRecommendation.objects.values_list("user_id", flat=True))


def test_everybody_is_given_some_and_who_has_fresh_ones_is_passed_over(
    crowd: list[uuid.UUID], refreshed: list[uuid.UUID], alice: Person
):
    said = run("--limit=2")
    assert said.startswith("7 people")
    assert "] 2/7, " in said
    assert said.endswith("Done: 7 people, 0 failed.\n")
    assert refreshed == crowd
    assert UserRecommendation.objects.count() == 14

    assert run().startswith("0 people")
    alice_rows = UserRecommendation.objects.filter(user_id=alice.user_id)
    alice_rows.update(updated_at=timezone.now() - timedelta(hours=13))
    refreshed.clear()
    run()
    assert refreshed == [alice.user_id]
    run("--older-than=0")
    assert refreshed == [alice.user_id, *crowd]


def test_killed_and_begun_again_it_goes_on_from_there(
    crowd: list[uuid.UUID], refreshed: list[uuid.UUID], monkeypatch: pytest.MonkeyPatch
):
    failing(monkeypatch, crowd[3], error=KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        run()
    assert refreshed == crowd[:3]
    monkeypatch.undo()
    assert run().startswith("4 people")
    assert have_some() == set(crowd)


def test_looking_at_ones_own_does_not_count_as_fresh(alice: Person, refreshed: list[uuid.UUID]):
    run()
    UserRecommendation.objects.filter(user_id=alice.user_id).update(status="viewed", updated_at=timezone.now())
    alice.client.post("/api/recommendations/generate", {"limit": 1})
    body = {"recommended_user_id": str(many_people(1)[0])}
    assert alice.client.post("/api/recommendations", body).status_code == 201
    refreshed.clear()
    run()
    assert alice.user_id in refreshed


def test_one_who_fails_holds_nobody_up_and_many_stop_it(crowd: list[uuid.UUID], monkeypatch: pytest.MonkeyPatch):
    failing(monkeypatch, crowd[1])
    assert run().endswith("Done: 6 people, 1 failed.\n")
    assert have_some() == {*crowd} - {crowd[1]}
    monkeypatch.setattr(recommending, "MAX_FAILED", 0)
    with pytest.raises(DatabaseError):
        run()


def test_one_person_is_done_at_once(alice: Person, bob: Person):
    assert run(f"--user={alice.user_id}", "--limit=3") == "Done: 3 recommendations.\n"
    assert run(f"--user={alice.user_id}", "--limit=3") == "Done: 3 recommendations.\n"
    assert have_some() == {alice.user_id}
    with pytest.raises(CommandError, match="no such person"):
        run(f"--user={uuid.uuid4()}")
    for wrong in ("--limit=0", "--limit=51", "--limit=x", "--older-than=-1", "--older-than=nan", "--user=x"):
        with pytest.raises(CommandError):
            run(wrong)


def test_the_nightly_round_goes_on_in_pieces_until_everybody_has_some(
    crowd: list[uuid.UUID], refreshed: list[uuid.UUID], monkeypatch: pytest.MonkeyPatch
):
    broker: Any = dramatiq.get_broker()
    broker.flush_all()
    monkeypatch.setattr("ai.tasks.PIECE_SECONDS", 0)
    worker = Worker(broker, queues={"recommendations"}, worker_timeout=20, worker_threads=1)
    worker.start()
    try:
        recommend_all.send()
        eventually(lambda: len(refreshed) == 7 and broker.client.hlen(f"{broker.namespace}:recommendations.msgs") == 0)
    finally:
        worker.stop()
    assert refreshed == crowd
    recommend_some(int(time.time()) - 60, str(crowd[0]))
    assert refreshed == crowd, "a piece that comes twice finds nothing to do"


def test_only_who_is_recommended_somebody_new_hears_of_it(alice: Person, monkeypatch: pytest.MonkeyPatch):
    heard: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(
        services.recommendations, "broadcast_on_commit", lambda group, payload: heard.append((group, payload))
    )
    made = services.recommendations_refresh(user_id=alice.user_id, limit=3)
    assert heard == [(f"user.{alice.user_id}", {"type": "recommendation.ready", "count": made})]
    services.recommendations_refresh(user_id=alice.user_id, limit=3)
    assert len(heard) == 1


def test_what_nobody_looked_at_and_is_not_found_any_more_goes(alice: Person, bob: Person, charlie: Person):
    services.recommendations_refresh(user_id=alice.user_id, limit=5)
    before = set(UserRecommendation.objects.values_list("recommended_user_id", flat=True))
    seen = UserRecommendation.objects.exclude(recommended_user_id=charlie.user_id)[0]
    assert alice.client.get(f"/api/recommendations/{seen.id}").status_code == 200
    noted = many_people(1)[0]
    assert alice.client.post("/api/recommendations", {"recommended_user_id": str(noted)}).status_code == 201
    means(alice, apart(1, 0))
    means(charlie, apart(0.8, 1))

    services.recommendations_refresh(user_id=alice.user_id, limit=1)

    assert len(before) == 5
    left = {row.recommended_user_id: (row.context or {}).get("source") for row in UserRecommendation.objects.all()}
    assert left == {charlie.user_id: "meaning", seen.recommended_user_id: "interests", noted: None}


def test_many_at_once_with_different_limits_wait_for_each_other(alice: Person, together: Any):
    for n, other in enumerate(many_people(12)):
        UserRecommendation.objects.create(user_id=alice.user_id, recommended_user_id=other, similarity_score=n / 100)

    def make(limit: int) -> Any:
        return lambda: services.recommendations_refresh(user_id=alice.user_id, limit=limit)

    for _ in range(3):
        assert together(*[make(limit) for limit in (3, 9, 5, 1)]) == [3, 9, 5, 1]
