"""Spans to a collector, by OTLP over HTTP; only imported where requirements-tracing.txt is installed."""

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor


def provider() -> TracerProvider:
    """Return what makes spans and sends them, in batches; the address it reads from OTEL_EXPORTER_OTLP_ENDPOINT."""
    made = TracerProvider(resource=Resource.create({"service.name": "lifestring"}))
    made.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return made
