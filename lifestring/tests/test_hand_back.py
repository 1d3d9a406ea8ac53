"""A worker that stops amid a job gives it back, and another one takes it at once (docs/deploy.md, Rolling restarts)."""

import threading
import uuid

import dramatiq
import redis
from django.conf import settings
from dramatiq import Worker
from dramatiq.brokers.redis import RedisBroker
from dramatiq.middleware import CurrentMessage

from lifestring.jobs import HandBack

PATIENCE = 30.0


def test_what_a_worker_cannot_finish_in_its_time_another_takes_at_once():
    client = redis.Redis.from_url(settings.REDIS_URL)
    namespace, begun, free, starts = f"hand-back-{uuid.uuid4().hex}", threading.Semaphore(0), threading.Event(), []

    def broker() -> RedisBroker:
        return RedisBroker(client=client, namespace=namespace, middleware=[CurrentMessage(), HandBack()])

    def work(number: int) -> None:
        starts.append(number)
        begun.release()
        free.wait(PATIENCE)

    first, second = broker(), broker()
    actors = [dramatiq.actor(work, broker=one, actor_name="work", queue_name="slow") for one in (first, second)]
    stopping, taking = (Worker(one, worker_timeout=20, worker_threads=1) for one in (first, second))
    stopping.start()
    try:
        actors[0].send(7)
        assert begun.acquire(timeout=PATIENCE)
        stopping.stop(timeout=100)
        taking.start()
        assert begun.acquire(timeout=PATIENCE)
        assert starts == [7, 7]
    finally:
        free.set()
        taking.stop(timeout=5_000)
    assert second.do_qsize("slow") == 0
