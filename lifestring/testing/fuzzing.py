"""Requests nobody thought of, made from the OpenAPI document, against the application as a server calls it.

Schemathesis makes them, valid ones and broken ones by turns; ids there are take the place of invented ones most of the
time, since an id that leads nowhere tests little. Three things are held: no answer is a fault of ours, each is as the
document says, and what was refused has committed nothing. Nothing is shrunk and nothing stops at the first failure: the
database changes under the requests, so that none of them can be repeated alone.
"""

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import unquote, urlsplit

import pytest
import schemathesis
from django.urls import Resolver404, resolve
from hypothesis import HealthCheck, Phase, given, seed, settings
from requests import Request
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok

from lifestring.postgres.base import DatabaseWrapper
from lifestring.rest_handler import RestHandler
from lifestring.testing import asgi
from lifestring.testing.asserts import assert_error
from lifestring.testing.documented import assert_answer_documented, openapi, template
from lifestring.testing.matrix import ROLES, World, documented_ids
from lifestring.testing.people import make_token

# After so many requests the world is made anew: they delete what is in it.
WORLD_LASTS = 40
ERASING = {"DELETE /api/me", "DELETE /api/users/{user}"}
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
# Four of five requests are alice's.
CALLERS = (*["owner"] * 16, "stranger", "member", "admin", "anonymous")


@dataclass
class Findings:
    """What came of it: answers by operation and status, and one request for each kind of fault."""

    answers: defaultdict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    faults: dict[str, str] = field(default_factory=dict)

    @property
    def requests(self) -> int:
        """How many there were."""
        return sum(sum(counted.values()) for counted in self.answers.values())

    @property
    def never_successful(self) -> set[str]:
        """Operations that no request got through to the end of."""
        return {label for label, counted in self.answers.items() if not any(status < 300 for status in counted)}

    def __str__(self) -> str:
        statuses: Counter[int] = sum(self.answers.values(), Counter())
        counts = ", ".join(f"{status}: {count:,}" for status, count in sorted(statuses.items()))
        return f"{self.requests:,} requests to {len(self.answers)} operations ({counts})"


class Commits:
    """Counts what this process commits; reads, which begin no transaction, are none."""

    count = 0

    @classmethod
    def watch(cls, monkeypatch: pytest.MonkeyPatch) -> None:
        """Begin to count, until the test is over."""
        commit = DatabaseWrapper.commit

        def counted(wrapper: DatabaseWrapper) -> None:
            cls.count += 1
            commit(wrapper)

        monkeypatch.setattr(DatabaseWrapper, "commit", counted)


class Fuzzer:
    """Fuzzes every operation of the document.

    Args:
        app: what is fuzzed; it must see the rows this process commits.
        number: the seed; the same one makes the same requests, but for the ids in them.
    """

    def __init__(self, app: RestHandler, number: int) -> None:
        self.app = app
        self.number = number
        self.dice = random.Random(number)
        self.findings = Findings()
        self.loop = asyncio.new_event_loop()
        self.schema = schemathesis.openapi.from_dict(openapi())
        # Who calls is decided here.
        self.schema.config.generation.with_security_parameters = False
        self.ids: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        for verb, path, name in documented_ids():
            self.ids[verb, path].append(name)
        self.seen: dict[str, dict[str, str]] = {"cursor": {}, "ETag": {}}
        self._begin()

    def run(self, requests: int) -> Findings:
        """Send about so many requests, as many to each operation."""
        operations = [found.ok() for found in self.schema.get_all_operations() if isinstance(found, Ok)]
        share = -(-requests // (len(operations) * len(MODES)))
        try:
            for operation in operations:
                for mode in MODES:
                    self._fuzz(operation.as_strategy(generation_mode=mode), share)
        finally:
            # Which ends what lives as long as the loop does, as `asyncio.run` would.
            self.loop.run_until_complete(self.loop.shutdown_asyncgens())
            self.loop.close()
        return self.findings

    def _begin(self) -> None:
        """Make a world, with everything in it that earlier requests may have deleted."""
        self.world, self.left = World(), WORLD_LASTS
        cast = self.world.cast
        self.people = [str(cast.person(role).user_id) for role in ROLES if role != "anonymous"]

    def _fuzz(self, cases: Any, share: int) -> None:
        @seed(self.number)
        @settings(
            max_examples=share,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=cases)
        def each(case: Case[Any]) -> None:
            self._send(case)

        each()

    def _send(self, case: Case[Any]) -> None:
        if self.left == 0:
            self._begin()
        self.left -= 1
        self._name_things(case)
        request = Request(**case.as_transport_kwargs(base_url="http://testserver")).prepare()
        address = urlsplit(str(request.url))
        path, body = unquote(address.path), request.body or b""
        content = body.encode() if isinstance(body, str) else bytes(cast(bytes, body))
        scope = asgi.scope(
            str(request.method), path, query=address.query.encode(), headers=self._headers(request.headers.items())
        )
        commits = Commits.count
        answer = self.loop.run_until_complete(asgi.serve(self.app, scope, asgi.parts(content)))
        label = f"{case.method.upper()} {case.path}"
        self.findings.answers[label][answer.status_code] += 1
        try:
            check(case.method.lower(), path, answer)
            assert answer.status_code < HTTPStatus.BAD_REQUEST or Commits.count == commits, "refused, and yet written"
        except AssertionError as error:
            kind = f"{label} {answer.status_code} {str(error).splitlines()[0][:120]}"
            sent = f"{request.method} {request.url}\n{dict(request.headers)}\n{content[:2_000]!r}"
            self.findings.faults.setdefault(kind, f"{error}\n{sent}\n{answer.content[:2_000]!r}")
        else:
            self._remember(case, answer)
        if label in ERASING and answer.status_code == HTTPStatus.NO_CONTENT:
            # Whoever was erased signs in no more, and nothing would come of what they send.
            self.left = 0

    def _name_things(self, case: Case[Any]) -> None:
        """Put ids there are, cursors and tags that were answered in the place of invented ones, most of the time."""
        for name in self.ids[case.method.upper(), case.path]:
            plain = name.removeprefix("body.").rpartition(".")[2]
            own, strangers = self.world.ids[plain], self.world.strangers[plain]
            # Where it is about somebody, what one may do depends on who they are to each other.
            mostly = self.dice.choice([own, self.dice.choice(self.people)]) if own == self.world.ids["user"] else own
            value = self.dice.choices([mostly, strangers, None], [7, 1, 2])[0]
            if value is None:
                continue
            if name in case.path_parameters:
                case.path_parameters[name] = value
            elif name in (case.query or {}):
                case.query[name] = value
            elif name.startswith("body.") and isinstance(case.body, dict) and plain in case.body:
                case.body[plain] = [value] if isinstance(case.body[plain], list) else value
        if "cursor" in (case.query or {}) and self.dice.random() < 0.3:
            case.query["cursor"] = self.seen["cursor"].get(case.path, "")
        if case.method.upper() == "GET" and self.dice.random() < 0.1:
            case.headers["If-None-Match"] = self.seen["ETag"].get(case.path, "*")

    def _headers(self, generated: Iterable[tuple[str, str | bytes]]) -> list[tuple[str, str]]:
        caller = self.dice.choice(CALLERS)
        person = None if caller == "anonymous" else self.world.cast.person(caller)
        own = {"authorization", "connection", "host"}
        sent = [
            (name, value.decode("latin-1") if isinstance(value, bytes) else value)
            for name, value in generated
            if name.lower() not in own
        ]
        return [*sent, ("Authorization", f"Bearer {make_token(person.user_id)}")] if person else sent

    def _remember(self, case: Case[Any], answer: asgi.Answer) -> None:
        if case.method.upper() != "GET" or answer.status_code != HTTPStatus.OK:
            return
        if "ETag" in answer.headers:
            self.seen["ETag"][case.path] = answer.headers["ETag"]
        # The frontend's flat shapes have no cursors.
        if "cursor" in (case.query or {}) and (found := answer.json().get("meta", {}).get("next_cursor")):
            self.seen["cursor"][case.path] = found


def check(method: str, path: str, answer: asgi.Answer) -> None:
    """Fail unless an answer is no fault of ours and one that the document describes."""
    assert answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR, "a fault of ours"
    if answer.status_code >= HTTPStatus.BAD_REQUEST:
        assert_error(answer, answer.status_code)
    try:
        route = template(resolve(path.rstrip("/") or "/").route)
    except Resolver404:
        assert answer.status_code == HTTPStatus.NOT_FOUND, "an address that is not served"
        return
    if answer.status_code != HTTPStatus.METHOD_NOT_ALLOWED or method in openapi()["paths"].get(route, {}):
        assert_answer_documented(method, route, answer)
