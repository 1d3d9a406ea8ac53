"""What is seen of the running service (docs/operations.md)."""

import json
import logging
import os
import subprocess
import sys
import threading
import urllib.request
import uuid
from pathlib import Path
from typing import Any

import dramatiq
import pytest
from django.db import IntegrityError, OperationalError
from django.test import Client
from dramatiq import Worker
from dramatiq.brokers.redis import RedisBroker
from dramatiq.brokers.stub import StubBroker
from dramatiq.middleware import Retries
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.parser import text_string_to_metric_families

from lifestring.context import RequestIdFilter, set_request_id
from lifestring.local.ports import free_port
from lifestring.telemetry.jobs import JobMetrics
from lifestring.telemetry.logs import LEFT_OUT, JsonFormatter, LineFormatter
from lifestring.telemetry.looks import LookedUp
from lifestring.testing.environment import PROJECT
from lifestring.testing.people import Person

TOKEN = "a-secret-of-the-scraper"
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture(autouse=True)
def _token(settings: Any) -> None:
    settings.METRICS_TOKEN = TOKEN


def read(text: str) -> Samples:
    families = text_string_to_metric_families(text)
    return {(one.name, frozenset(one.labels.items())): one.value for family in families for one in family.samples}


def scraped() -> Samples:
    answer = Client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    return read(answer.content.decode())


def sample(samples: Samples, name: str, **labels: str) -> float:
    return samples.get((name, frozenset(labels.items())), 0.0)


class TestMetrics:
    @pytest.mark.parametrize("header", ["", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x"])
    def test_without_the_token_there_is_nothing(self, header: str):
        answer = Client().get("/metrics", headers={"Authorization": header})
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")

    def test_where_no_token_is_set_nobody_gets_in(self, settings: Any):
        settings.METRICS_TOKEN = ""
        assert Client().get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404

    @pytest.mark.django_db
    def test_requests_are_timed_by_route_and_never_by_id(self, alice: Person):
        route = "api/strings/<uuid:string_id>"
        labels = {"method": "GET", "route": route, "status": "404"}
        before = scraped()
        wanted = uuid.uuid4()
        for _ in range(3):
            assert alice.client.get(f"/api/strings/{wanted}").status_code == 404
        after = scraped()
        name = "lifestring_http_request_seconds_count"
        assert sample(after, name, **labels) - sample(before, name, **labels) == 3
        queries = "lifestring_http_queries_total"
        assert sample(after, queries, route=route) - sample(before, queries, route=route) == 6
        assert str(wanted) not in str(after)

    def test_addresses_that_are_none_share_one_line(self):
        before = scraped()
        for _ in range(3):
            Client().get(f"/{uuid.uuid4()}")
        name, labels = "lifestring_http_request_seconds_count", {"method": "GET", "route": "none", "status": "404"}
        assert sample(scraped(), name, **labels) - sample(before, name, **labels) == 3

    def test_queues_pool_and_dead_letters_are_looked_up(self):
        broker: Any = dramatiq.get_broker()
        broker.flush_all()
        broker.get_actor("ai.embed_string").send(str(uuid.uuid4()))
        try:
            samples = scraped()
        finally:
            broker.flush_all()
        assert sample(samples, "lifestring_jobs_waiting", queue="embeddings") == 1
        assert 0 <= sample(samples, "lifestring_jobs_oldest_seconds", queue="embeddings") < 10
        assert sample(samples, "lifestring_dead_letters", queue="embeddings") == 0
        assert sample(samples, "lifestring_pool", what="pool_max") == 10

    def test_what_hangs_is_left_out_and_not_asked_again(self, monkeypatch: pytest.MonkeyPatch):
        lookups, end, asked = LookedUp(patience=0.2), threading.Event(), []

        def hangs() -> list[GaugeMetricFamily]:
            asked.append(True)
            end.wait(20)
            return []

        def fails() -> list[GaugeMetricFamily]:
            raise OperationalError

        lookups.looks += [hangs, fails, lambda: [GaugeMetricFamily("answers", "", value=1)]]
        assert [[family.name for family in lookups.collect()] for _ in range(2)] == [["answers"]] * 2
        assert len(asked) == 1
        end.set()

    @pytest.mark.django_db
    def test_while_redis_is_away_the_rest_is_there(self, monkeypatch: pytest.MonkeyPatch):
        broker: Any = dramatiq.get_broker()
        away = RedisBroker(url="redis://127.0.0.1:9/0")
        monkeypatch.setattr(broker, "client", away.client)
        samples = scraped()
        assert not any(name.startswith("lifestring_jobs_waiting") for name, _ in samples)
        assert samples["lifestring_redis_up", frozenset()] == 0
        assert samples["lifestring_database_up", frozenset()] == 1
        assert 0 < sample(samples, "lifestring_database_answer_seconds") < 10
        assert sample(samples, "lifestring_pool", what="pool_max") == 10

    def test_a_worker_counts_and_logs_its_jobs_and_answers_for_itself(self, caplog: pytest.LogCaptureFixture):
        caplog.set_level(logging.INFO, logger="lifestring.jobs")
        caplog.handler.addFilter(RequestIdFilter())
        set_request_id("request-8")
        port = free_port()
        broker = StubBroker(middleware=[Retries(max_retries=0), JobMetrics(port)])

        @dramatiq.actor(broker=broker, actor_name="telemetry.job")
        def job(number: int) -> None:
            if number < 0:
                raise ValueError(number)

        broker.emit_after("process_boot")
        worker = Worker(broker, worker_timeout=20)
        worker.start()
        for number in (1, 2, -1):
            job.send(number)
        broker.join("default", fail_fast=False)
        [done, *_] = [record for record in caplog.records if record.name == "lifestring.jobs"]
        fields = dict(vars(done)["fields"])
        assert fields.pop("duration_ms") >= 0
        assert fields == {"actor": "telemetry.job", "outcome": "done", "queries": 0, "database_ms": 0}
        assert vars(done)["request_id"] == "request-8"
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            samples = read(answer.read().decode())
        worker.stop()
        timed = "lifestring_job_seconds_count"
        assert sample(samples, timed, actor="telemetry.job", outcome="done") == 2
        assert sample(samples, timed, actor="telemetry.job", outcome="failed") == 1
        assert sample(samples, "lifestring_jobs_given_up_total", actor="telemetry.job") == 1

    def test_processes_of_one_address_answer_for_each_other(self, tmp_path: Path):
        count = "from lifestring.telemetry.metrics import CLOSES, SOCKETS; CLOSES.labels('4410').inc(); SOCKETS.inc()"
        show = (
            "from lifestring.telemetry.exposition import registry; from prometheus_client import generate_latest; "
            "print(generate_latest(registry()).decode())"
        )
        environment = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "lifestring.settings"}
        for code in (count, f"import django; django.setup(); {count}; {show}"):
            done = subprocess.run(
                [sys.executable, "-c", code],
                capture_output=True,
                text=True,
                check=True,
                cwd=PROJECT,
                env={**os.environ, **environment},
            )
        assert sample(read(done.stdout), "lifestring_socket_closes_total", code="4410") == 2
        # What was counted stays; the sockets of the one that is gone are not open any more.
        assert sample(read(done.stdout), "lifestring_sockets") == 1


class TestLogs:
    @pytest.mark.django_db
    def test_a_request_is_one_object_without_anything_that_was_said(
        self, alice: Person, caplog: pytest.LogCaptureFixture
    ):
        with caplog.at_level(logging.INFO, logger="lifestring.access"):
            alice.client.post("/api/strings?secret=1", {"content_text": "of my own"}, headers={"X-Request-Id": "a-1"})
        record = caplog.records[-1]
        record.request_id = "a-1"
        line = json.loads(JsonFormatter().format(record))
        assert line.pop("time").endswith("Z")
        assert line.pop("duration_ms") > 0
        assert line.pop("database_ms") > 0
        assert line.pop("message").startswith("POST /api/strings 201 ")
        assert line.pop("queries") > 1
        assert line == {
            "level": "INFO",
            "logger": "lifestring.access",
            "request_id": "a-1",
            "method": "POST",
            "route": "api/strings",
            "status": 201,
            "user_id": str(alice.user_id),
        }

    def test_a_trace_stays_on_one_line_and_quotes_nobody(self):
        secret = "what alice wrote"
        try:
            try:
                raise IntegrityError(f"duplicate key\nDETAIL:  Key (name)=({secret}) already exists.")
            except IntegrityError as error:
                raise RuntimeError("no\nnumber") from error
        except RuntimeError:
            record = logging.LogRecord("lifestring", logging.ERROR, "", 1, "It is %s.", ("so",), sys.exc_info())
        text = JsonFormatter().format(record)
        line = json.loads(text)
        assert "\n" not in text
        assert line["message"] == "It is so."
        assert line["trace"].endswith("RuntimeError: no\nnumber")
        assert f"django.db.utils.IntegrityError: {LEFT_OUT}\nwhich led to:\n" in line["trace"]
        assert "test_telemetry.py" in line["trace"]
        assert secret not in text + LineFormatter().format(record)
