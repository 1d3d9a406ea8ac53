"""Traces from a request to its statements, jobs and models, by OpenTelemetry (docs/operations.md, Traces).

They are off until OTEL_EXPORTER_OTLP_ENDPOINT says where they go; then requirements-tracing.txt has to be installed.
"""

from collections.abc import Mapping, MutableMapping
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from dramatiq.middleware import Middleware
from opentelemetry import context, propagate, trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer

_tracer: Tracer | None = None
_NOTHING = nullcontext(trace.INVALID_SPAN)


def start(endpoint: str) -> None:
    """Send traces there from now on; without an address nothing happens.

    Raises:
        ImproperlyConfigured: what is needed for it is not installed.
    """
    if not endpoint:
        return
    try:
        exporting = import_module("lifestring.telemetry.exporting")
    except ImportError as error:
        raise ImproperlyConfigured(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, and requirements-tracing.txt is not installed."
        ) from error
    use(exporting.provider())


def use(provider: trace.TracerProvider | None) -> None:
    """Have spans made by this provider, or by nobody."""
    global _tracer  # noqa: PLW0603 - one per process, by its nature
    _tracer = None if provider is None else provider.get_tracer("lifestring")


def is_on() -> bool:
    """Whether spans are made at all."""
    return _tracer is not None


def span(
    name: str, kind: SpanKind = SpanKind.INTERNAL, carrier: Mapping[str, str] | None = None, **attributes: Any
) -> AbstractContextManager[Span]:
    """Time a part of the work.

    Args:
        name: what is done, never for whom.
        kind: what it is to the outside.
        carrier: headers that may name the trace this belongs to.
        attributes: by names with `__` for the dots of OpenTelemetry's; nothing that people wrote.
    """
    if _tracer is None:
        return _NOTHING
    parent = None if carrier is None else propagate.extract(carrier)
    return _tracer.start_as_current_span(name, context=parent, kind=kind, attributes=_named(attributes))


def begin(name: str, kind: SpanKind, **attributes: Any) -> Span:
    """Return a span, in the trace of who calls, for who ends it wherever that may be; nothing goes on below it.

    Arguments are those of `span`.
    """
    if _tracer is None:
        return trace.INVALID_SPAN
    return _tracer.start_span(name, kind=kind, attributes=_named(attributes))


def here() -> Context | None:
    """Return the place in the trace, for what goes on elsewhere; None where nothing is traced."""
    return None if _tracer is None else context.get_current()


def go_on(place: Context | None) -> None:
    """Have what this task does from here on belong to a place that `here` returned."""
    if place is not None:
        context.attach(place)


def _named(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {key.replace("__", "."): value for key, value in attributes.items()}


class JobTraces(Middleware):
    """Carries the trace of who enqueues a job to who runs it."""

    KEY = "trace"

    def __init__(self) -> None:
        self._running: dict[str, tuple[Span, Any]] = {}

    def before_enqueue(self, broker: Any, message: Any, delay: Any) -> None:
        """Write the trace into the message; a retry keeps the one it has."""
        if _tracer is not None and self.KEY not in message.options:
            carrier: MutableMapping[str, str] = {}
            propagate.inject(carrier)
            message.options[self.KEY] = carrier

    def before_process_message(self, broker: Any, message: Any) -> None:
        """Begin a span in that trace."""
        if _tracer is not None:
            parent = propagate.extract(message.options.get(self.KEY) or {})
            begun = _tracer.start_span(message.actor_name, context=parent, kind=SpanKind.CONSUMER)
            self._running[message.message_id] = (begun, context.attach(trace.set_span_in_context(begun)))

    def after_process_message(self, broker: Any, message: Any, *, result: Any = None, exception: Any = None) -> None:
        """End it."""
        if message.message_id in self._running:
            begun, token = self._running.pop(message.message_id)
            if exception is not None:
                begun.set_status(Status(StatusCode.ERROR, type(exception).__name__))
            begun.end()
            context.detach(token)

    after_skip_message = after_process_message
