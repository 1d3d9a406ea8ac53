"""`make sizes`: hold modules and functions to their budgets (lines), so that nothing grows beyond one reading.

A function's docstring is not counted: explaining more must never be the way to break a budget.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
PLACES = [
    "lifestring",
    "accounts",
    "moderation",
    "strings",
    "chat",
    "events",
    "ai",
    "benchmarks",
    "tools",
    "conftest.py",
]
MODULE, FUNCTION = 400, 40
TEST_MODULE, TEST_FUNCTION = 600, 60


def is_test(path: Path) -> bool:
    """Whether the budgets of tests apply."""
    return "tests" in path.parts or path.name == "conftest.py"


def function_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from `def` to the end, without the docstring."""
    total = (function.end_lineno or function.lineno) - function.lineno + 1
    if ast.get_docstring(function) is None:
        return total
    docstring = function.body[0]
    return total - ((docstring.end_lineno or docstring.lineno) - docstring.lineno + 1)


def too_long(path: Path) -> Iterator[str]:
    """Yield one line for each budget a module breaks."""
    text = path.read_text(encoding="utf-8")
    module, function = (TEST_MODULE, TEST_FUNCTION) if is_test(path) else (MODULE, FUNCTION)
    where = path.relative_to(PROJECT)
    if (lines := text.count("\n")) > module:
        yield f"{where}: {lines} lines, {module} allowed"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (lines := function_lines(node)) > function:
            yield f"{where}:{node.lineno}: {node.name} has {lines} lines, {function} allowed"


def main() -> int:
    """Check every module of ours; migrations are generated and free."""
    places = [PROJECT / place for place in PLACES]
    modules = [path for place in places for path in (place.rglob("*.py") if place.is_dir() else [place])]
    found = [
        line for path in sorted(modules) if path.exists() and "migrations" not in path.parts for line in too_long(path)
    ]
    print("\n".join(found) if found else f"{len(modules)} modules are within their budgets.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
