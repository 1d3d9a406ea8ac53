"""Every route of the product, as a list tests can walk."""

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

WRITES = ("post", "put", "patch", "delete")
_PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>")


@dataclass(frozen=True)
class Route:
    """One URL pattern; `pattern` as in `api/strings/<uuid:string_id>`, `view` the function or class behind it."""

    pattern: str
    view: Any
    methods: tuple[str, ...]

    @property
    def is_api(self) -> bool:
        """Whether DRF serves it."""
        return hasattr(self.view, "cls")

    @property
    def is_open(self) -> bool:
        """Whether it lets everybody in, by what its view declares."""
        if not self.is_api:
            return True
        return any(permission.__name__ == "AllowAny" for permission in self.view.cls.permission_classes)

    def url(self, **values: Any) -> str:
        """An address of it; parameters not given become ids that nothing has."""
        stand_ins = {"uuid": str(uuid.uuid4()), "int": "2147483000", None: "nothing"}

        def fill(found: re.Match[str]) -> str:
            return str(values.get(found[2], stand_ins.get(found[1], "nothing")))

        return "/" + _PARAMETER.sub(fill, self.pattern)

    def __str__(self) -> str:
        return self.pattern


def routes() -> list[Route]:
    """Return all routes outside the admin."""
    return sorted(_walk(get_resolver().url_patterns, ""), key=str)


def _walk(patterns: list[Any], prefix: str) -> Iterator[Route]:
    for entry in patterns:
        place = prefix + str(entry.pattern)
        if place.startswith("admin/"):
            continue
        if isinstance(entry, URLResolver):
            yield from _walk(entry.url_patterns, place)
        elif isinstance(entry, URLPattern):
            actions = getattr(entry.callback, "actions", None)
            cls = getattr(entry.callback, "cls", None)
            methods = tuple(actions) if actions else tuple(m for m in ("get", *WRITES) if hasattr(cls, m))
            yield Route(place, entry.callback, methods)
