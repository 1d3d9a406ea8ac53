"""Jobs that were given up: admins see them in the admin and send them again."""

import uuid
from collections.abc import Iterator
from typing import Any

import dramatiq
import pytest
import redis
from django.test import Client
from dramatiq import Message

from accounts.models import StaffUser
from lifestring.dead_letters import dead_letters

pytestmark = pytest.mark.django_db

DELETE = "accounts.delete_supabase_user"
URL = "/admin/jobs"


@pytest.fixture
def broker() -> Iterator[Any]:
    broker: Any = dramatiq.get_broker()
    broker.flush_all()
    yield broker
    broker.flush_all()


def client_of(user: StaffUser) -> Client:
    client = Client()
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def staff() -> Client:
    return client_of(StaffUser.objects.create_superuser("staff@lifestring.example"))


def give_up(broker: Any, *args: str) -> str:
    """Do to a job what dramatiq does when its retries are used up."""
    message = broker.get_actor(DELETE).message(*args)
    message = message.copy(options={"retries": 5, "traceback": "Traceback:\n  File …\nValueError: <b>no</b>\n"})
    key, redis_id = f"{broker.namespace}:accounts.XQ", str(uuid.uuid4())
    broker.client.zadd(key, {redis_id: 1_795_600_000_000})
    broker.client.hset(f"{key}.msgs", redis_id, message.encode())
    return redis_id


def test_they_are_shown_with_what_went_wrong(broker: Any, staff: Client):
    assert "No job was given up." in staff.get(URL).content.decode()
    give_up(broker, "an-id")
    page = staff.get(URL).content.decode()
    for shown in (DELETE, "an-id", "2026-11-25 09:46:40 UTC", "ValueError: &lt;b&gt;no&lt;/b&gt;"):
        assert shown in page
    assert f'href="{URL}"' in staff.get("/admin/").content.decode()


def test_one_is_sent_again_as_if_it_were_new(broker: Any, staff: Client):
    message_id, other = give_up(broker, "an-id"), give_up(broker, "another")
    body = {"queue": "accounts", "message_id": message_id}
    assert "is queued again" in staff.post(URL, body, follow=True).content.decode()
    [queued] = map(Message.decode, broker.client.hvals(f"{broker.namespace}:accounts.msgs"))
    assert (queued.actor_name, queued.args) == (DELETE, ("an-id",))
    assert "retries" not in queued.options
    assert [letter.message_id for letter in dead_letters()] == [other]
    for gone in (body, {}, {"queue": "nowhere", "message_id": other}):
        assert "no such job" in staff.post(URL, gone, follow=True).content.decode()
    assert len(broker.client.hvals(f"{broker.namespace}:accounts.msgs")) == 1


def test_nobody_but_admins_sees_or_sends_them(broker: Any):
    message_id = give_up(broker, "an-id")
    moderator = StaffUser.objects.create_user("mod@lifestring.example")
    StaffUser.objects.filter(pk=moderator.pk).update(is_staff=True)
    for client, status in ((client_of(moderator), 403), (Client(), 302)):
        assert client.get(URL).status_code == status
        assert client.post(URL, {"queue": "accounts", "message_id": message_id}).status_code == status
    assert len(dead_letters()) == 1


def test_a_form_from_elsewhere_sends_nothing(broker: Any):
    message_id = give_up(broker, "an-id")
    client = Client(enforce_csrf_checks=True)
    user = StaffUser.objects.create_superuser("staff@lifestring.example")
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    assert client.post(URL, {"queue": "accounts", "message_id": message_id}).status_code == 403
    assert len(dead_letters()) == 1


def test_without_redis_it_says_so(broker: Any, staff: Client, monkeypatch: pytest.MonkeyPatch):
    client = redis.Redis(port=9)
    monkeypatch.setattr(broker, "client", client)
    answer = staff.get(URL)
    client.close()
    assert answer.status_code == 200
    assert "Redis does not answer" in answer.content.decode()
