"""The project's own source as syntax trees, for tests that hold the house rules."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import cast

PROJECT = Path(__file__).resolve().parents[2]
APPS = ("lifestring", "accounts", "moderation", "strings", "chat", "events", "ai")


@dataclass(frozen=True)
class Module:
    """One Python file of the project; `path` is relative to the project."""

    path: Path

    def __str__(self) -> str:
        return self.path.as_posix()

    @property
    def app(self) -> str:
        """The app it belongs to."""
        return self.path.parts[0]

    @property
    def is_test(self) -> bool:
        """Whether only test runs load it."""
        return "tests" in self.path.parts or self.path.parts[:2] == ("lifestring", "testing")

    @cached_property
    def text(self) -> str:
        """Its source."""
        return (PROJECT / self.path).read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax."""
        return ast.parse(self.text)

    def at(self, node: ast.AST) -> str:
        """Where a node is, for a message."""
        return f"{self}:{getattr(node, 'lineno', 0)}"

    def within(self, *places: str) -> bool:
        """Whether it is one of these files, or below one of these folders (which end in a slash)."""
        return any(str(self) == place or (place.endswith("/") and str(self).startswith(place)) for place in places)

    @cached_property
    def method_calls(self) -> list[tuple[ast.Call, str]]:
        """Each method call with the method's name."""
        return [
            (node, node.func.attr)
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        ]

    @cached_property
    def calls(self) -> list[tuple[ast.Call, str, str]]:
        """Each method call with the method's name and the source of what it is called on."""
        return [(node, name, ast.unparse(cast(ast.Attribute, node.func).value)) for node, name in self.method_calls]

    def imports(self) -> Iterator[tuple[ast.stmt, str]]:
        """Yield each import statement with the name of the module it loads."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom):
                yield node, node.module or ""
            elif isinstance(node, ast.Import):
                for alias in node.names:
                    yield node, alias.name

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Yield every function, methods and inner ones included."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node


@cache
def modules(*, tests: bool = False) -> list[Module]:
    """Return the project's modules without migrations; those of tests only where asked for."""
    found = [Module(path.relative_to(PROJECT)) for app in APPS for path in sorted((PROJECT / app).rglob("*.py"))]
    return [module for module in found if "migrations" not in module.path.parts and (tests or not module.is_test)]


def modules_of_tests() -> list[Module]:
    """Return everything below the folders named `tests`."""
    return [module for module in modules(tests=True) if "tests" in module.path.parts]


def text_files() -> Iterator[Path]:
    """Yield every file people read in this repository: source, documents, configuration."""
    kinds = {".py", ".md", ".toml", ".ini", ".txt", ".sql", ".yml", ".yaml", ".example", ".cfg", ".json", ".js", ".mjs"}
    skipped = {".venv", ".venv-load", ".git", ".lifestring", "node_modules", "staticfiles"}
    for entry in sorted(PROJECT.iterdir()):
        if entry.name in skipped or entry.name.endswith("_cache"):
            continue
        for path in sorted(entry.rglob("*")) if entry.is_dir() else [entry]:
            if (
                path.is_file()
                and not skipped & set(path.parts)
                and (path.suffix in kinds or path.name in {"Makefile", "Dockerfile"})
            ):
                yield path
