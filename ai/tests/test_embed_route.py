"""`POST /users/{user}/embed/create` (docs/api.md, People)."""

import uuid
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Suspension, UserProfile
from ai.models import UserEmbedding
from ai.tests.jobs import EmbeddingJobs, eventually
from lifestring.testing.asserts import assert_error
from lifestring.testing.documented import assert_documented
from lifestring.testing.openai_server import ModelServer
from lifestring.testing.people import Person, block

pytestmark = pytest.mark.django_db(transaction=True)


def url(user: object) -> str:
    return f"/api/users/{user}/embed/create"


def test_it_queues_the_computing(models: ModelServer, jobs: EmbeddingJobs, alice: Person, admin: Person):
    for client, known_as in ((alice, alice.user_id), (alice, alice.profile.id), (admin, alice.user_id)):
        answer = client.client.post(url(known_as))
        assert answer.status_code == 202, answer.content
        assert_documented(answer)
        body = answer.json()
        assert (body["success"], body["status"], body["user_id"]) == (True, "queued", str(alice.user_id))
        assert body["message"]
    assert jobs.waiting == [("ai.embed_user", (str(alice.user_id),))] * 3


def test_what_others_wrote_is_computed_and_the_same_again_is_free(
    models: ModelServer, jobs: EmbeddingJobs, worker: None, alice: Person
):
    UserProfile.objects.filter(user_id=alice.user_id).update(biography={"bio": "I teach."})
    alice.client.post(url(alice.user_id))
    eventually(lambda: UserEmbedding.objects.filter(user_id=alice.user_id).exists())
    alice.client.post(url(alice.user_id))
    eventually(lambda: not jobs.waiting)
    assert models.inputs == ["I teach"]


def test_whoever_may_not_is_told_so(
    models: ModelServer, jobs: EmbeddingJobs, alice: Person, charlie: Person, mod: Person, anonymous: Any
):
    for person in (charlie, mod):
        assert_error(person.client.post(url(alice.user_id)), 403, "forbidden")
    assert_error(anonymous.post(url(alice.user_id)), 401, "not_authenticated")
    assert_error(alice.client.post(url(uuid.uuid4())), 404, "not_found")
    assert_error(alice.client.post(url("nobody")), 404, "not_found")
    block(alice, charlie)
    assert_error(charlie.client.post(url(alice.user_id)), 404, "not_found")
    Suspension.objects.create(user_id=alice.user_id)
    assert_error(alice.client.post(url(alice.user_id)), 403, "suspended")
    assert jobs.waiting == []


def test_without_a_model_it_says_what_to_set(jobs: EmbeddingJobs, alice: Person, bob: Person):
    answer = alice.client.post(url(alice.user_id))
    assert_error(answer, 503, "ai_unavailable")
    assert_documented(answer)
    assert "OPENAI_API_KEY" in answer.json()["message"]
    assert "EMBED_BASE_URL" in answer.json()["message"]
    assert_error(bob.client.post(url(alice.user_id)), 403, "forbidden")
    assert jobs.waiting == []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("post", "/api/strings", {"content_text": "chess"}),
        ("put", "/api/strings/{string}", {"content_text": "go"}),
        ("patch", "/api/me", {"biography": {"bio": "I teach."}}),
        ("put", "/api/me", {"attributes": {"hobbies": ["chess"]}}),
    ],
)
def test_writes_cost_no_statement_more_than_without_a_model(
    models: ModelServer, jobs: EmbeddingJobs, alice: Person, settings: Any, method: str, path: str, body: dict[str, Any]
):
    string = alice.client.post("/api/strings", {"content_text": "first"}).json()["data"]["id"]
    jobs.broker.flush_all()

    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            answer = getattr(alice.client, method)(path.format(string=string), body)
        assert answer.status_code in {200, 201}, answer.content
        return len(queries)

    settings.EMBEDDINGS = False
    without = statements()
    assert jobs.waiting == []
    settings.EMBEDDINGS = True
    if method == "put" and "strings" in path:
        body = {"content_text": "chess again"}
    assert statements() == without
    assert len(jobs.waiting) == 1
