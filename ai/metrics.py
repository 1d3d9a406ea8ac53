"""What is counted of models, and looked up about their money (docs/operations.md, Metrics).

Labels are the names of the configured models, never what somebody sent.
"""

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.cache import cache
from prometheus_client import Counter, Histogram
from prometheus_client.core import GaugeMetricFamily

from ai.models import Spending
from lifestring.telemetry.looks import Gauges, gauge

CALL_BUCKETS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0)
CALLS = Histogram(
    "lifestring_model_call_seconds",
    "How long calls of models took, to the last byte.",
    ["kind", "model", "outcome"],
    buckets=CALL_BUCKETS,
)
TOKENS = Counter("lifestring_model_tokens_total", "Tokens `read`, of these `cached`, and `written`.", ["model", "what"])
COST = Counter("lifestring_model_cost_dollars_total", "What calls of models cost.", ["model"])

_LAST_COUNT = "metrics:embeddings-stale"
# Two sweeps may fail before nothing is known any more.
_KEPT_SECONDS = 1800


def keep_stale(counted: dict[str, int]) -> None:
    """Keep how many things of each kind lack a right vector; counted by the sweep, since it takes too long for a reader."""
    cache.set(_LAST_COUNT, counted, _KEPT_SECONDS)


@gauge
def _stale() -> Gauges:
    counted: dict[str, int] | None = cache.get(_LAST_COUNT) if settings.EMBEDDINGS else None
    found = GaugeMetricFamily(
        "lifestring_embeddings_stale", "Things whose embedding is missing or outdated.", labels=["kind"]
    )
    for kind, count in (counted or {}).items():
        found.add_metric([kind], count)
    return [found]


@gauge
def _budget() -> Gauges:
    today = Spending.objects.filter(day=datetime.now(UTC).date())
    spent: Any = today.values_list("spent", flat=True).first() or 0
    budget = settings.AI_DAILY_BUDGET
    return [
        GaugeMetricFamily("lifestring_model_budget_dollars", "What models may cost in a day.", value=float(budget)),
        GaugeMetricFamily(
            "lifestring_model_budget_left_dollars",
            "What is left of today's, answers under way at the most they can cost.",
            value=float(budget - spent),
        ),
    ]
