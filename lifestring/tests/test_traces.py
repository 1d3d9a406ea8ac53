"""Traces and errors on their way out: what is told, and what never is (docs/operations.md)."""

import gzip
import json
import logging
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import dramatiq
import pytest
import sentry_sdk
from django.core.exceptions import ImproperlyConfigured
from dramatiq import Worker
from dramatiq.brokers.stub import StubBroker
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sentry_sdk.integrations.logging import EventHandler

from lifestring.context import set_request_id
from lifestring.telemetry import errors, exporting, tracing
from lifestring.telemetry.logs import LEFT_OUT
from lifestring.telemetry.tracing import JobTraces
from lifestring.testing.people import Person

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SECRET = "what alice wrote"


def named(spans: InMemorySpanExporter, name: str) -> list[ReadableSpan]:
    return [span for span in spans.get_finished_spans() if span.name == name]


@pytest.mark.django_db
def test_a_request_and_its_statements_are_one_trace_that_the_client_may_have_begun(
    alice: Person, spans: InMemorySpanExporter
):
    headers = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
    answer = alice.client.post(f"/api/strings?note={SECRET}", {"content_text": SECRET}, headers=headers)
    assert answer.status_code == 201
    [request] = named(spans, "POST api/strings")
    queries = named(spans, "query")
    assert queries
    for span in [request, *queries]:
        assert span.context is not None
        assert f"{span.context.trace_id:032x}" == TRACE
    attributes = dict(request.attributes or {})
    assert attributes == {"http.route": "api/strings", "http.response.status_code": 201}
    assert any("INSERT INTO" in str((query.attributes or {})["db.query.text"]) for query in queries)
    assert SECRET not in "".join(span.to_json() for span in spans.get_finished_spans())


def test_a_job_goes_on_with_the_trace_of_who_sent_it(spans: InMemorySpanExporter):
    broker = StubBroker(middleware=[JobTraces()])

    @dramatiq.actor(broker=broker, actor_name="traces.job")
    def job(number: int) -> None:
        with tracing.span("inner"):
            if number < 0:
                raise ValueError(SECRET)

    worker = Worker(broker, worker_timeout=20)
    worker.start()
    with tracing.span("request"):
        job.send(1)
        job.send(-1)
    broker.join("default", fail_fast=False)
    worker.stop()
    [request] = named(spans, "request")
    assert request.context is not None
    runs, inner = named(spans, "traces.job"), named(spans, "inner")
    assert len(runs) == len(inner) == 2
    assert {span.context.trace_id for span in [*runs, *inner] if span.context} == {request.context.trace_id}
    assert sorted(run.status.is_ok for run in runs) == [False, True]
    assert {run.status.description for run in runs} == {None, "ValueError"}


def test_without_an_address_nothing_is_traced():
    tracing.start("")
    assert not tracing.is_on()
    with tracing.span("nothing") as span:
        assert not span.is_recording()


def test_with_an_address_spans_go_there(monkeypatch: pytest.MonkeyPatch, collector: tuple[str, list[bytes]]):
    address, received = collector
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address.replace("key@", "").removesuffix("/1"))
    provider = exporting.provider()
    tracing.use(provider)
    with tracing.span("a span of ours"):
        pass
    provider.shutdown()
    tracing.use(None)
    assert any(b"a span of ours" in body for body in received)


def test_an_address_without_the_packages_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "lifestring.telemetry.exporting", None)
    with pytest.raises(ImproperlyConfigured, match=r"requirements-tracing\.txt"):
        tracing.start("http://127.0.0.1:9")


@pytest.fixture
def collector() -> Iterator[tuple[str, list[bytes]]]:
    """A server that takes what the SDKs send."""
    received: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            packed = self.headers.get("Content-Encoding") == "gzip"
            received.append(gzip.decompress(body) if packed else body)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://key@127.0.0.1:{server.server_port}/1", received
    sentry_sdk.get_client().close(timeout=2)
    for handler in [one for one in logging.getLogger().handlers if isinstance(one, EventHandler)]:
        logging.getLogger().removeHandler(handler)
    sentry_sdk.get_global_scope().set_client(None)
    server.shutdown()
    server.server_close()


def test_an_error_is_reported_once_with_its_request_and_nothing_that_was_written(collector: tuple[str, list[bytes]]):
    address, received = collector
    errors.report_to(address)
    set_request_id("request-7")
    private = SECRET
    try:
        raise ValueError(f"no number: {SECRET}")
    except ValueError:
        logging.getLogger("lifestring").exception("it failed", extra={"request": SECRET})
        logging.getLogger("lifestring").warning("this is none: %s", private)
    sentry_sdk.flush(timeout=5)
    [envelope] = [body.decode() for body in received]
    event = json.loads(envelope.splitlines()[-1])
    assert event["exception"]["values"][0]["type"] == "ValueError"
    assert event["exception"]["values"][0]["value"] == LEFT_OUT
    assert event["tags"]["request_id"] == "request-7"
    assert SECRET not in envelope
    assert not event.get("breadcrumbs", {}).get("values")
    assert not event.get("server_name")
