"""docs/threats.md names the tests that hold: they are there, and none of what it must speak of is left out."""

import ast
import re

from lifestring.testing.environment import PROJECT

PAGE = (PROJECT / "docs" / "threats.md").read_text(encoding="utf-8")
NAMED = re.findall(r"[\w/]+\.py(?:::\w+)+", PAGE)


def named_in(path: str) -> set[str]:
    """Every test of a file as pytest calls it."""
    tree = ast.parse((PROJECT / path).read_text(encoding="utf-8"))
    found = set()
    for node in tree.body:
        inner = node.body if isinstance(node, ast.ClassDef) else [node]
        prefix = f"{node.name}::" if isinstance(node, ast.ClassDef) else ""
        found |= {
            prefix + one.name
            for one in inner
            if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) and one.name.startswith("test_")
        }
    return found


def test_every_test_it_names_is_there() -> None:
    assert len(NAMED) > 50
    missing = []
    for named in sorted(set(NAMED)):
        path, _, name = named.partition("::")
        if not (PROJECT / path).is_file() or name not in named_in(path):
            missing.append(named)
    assert not missing


def test_every_line_of_its_tables_names_one() -> None:
    for section in ("Browsers", "OWASP API Security Top 10 (2023)", "OWASP ASVS 5.0"):
        text = PAGE.partition(f"## {section}\n")[2].partition("\n## ")[0]
        rows = [line for line in text.splitlines() if line.startswith("|")][2:]
        assert len(rows) >= 4, section
        assert not [row for row in rows if "::test_" not in row], section


def test_it_goes_through_all_ten_and_what_asvs_asks() -> None:
    assert [f"API{number} " in PAGE for number in range(1, 11)] == [True] * 10
    asked = ("2.3.3", "2.3.4", "2.4.1", "3.4.2", "4.1.3", "4.4.1", "4.4.2", "4.4.3", "4.4.4", "7.4.1", "7.4.2", "7.4.5")
    asked += ("8.2.1", "8.2.2", "8.2.3", "8.3.2", "9.1.1", "9.1.2", "9.1.3", "9.2.1", "9.2.2", "9.2.3")
    asked += ("16.2.5", "16.3.1", "16.5.1", "16.5.2", "16.5.3")
    assert not [item for item in asked if item not in PAGE]
