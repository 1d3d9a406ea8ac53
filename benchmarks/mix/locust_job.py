"""Locust's part, run by its own Python: a job as JSON on standard input, what was measured as JSON on standard output.

Requests arrive at a given rate, whether or not earlier ones are answered: there are as many people as send one request
each every `PACE` seconds at that rate, and an answer that takes less than `PACE` delays nobody's next request. A closed
loop, where the next request waits for the answer before, would ask less the slower the answers are, and hide it.
"""

import json
import logging
import random
import resource
import sys
import time
from typing import Any

# Locust comes first: it makes the standard library cooperative.
import gevent
from geventhttpclient.client import HTTPClientPool
from locust import FastHttpUser, events, task
from locust.env import Environment

from benchmarks.mix import requests

PACE = 5.0
# Somebody who waits for longer has gone.
TIMEOUT = 30.0
MOST_FAILURES = 20


class Visitor(FastHttpUser):
    """Somebody who does one thing of the mix every few seconds, all on connections shared as behind a balancer."""

    network_timeout = connection_timeout = TIMEOUT
    client_pool = HTTPClientPool(concurrency=200, connection_timeout=TIMEOUT, network_timeout=TIMEOUT)
    people: list[dict[str, Any]] = []
    made = 0

    def on_start(self) -> None:
        """Be somebody."""
        number = Visitor.made
        Visitor.made += 1
        known = self.people[number % len(self.people)]
        self.person = requests.Person(known["token"], known["rooms"], random.Random(number))
        # By a plan of their own: Locust makes people in batches, who would come in bursts ever after.
        self.due = time.monotonic() + random.uniform(0, PACE)
        gevent.sleep(self.wait_time())

    def wait_time(self) -> float:
        """Return how long it is until the next request is due, whenever the last one was answered."""
        wait = max(0.0, self.due - time.monotonic())
        self.due += PACE
        return wait

    @task
    def do_something(self) -> None:
        """Send one request; whatever is not a success is a failure."""
        asked = self.person.next_request()
        headers = {"Authorization": f"Bearer {self.person.token}"}
        answer = self.client.request(asked.method, asked.path, name=asked.route, headers=headers, json=asked.body)
        if asked.kind == "feed" and answer.status_code == 200:
            self.person.has_read(answer.content)


class Times:
    """How long each request of the measured time took, by route, and what went wrong at any time."""

    def __init__(self) -> None:
        self.by_route: dict[str, list[float]] = {}
        self.failures: dict[str, int] = {}
        self.kinds: dict[str, int] = {}
        self.is_measuring = False

    def note(self, name: str, response_time: float, exception: Any = None, **_: Any) -> None:
        """Take one request."""
        if exception is not None:
            what = f"{name}: {exception}"[:300]
            self.failures[what] = self.failures.get(what, 0) + 1
            self.kinds[name] = self.kinds.get(name, 0) + 1
        if self.is_measuring:
            self.by_route.setdefault(name, []).append(response_time)


def run(job: dict[str, Any]) -> dict[str, Any]:
    """Send the mix to `url` as `people` at `rate` a second; the first `warm_up` of all seconds are not measured."""
    # It warns of so many people at once, who are spread here.
    logging.getLogger("locust").setLevel(logging.ERROR)
    Visitor.people = job["people"]
    times = Times()
    events.request.add_listener(times.note)
    environment = Environment(user_classes=[Visitor], events=events, host=job["url"])
    runner = environment.create_local_runner()
    people = max(1, round(job["rate"] * PACE))
    runner.start(people, spawn_rate=people)
    gevent.sleep(max(job["warm_up"], PACE + 1))
    began, used = time.perf_counter(), _processor_seconds()
    times.is_measuring = True
    gevent.sleep(job["seconds"])
    times.is_measuring = False
    seconds, used = time.perf_counter() - began, _processor_seconds() - used
    runner.quit()
    worst = sorted(times.failures.items(), key=lambda one: -one[1])[:MOST_FAILURES]
    return {
        "seconds": seconds,
        "times": times.by_route,
        "errors": times.kinds,
        "failures": dict(worst),
        "cores": used / seconds,
    }


def _processor_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(json.load(sys.stdin))))
