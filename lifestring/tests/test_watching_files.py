"""The dashboard, the alerts and the runbook agree with each other and with what the product tells (docs/operations.md)."""

import json
import re
from typing import Any

import pytest
import yaml
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from ai.metrics import keep_stale
from lifestring.testing.environment import PROJECT

TOKEN = "a-secret-of-the-scraper"
PROMETHEUS = PROJECT / "deploy" / "prometheus"
METRIC = re.compile(r"\blifestring_\w+")
# What may stand in braces behind a name: comparisons of labels with texts.
SELECTOR = re.compile(r'\{((?:\w+(?:=|!=|=~|!~)"[^"]*",? ?)*)\}')
FUNCTIONS = {
    *("absent", "and", "by", "clamp_min", "count", "histogram_quantile", "increase", "le", "max", "min", "on", "or"),
    *("rate", "sum", "topk", "unless", "up", "vector", "label_values"),
}
LABELS = {
    *("actor", "code", "direction", "instance", "job", "kind", "le", "limit", "method", "model", "outcome", "queue"),
    *("route", "status", "what"),
}


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((PROMETHEUS / "alerts.yaml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    board: dict[str, Any] = json.loads((PROJECT / "deploy" / "grafana" / "lifestring.json").read_text())
    return list(board["panels"])


def expressions() -> list[str]:
    targets = [target["expr"] for panel in panels() for target in panel.get("targets", [])]
    assert len(targets) > 30
    return [*targets, *(rule["expr"] for rule in rules())]


@pytest.fixture
def told(settings: Any, db: None) -> dict[str, set[str]]:
    """The names of the series of each metric that a process of the product answers with, whatever has happened so far."""
    settings.METRICS_TOKEN = TOKEN
    settings.EMBEDDINGS = True
    keep_stale({"strings": 0})
    answer = Client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(answer.content.decode()):
        if family.name.startswith("lifestring_") and not family.name.endswith("_created"):
            name = f"{family.name}_total" if family.type == "counter" else family.name
            suffixes = ("_bucket", "_count", "_sum") if family.type == "histogram" else ("",)
            found[name] = {f"{name}{suffix}" for suffix in suffixes}
    return found


def test_every_metric_that_is_asked_for_is_told(told: dict[str, set[str]]):
    asked = {name for expression in expressions() for name in METRIC.findall(expression)}
    assert len(asked) > 25
    assert asked <= set[str]().union(*told.values())


def test_every_metric_that_is_told_is_explained_and_no_other(told: dict[str, set[str]]):
    lines = (PROJECT / "docs" / "operations.md").read_text().splitlines()
    assert {name for line in lines if line.startswith("| `lifestring_") for name in METRIC.findall(line)} == set(told)


def test_expressions_are_made_of_what_prometheus_knows():
    for expression in expressions():
        check(expression)


def check(expression: str) -> None:
    for opening, closing in ("()", "{}", "[]"):
        assert expression.count(opening) == expression.count(closing)
    compared = SELECTOR.findall(expression)
    assert len(compared) == expression.count("{")
    assert set(re.findall(r"(\w+)(?:=~|!~|!=|=)\"", expression)) <= LABELS
    grouped = " ".join(re.findall(r"\b(?:by|on) \(([^)]*)\)", expression))
    assert set(re.findall(r"\w+", grouped)) <= LABELS
    # A rate is of something that only grows, over a span of time.
    for inner in re.findall(r"\b(?:rate|increase)\(([^)]*)\)", expression):
        assert re.fullmatch(r"lifestring_\w+_(total|count|bucket)(\{.*\})?\[(\$__rate_interval|\d+[mh])\]", inner), (
            inner
        )
    bare = re.sub(r"\{[^}]*\}|\[[^]]*\]|\b(?:by|on) \([^)]*\)", " ", expression)
    assert {word for word in re.findall(r"[a-z_]+", bare) if not word.startswith("lifestring_")} <= FUNCTIONS


def test_every_alert_has_its_section_in_the_runbook_and_every_section_its_alert():
    text = (PROJECT / "docs" / "runbook.md").read_text()
    sections = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL))
    assert list(sections) == [rule["alert"] for rule in rules()]
    for rule in rules():
        assert rule["annotations"]["runbook_url"] == f"docs/runbook.md#{rule['alert'].lower()}"
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert rule["annotations"]["summary"]
        assert re.fullmatch(r"\d+[mh]", rule["for"])
        parts = re.findall(r"^\*\*(.+?):?\*\*", sections[rule["alert"]], re.MULTILINE)
        assert parts == ["Means", "Look first", "Do", "Over when"], rule["alert"]


def test_the_dashboard_can_be_imported_anywhere():
    board = json.loads((PROJECT / "deploy" / "grafana" / "lifestring.json").read_text())
    assert (
        board["templating"]["list"][0] | {"type": "datasource", "name": "datasource"} == board["templating"]["list"][0]
    )
    assert len({panel["id"] for panel in panels()}) == len(panels())
    for panel in panels():
        if panel["type"] != "row":
            assert panel["datasource"]["uid"] == "${datasource}"
            assert all(target["datasource"]["uid"] == "${datasource}" for target in panel["targets"])
    rows = [panel["title"] for panel in panels() if panel["type"] == "row"]
    assert rows == ["Traffic", "Latency", "Errors", "Sockets", "Jobs", "AI and money", "Database and Redis"]


def test_the_scraper_of_the_example_comes_in_by_the_doors_there_are():
    given = yaml.safe_load((PROMETHEUS / "prometheus.yaml").read_text())
    web, worker = given["scrape_configs"]
    assert web["metrics_path"] == "/metrics"
    assert given["rule_files"] == ["alerts.yaml"]
    jobs = {web["job_name"], worker["job_name"]}
    named = {name for expression in expressions() for name in re.findall(r'job="([\w-]+)"', expression)}
    assert named == jobs
