"""Tables of what each route answers to whom, and of what it does with ids: read from text, run, and completed.

Each app keeps its own tables in `tests/route_matrix.py`:

- MATRIX: one line per verb and route, one status per role. A query may stand behind the route.
- IDS: one line per id a route takes, in its path, query or body: who asks, then the status where the id is a
  stranger's, nobody's, and one of another kind of thing.
- BODIES: what is sent, by "VERB /route"; `{name}` in it stands for an id.
- things(owner, cast): makes what the owner has in this app, and returns ids by the names routes use.
"""

import json
import re
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any

from django.db import transaction
from rest_framework.test import APIClient

from accounts.models import Suspension
from lifestring.testing.documented import Json, operations, resolved
from lifestring.testing.people import Person, block, connect, make_person
from lifestring.tests.source import APPS, PROJECT

ROLES = ("anonymous", "stranger", "connected", "blocked", "member", "owner", "mod", "admin", "suspended")
VARIANTS = ("a stranger's", "nobody's", "of another kind")
Ids = dict[str, str]


@dataclass(frozen=True)
class Cast:
    """Who asks: alice owns what is asked for, and everybody else is to her what their name says."""

    owner: Person
    stranger: Person
    connected: Person
    blocked: Person
    member: Person
    mod: Person
    admin: Person
    suspended: Person

    def person(self, role: str) -> Person:
        """Return who has a role; nobody is anonymous."""
        found: Person = getattr(self, role)
        return found

    def client(self, role: str) -> APIClient:
        """Return the client of a role."""
        return APIClient() if role == "anonymous" else self.person(role).client


def make_cast() -> Cast:
    """Make them; a member is in alice's room and otherwise a stranger, as are the staff and the suspended."""
    people = {
        name: make_person(name.title()) for name in ("owner", "stranger", "connected", "blocked", "member", "suspended")
    }
    cast = Cast(**people, mod=make_person("Mod", is_mod=True), admin=make_person("Admin", is_admin=True))
    connect(cast.owner, cast.connected)
    block(cast.owner, cast.blocked)
    Suspension.objects.create(user_id=cast.suspended.user_id)
    return cast


@dataclass(frozen=True)
class Line:
    """One line of a table; `answers` are statuses by role or by variant, `name` and `asker` say which id who sends."""

    verb: str
    address: str
    answers: Mapping[str, int]
    name: str = ""
    asker: str = "owner"

    @property
    def route(self) -> str:
        """The route without a query."""
        return self.address.partition("?")[0]

    def __str__(self) -> str:
        return f"{self.verb} {self.address} {self.name}".strip()


def _rows(text: str) -> Iterator[list[str]]:
    """Yield the words of each line that is neither empty nor a heading."""
    for line in text.splitlines():
        if (words := line.split()) and words[0].isupper():
            yield words


def matrix_lines(text: str) -> list[Line]:
    """Read a MATRIX."""
    return [
        Line(verb, address, dict(zip(ROLES, map(int, answers), strict=True))) for verb, address, *answers in _rows(text)
    ]


def id_lines(text: str) -> list[Line]:
    """Read an IDS."""
    return [
        Line(verb, address, dict(zip(VARIANTS, map(int, answers), strict=True)), name, asker)
        for verb, address, name, asker, *answers in _rows(text)
    ]


class World:
    """The cast, and the ids of what alice and the stranger have in every app."""

    def __init__(self) -> None:
        self.cast = make_cast()
        self.ids, self.strangers = self._things(self.cast.owner), self._things(self.cast.stranger)

    def _things(self, owner: Person) -> Ids:
        found: Ids = {}
        for table in tables():
            found |= table.things(owner, self.cast)
        return found


def written(line: Line, found: Mapping[str, int]) -> str:
    """Return a line as it stands in a table, with these answers: what to look at, and to write down where it is right."""
    names = [line.name, line.asker] if line.name else []
    return " ".join([line.verb, line.address, *names, *map(str, found.values())])


def tables() -> list[ModuleType]:
    """Return the apps' tables."""
    there = [app for app in APPS if (PROJECT / app / "tests" / "route_matrix.py").exists()]
    return [import_module(f"{app}.tests.route_matrix") for app in there]


def documented_ids() -> Iterator[tuple[str, str, str]]:
    """Yield (verb, route, name) of every id the OpenAPI document knows: of parameters and, dotted, of bodies."""
    for method, path, operation in operations():
        for parameter in map(resolved, operation["parameters"]):
            if parameter["in"] in {"path", "query"} and parameter["schema"].get("format") == "uuid":
                yield method.upper(), path, parameter["name"]
        if content := operation.get("requestBody", {}).get("content", {}).get("application/json"):
            for name in _uuids(resolved(content["schema"])):
                yield method.upper(), path, f"body.{name}"


def _uuids(schema: Json) -> Iterator[str]:
    for name, field in schema.get("properties", {}).items():
        found = resolved(next((one for one in field.get("oneOf", ()) if one.get("type") != "null"), field))
        if "uuid" in {found.get("format"), resolved(found.get("items", {})).get("format")}:
            yield name
        yield from (f"{name}.{inner}" for inner in _uuids(found))


def filled(body: Any, ids: Ids) -> Any:
    """Return a body with ids in the place of their names in braces."""
    return json.loads(re.sub(r'"{(\w+)}"', lambda found: json.dumps(ids[found[1]]), json.dumps(body)))


def address(line: Line, ids: Ids) -> str:
    """Return a line's address with ids in it."""
    return re.sub(r"{(\w+)}", lambda found: ids[found[1]], line.address)


@contextmanager
def rolled_back() -> Iterator[None]:
    """Undo afterwards whatever is done in here; services may, as in no other transaction, begin theirs."""
    point = transaction.savepoint()
    try:
        yield
    finally:
        transaction.savepoint_rollback(point)


def send(client: APIClient, line: Line, url: str, body: Any) -> Any:
    """Send a line's request."""
    client.raise_request_exception = False
    return getattr(client, line.verb.lower())(url, body)


def variants(name: str, ids: Ids, strangers: Ids) -> dict[str, str]:
    """Return the ids to try in the place of one of alice's."""
    plain = name.removeprefix("body.").rpartition(".")[2]
    other = "string_id" if strangers[plain] == strangers["user"] else "user"
    return dict(zip(VARIANTS, (strangers[plain], str(uuid.uuid4()), ids[other]), strict=True))


def with_id(line: Line, url: str, body: Any, value: str) -> tuple[str, Any]:
    """Return address and body with the line's id in its place of the query or the body."""
    if not line.name.startswith("body."):
        return f"{url}{'&' if '?' in url else '?'}{line.name}={value}", body
    changed = json.loads(json.dumps(body))
    *path, last = line.name.removeprefix("body.").split(".")
    inner = changed
    for step in path:
        inner = inner.setdefault(step, {})
    inner[last] = [value] if isinstance(inner.get(last), list) else value
    return url, changed
