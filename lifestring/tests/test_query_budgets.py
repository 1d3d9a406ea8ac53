"""Every read of the product has a budget of queries, in `tests/test_query_budgets.py` of the app it belongs to."""

from importlib import import_module

from lifestring.testing.documented import routes
from lifestring.testing.queries import plain
from lifestring.tests.source import APPS, PROJECT

# Reads that ask no database, or are not the product's own.
ELSEWHERE = {"/api/schema", "/api/live-schema", "/api/docs"}


def budgets() -> set[str]:
    """The addresses that have one, without their queries."""
    there = [app for app in APPS if (PROJECT / app / "tests" / "test_query_budgets.py").exists()]
    names = [f"{app}.tests.test_query_budgets" for app in there]
    modules = map(import_module, names)
    return {plain(address) for module in modules for address in getattr(module, "BUDGETS", ())}


def test_every_read_has_a_budget():
    reads = {path for method, path in routes() if method == "get" and path.startswith("/api/")}
    assert reads - ELSEWHERE == budgets()
