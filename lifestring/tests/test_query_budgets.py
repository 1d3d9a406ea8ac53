"""Every read of the product has a budget of queries, in a `tests/test_*_budgets.py` of the app it belongs to."""

from importlib import import_module

from lifestring.testing.documented import routes
from lifestring.testing.queries import plain
from lifestring.tests.source import APPS, PROJECT

# Reads that ask no database, or are not the product's own.
ELSEWHERE = {"/api/schema", "/api/live-schema", "/api/docs"}


def budgets() -> set[str]:
    """The addresses that have one, without their queries."""
    files = [path for app in APPS for path in (PROJECT / app / "tests").glob("test_*_budgets.py")]
    names = [".".join(path.relative_to(PROJECT).with_suffix("").parts) for path in files]
    modules = map(import_module, names)
    found = [getattr(module, name, ()) for module in modules for name in ("BUDGETS", "CALENDARS")]
    return {plain(address) for addresses in found for address in addresses}


def test_every_read_has_a_budget():
    reads = {path for method, path in routes() if method == "get" and path.startswith("/api/")}
    assert reads - ELSEWHERE == budgets()
