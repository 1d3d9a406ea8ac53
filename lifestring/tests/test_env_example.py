""".env.example explains every variable, and says the defaults that hold."""

import re

import pytest
from django.core.exceptions import ImproperlyConfigured

from lifestring.local.state import PROJECT
from lifestring.tests.test_config import PRODUCTION, load_from, names_in_config

# Read by docker-compose.yml and deploy/entrypoint.sh, not by the service.
CONTAINER_ONLY = {"POSTGRES_PASSWORD", "WEB_CONCURRENCY", "PORT", "GRACE_SECONDS", "SITE"}


def example() -> dict[str, str]:
    """What the file sets, as a shell or docker compose would read it."""
    lines = (PROJECT / ".env.example").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_it_names_every_variable_and_no_other() -> None:
    assert set(example()) == names_in_config() | CONTAINER_ONLY


def test_each_variable_is_explained_just_above_it() -> None:
    lines = (PROJECT / ".env.example").read_text(encoding="utf-8").splitlines()

    for number, line in enumerate(lines):
        if re.match(r"[A-Z_]+=", line):
            assert lines[number - 1].startswith("# "), line


def test_the_configuration_page_names_every_variable() -> None:
    page = (PROJECT / "docs" / "configuration.md").read_text(encoding="utf-8")

    for name in example():
        assert f"`{name}`" in page, name


def test_the_compose_file_asks_for_nothing_else() -> None:
    compose = (PROJECT / "docker-compose.yml").read_text(encoding="utf-8")

    assert set(re.findall(r"\$\{([A-Z_]+)", compose)) <= set(example())


def test_its_values_are_the_defaults() -> None:
    filled_in = {name: value for name, value in example().items() if name not in CONTAINER_ONLY} | PRODUCTION

    assert load_from(filled_in) == load_from(PRODUCTION)


def test_it_can_not_be_used_without_being_filled_in() -> None:
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY"):
        load_from(example())
