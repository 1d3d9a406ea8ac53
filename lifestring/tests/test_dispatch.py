"""Nothing leaves a transaction but after its commit, and what leaves is a hint: Redis being away changes no answer."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import dramatiq
import pytest
import redis
from asgiref.sync import async_to_sync
from channels.layers import channel_layers, get_channel_layer
from django.conf import settings as django_settings
from django.db import connections, transaction
from dramatiq import Message
from dramatiq.brokers.redis import RedisBroker

from lifestring import jobs
from lifestring.db import service
from lifestring.dispatch import (
    MAX_WAITING,
    broadcast_now,
    broadcast_on_commit,
    broadcast_to_each_on_commit,
    enqueue_on_commit,
    send_from_this_loop,
)
from lifestring.local.ports import free_port
from lifestring.local.state import PROJECT
from lifestring.testing.people import Person, make_person

SWEEP = "accounts.sweep_orphans"
DELETE = "accounts.delete_supabase_user"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def empty_queue() -> Iterator[None]:
    broker: Any = dramatiq.get_broker()
    broker.flush_all()
    yield
    broker.flush_all()


def queued() -> list[tuple[str, tuple[Any, ...]]]:
    broker: Any = dramatiq.get_broker()
    found = [Message.decode(raw) for raw in broker.client.hvals(f"{broker.namespace}:accounts.msgs")]
    return [(message.actor_name, tuple(message.args)) for message in found]


def heard(
    group: str, act: Callable[[], object], *, listeners: int = 1, expected: int = 1
) -> list[list[dict[str, Any]]]:
    """What each member of a group is sent while `act` runs in a thread of its own, as a request does."""

    def act_alone() -> None:
        try:
            act()
        finally:
            connections.close_all()

    async def listen() -> list[list[dict[str, Any]]]:
        layer: Any = get_channel_layer()
        channels = [await layer.new_channel() for _ in range(listeners)]
        for channel in channels:
            await layer.group_add(group, channel)
        await asyncio.to_thread(act_alone)
        found: list[list[dict[str, Any]]] = []
        for channel in channels:
            messages = [await asyncio.wait_for(layer.receive(channel), 5) for _ in range(expected)]
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(layer.receive(channel), 0.1)
            await layer.group_discard(group, channel)
            found.append(messages)
        await layer.flush()
        return found

    return asyncio.run(listen())


def content(message: dict[str, Any]) -> Any:
    """What a broadcast carries."""
    return json.loads(message["text"])


class TestAJob:
    def test_leaves_after_the_commit_and_not_before(self):
        with transaction.atomic():
            enqueue_on_commit(DELETE, "an id")
            enqueue_on_commit(SWEEP)
            assert queued() == []
        assert sorted(queued()) == [(DELETE, ("an id",)), (SWEEP, ())]

    def test_leaves_at_once_where_there_is_no_transaction(self):
        enqueue_on_commit(DELETE, 5)
        assert queued() == [(DELETE, (5,))]

    def test_never_leaves_a_transaction_that_is_undone(self):
        with pytest.raises(RuntimeError, match="undone"), transaction.atomic():
            enqueue_on_commit(SWEEP)
            raise RuntimeError("undone")
        with transaction.atomic():
            enqueue_on_commit(SWEEP)
            transaction.set_rollback(True)
        assert queued() == []

    def test_never_leaves_a_savepoint_that_is_undone(self):
        with transaction.atomic():
            enqueue_on_commit(DELETE, "outer")
            with pytest.raises(RuntimeError, match="undone"), transaction.atomic():
                enqueue_on_commit(DELETE, "inner")
                raise RuntimeError("undone")
        assert queued() == [(DELETE, ("outer",))]

    def test_of_an_unknown_name_is_noticed_while_it_can_still_be_undone(self):
        with pytest.raises(dramatiq.ActorNotFound), transaction.atomic():
            make_person("Nobody")
            enqueue_on_commit("accounts.no_such_actor")
        assert queued() == []

    def test_can_be_sent_by_every_process_that_serves_requests(self):
        # In this process some test has imported the actors; a web process imports what django.setup() does.
        code = (
            "import django; django.setup(); import dramatiq, sys; "
            "assert 'lifestring.worker' not in sys.modules; "
            "print(*sorted(dramatiq.get_broker().get_declared_actors()))"
        )
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "lifestring.settings"}
        run = subprocess.run(
            [sys.executable, "-c", code],
            cwd=PROJECT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert run.returncode == 0, run.stderr
        assert {DELETE, SWEEP} <= set(run.stdout.split())


class TestABroadcast:
    def test_reaches_each_of_several_groups_in_one_go(self):
        groups = [f"user.{uuid.uuid4()}" for _ in range(3)]
        for group in groups:
            ((message,),) = heard(group, lambda: broadcast_to_each_on_commit(groups, {"type": "hello"}))
            assert (message["group"], content(message)) == (group, {"type": "hello"})

    def test_reaches_every_member_of_the_group_once(self):
        group = f"user.{uuid.uuid4()}"
        payload = {"type": "hello", "text": "Zoë 👩", "numbers": [1, 2.5, None, True]}
        found = heard(group, lambda: broadcast_on_commit(group, payload), listeners=3)
        assert [[content(message) for message in messages] for messages in found] == [[payload]] * 3
        assert {(message["type"], message["group"]) for (message,) in found} == {("forward", group)}

    def test_carries_ids_and_times_as_answers_show_them(self):
        group, some_id = f"user.{uuid.uuid4()}", uuid.uuid4()
        at = datetime(2026, 11, 23, 9, 57, tzinfo=UTC)
        ((message,),) = heard(group, lambda: broadcast_on_commit(group, {"id": some_id, "at": at}))
        assert content(message) == {"id": str(some_id), "at": "2026-11-23T09:57:00.000000Z"}

    def test_loses_no_number_however_large(self):
        group = f"user.{uuid.uuid4()}"
        payload = {"type": "note", "numbers": [2**63, 2**64, -(2**70), 10**300, 0.1], "nested": {"id": 2**64 - 1}}
        ((message,),) = heard(group, lambda: broadcast_on_commit(group, payload))
        assert json.loads(message["text"]) == payload

    def test_reaches_no_other_group(self):
        group, other = f"user.{uuid.uuid4()}", f"user.{uuid.uuid4()}"
        assert heard(group, lambda: broadcast_on_commit(other, {"type": "x"}), expected=0) == [[]]

    def test_waits_for_the_commit(self):
        group = f"user.{uuid.uuid4()}"

        def act() -> None:
            with transaction.atomic():
                broadcast_on_commit(group, {"n": 1})
                broadcast_on_commit(group, {"n": 2})
            with pytest.raises(RuntimeError, match="undone"), transaction.atomic():
                broadcast_on_commit(group, {"n": 3})
                raise RuntimeError("undone")
            broadcast_on_commit(group, {"n": 4})

        (messages,) = heard(group, act, expected=3)
        assert [content(message)["n"] for message in messages] == [1, 2, 4]

    def test_is_what_it_was_when_it_was_asked_for(self):
        group = f"user.{uuid.uuid4()}"

        def act() -> None:
            payload = {"names": ["before"]}
            with transaction.atomic():
                broadcast_on_commit(group, payload)
                payload["names"].append("after")

        ((message,),) = heard(group, act)
        assert content(message) == {"names": ["before"]}

    def test_carries_numbers_of_any_size(self):
        # JSON columns hold such, and the layer's own format does not.
        group, number = f"user.{uuid.uuid4()}", 10**30
        ((message,),) = heard(group, lambda: broadcast_on_commit(group, {"n": number}))
        assert content(message) == {"n": number}

    def test_that_nobody_hears_is_no_error_and_leaves_no_connection_behind(self, caplog: pytest.LogCaptureFixture):
        client = redis.Redis.from_url(django_settings.REDIS_URL)
        broadcast_on_commit("user.nobody", {"n": 0})
        before = client.info("clients")["connected_clients"]
        for number in range(30):
            broadcast_on_commit("user.nobody", {"n": number})
        assert client.info("clients")["connected_clients"] <= before + 1
        assert not [record for record in caplog.records if record.levelname == "ERROR"]
        client.close()


@pytest.fixture(params=["refuses", "silent"])
def without_redis(request: pytest.FixtureRequest, settings: Any) -> Iterator[None]:
    """Redis away: nobody listens at its address, or whoever does never answers."""
    silent = request.param == "silent"
    broker: Any = dramatiq.get_broker()
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.MonkeyPatch.context() as patch:
        port = server.getsockname()[1] if silent else free_port()
        url = f"redis://127.0.0.1:{port}/0"
        # Whoever broadcasts gives up by a clock of its own, which takes longer than a test has.
        hosts = f"{url}?socket_timeout=0.3"
        patch.setattr(jobs, "ANSWER_SECONDS", 0.3)
        away = RedisBroker(client=jobs.client(url), namespace=broker.namespace)
        patch.setattr(broker, "client", away.client)
        patch.setattr(broker, "scripts", away.scripts)
        settings.CHANNEL_LAYERS = {"default": {**settings.CHANNEL_LAYERS["default"], "CONFIG": {"hosts": [hosts]}}}
        channel_layers.backends.clear()
        yield
        channel_layers.backends.clear()
        away.client.close()


@service
def _write_and_tell(*, name: str) -> Person:
    person = make_person(name)
    enqueue_on_commit(DELETE, str(person.user_id))
    broadcast_on_commit(f"user.{person.user_id}", {"type": "hello"})
    enqueue_on_commit(SWEEP)
    return person


class TestFromALoopThatSends:
    def test_a_thread_hands_over_and_does_not_wait(self):
        group = f"user.{uuid.uuid4()}"

        async def listen() -> list[Any]:
            layer: Any = get_channel_layer()
            channel = await layer.new_channel()
            await layer.group_add(group, channel)
            send_from_this_loop()
            # The loop is busy all the while, as it would be for a caller that waited for it.
            alone = threading.Thread(target=lambda: [broadcast_on_commit(group, {"n": n}) for n in range(50)])
            alone.start()
            alone.join(timeout=5)
            broadcast_now(group, {"n": 50})
            return [content(await asyncio.wait_for(layer.receive(channel), 5))["n"] for _ in range(51)]

        # Those of the thread were handed over while the loop stood still, so they come after its own.
        assert asyncio.run(listen()) == [50, *range(50)]

    def test_an_outage_is_logged_once_and_what_waits_is_dropped(
        self, without_redis: None, caplog: pytest.LogCaptureFixture
    ):
        async def flood() -> None:
            sender = send_from_this_loop()
            for number in range(MAX_WAITING + 50):
                broadcast_now("user.nobody", {"n": number})
            for _ in range(3):
                await asyncio.sleep(0.4)
                broadcast_now("user.nobody", {})
            await asyncio.sleep(0.4)
            assert not sender._waiting

        asyncio.run(flood())
        assert len([record for record in caplog.records if record.levelname == "ERROR"]) == 1

    def test_a_loop_that_ended_leaves_sending_to_the_caller(self):
        async def offer() -> None:
            send_from_this_loop()

        asyncio.run(offer())
        group = f"user.{uuid.uuid4()}"
        ((message,),) = heard(group, lambda: broadcast_on_commit(group, {"n": 1}))
        assert content(message) == {"n": 1}


class TestWithoutRedis:
    def test_what_was_written_stays_written_and_nobody_hears_of_an_error(
        self, without_redis: None, caplog: pytest.LogCaptureFixture
    ):
        person = _write_and_tell(name="Alice")
        assert person.profile
        errors = [record for record in caplog.records if record.levelname == "ERROR"]
        assert len(errors) == 3, "each loss is logged"

    def test_an_erasure_is_answered_as_ever(self, without_redis: None, alice: Person, bob: Person):
        answer = alice.client.delete("/api/me")
        assert (answer.status_code, answer.content) == (204, b"")
        assert bob.client.get(f"/api/users/{alice.user_id}").status_code == 404


def test_the_layer_of_the_settings_is_the_one_that_is_used():
    layer: Any = get_channel_layer()
    assert type(layer).__module__.startswith("channels_redis")
    async_to_sync(layer.group_send)("user.nobody", {"type": "forward", "group": "user.nobody", "text": "{}"})
