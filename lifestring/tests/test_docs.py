"""What the pages say about the tree is true, and what the code says about the pages."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from lifestring.local.state import PROJECT

PAGES = [PROJECT / "README.md", PROJECT / "CHANGELOG.md", *sorted((PROJECT / "docs").rglob("*.md"))]
CODE = ["lifestring", "accounts", "moderation", "strings", "chat", "events", "ai", "deploy", "benchmarks", "tools"]
SUFFIXES = {".py", ".sql", ".sh", ".html", ".toml", ".yml", ".yaml"}
ROOT_FILES = ["Makefile", "Dockerfile", "docker-compose.yml", "pyproject.toml", ".env.example"]
# "docs/api.md, Strings" cites a page and one of its headings; a comma and a capital make the difference to prose.
CITATION = re.compile(r"docs/[\w./-]+?\.md(?:, (?P<heading>Cloud Run|[A-Z][\w-]*(?: [a-z][\w-]*)*|search_path))?")


def name_of(page: Path) -> str:
    return str(page.relative_to(PROJECT))


def headings(page: Path) -> list[str]:
    text = page.read_text(encoding="utf-8")
    return [line.lstrip("# ").strip() for line in text.splitlines() if re.match(r"#{1,4} ", line)]


def files() -> Iterator[Path]:
    for folder in CODE:
        yield from (path for path in sorted((PROJECT / folder).rglob("*")) if path.suffix in SUFFIXES)
    yield from (PROJECT / name for name in ROOT_FILES)
    yield from PAGES


def citations() -> Iterator[tuple[str, str, str]]:
    """Yield (where, page, heading or "") for every page that is named by its path."""
    for path in files():
        for found in CITATION.finditer(path.read_text(encoding="utf-8")):
            yield name_of(path), found[0].partition(", ")[0], found["heading"] or ""


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if not target.startswith(("http://", "https://", "#")):
            assert (page.parent / target.partition("#")[0]).exists(), target


def test_every_page_that_is_named_is_there() -> None:
    missing = {(where, page) for where, page, _ in citations() if not (PROJECT / page).is_file()}

    assert not missing


def test_every_heading_that_is_named_is_there() -> None:
    found = {page: headings(PROJECT / page) for _, page, _ in citations() if (PROJECT / page).is_file()}
    missing = {
        (where, page, heading)
        for where, page, heading in citations()
        # The words that follow may go on after the heading's name.
        if heading and not any(heading == known or heading.startswith(f"{known} ") for known in found.get(page, []))
    }

    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_files_of_ours_that_a_page_names_exist(page: Path) -> None:
    named = re.findall(
        r"`((?:lifestring|accounts|strings|chat|events|ai|deploy|tools|benchmarks)/[\w./-]+)`", page.read_text("utf-8")
    )

    assert not [path for path in named if not (PROJECT / path).exists()]


def test_the_pages_do_not_say_how_they_came_to_be() -> None:
    for page in PAGES:
        assert not re.search(r"\bTODO\b|\bFIXME\b|/work/|/root/", page.read_text(encoding="utf-8")), page


def test_the_map_of_the_tree_names_every_folder() -> None:
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    packages = [path.parent.name for path in PROJECT.glob("*/__init__.py")]

    assert not [name for name in [*packages, *CODE, "docs"] if f"`{name}/`" not in readme]
