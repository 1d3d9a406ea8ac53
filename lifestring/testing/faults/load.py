"""The clients of the fault matrix: each does one kind of thing again and again, repeats what was not answered under the
same key, and knows what the right answer is.
"""

import asyncio
import contextlib
import time
import uuid
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import httpx2

from lifestring.testing.faults.books import Books
from lifestring.testing.faults.world import World
from lifestring.testing.jwks_server import ec_key

# So long a client waits for an answer, and between two things it does.
PATIENCE_SECONDS = 12.0
PAUSES = (0.15, 0.4)
# So many right answers of a kind, one after the other, and it has recovered.
IN_A_ROW = 3
# Refusals that say "later", and those of a model whose answer broke off.
LATER = {"unavailable", "auth_unavailable", "ai_unavailable", "ai_busy"}
BROKEN_OFF = "ai_failed"

Step = Callable[[], Coroutine[Any, Any, None]]


class AwayError(Exception):
    """No answer, or one that says to come back later."""


class WrongError(Exception):
    """An answer that must not be."""


@dataclass
class Kind:
    """One kind of thing that is done, and how it went.

    Args:
        name: what it is.
        step: does it once; AwayError and WrongError say that it did not go right.
        last_failure: when it last did not, None if it always did.
        since: when the first right answer after that came; None before there is one.
        row: right answers since.
    """

    name: str
    step: Step
    last_failure: float | None = None
    since: float | None = None
    row: int = 0
    said: str = ""

    def failed(self, why: str) -> None:
        """Note that it did not go right."""
        self.last_failure, self.since, self.row, self.said = time.monotonic(), None, 0, why

    def went_right(self) -> None:
        """Note that it did."""
        self.since = self.since or time.monotonic()
        self.row += 1

    def begin_again(self) -> None:
        """Count anew from here on."""
        self.since, self.row = None, 0


@dataclass
class Clients:
    """All clients of one row.

    Args:
        world: what they talk to.
        books: what they were promised.
        kinds: what they do.
        wrong: what must not have been answered.
    """

    world: World
    books: Books
    kinds: list[Kind] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    over: bool = False
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Make what they speak with."""
        self.http = httpx2.AsyncClient(timeout=PATIENCE_SECONDS)
        self.rng = self.world.rng
        signer = self.world.outside.signer
        self.tokens = {person: signer.token(person) for person in self.books.people}
        # Of the right name, and not theirs.
        self.forged = ec_key(signer.published[0].kid)

    def begin(self) -> None:
        """Set them going."""
        self._tasks = [asyncio.create_task(self._go_on(kind)) for kind in self.kinds]

    async def end(self) -> None:
        """Let each finish what it is at."""
        self.over = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS + 5):
                await asyncio.gather(*self._tasks)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.http.aclose()

    async def _go_on(self, kind: Kind) -> None:
        while not self.over:
            try:
                await kind.step()
            except AwayError as why:
                kind.failed(str(why))
            except WrongError as why:
                kind.failed(str(why))
                self.wrong.append(f"{kind.name}: {why}")
            else:
                kind.went_right()
            await asyncio.sleep(self.rng.uniform(*PAUSES))

    async def until_all_go_right(self, seconds: float) -> None:
        """Wait until every kind went right a few times running.

        Raises:
            TimeoutError: one does not, in so many seconds.
        """
        deadline = time.monotonic() + seconds
        while late := [kind for kind in self.kinds if kind.row < IN_A_ROW]:
            if time.monotonic() > deadline:
                raise TimeoutError("; ".join(f"{kind.name}: {kind.said or 'no answer yet'}" for kind in late))
            await asyncio.sleep(0.05)

    def person(self) -> uuid.UUID:
        """Anybody."""
        return self.rng.choice(self.books.people)

    async def ask(
        self, person: uuid.UUID, method: str, path: str, body: Any = None, *, key: str = "", token: str = ""
    ) -> httpx2.Response:
        """Ask one of the web processes once, as a balancer would have it.

        Raises:
            AwayError: there is no answer, or it says to come back.
            WrongError: it is an error of the server's that nobody was told of.
        """
        if not self.world.web:
            raise AwayError("no web process is there")
        headers = {"Authorization": f"Bearer {token or self.tokens[person]}"} | (
            {"Idempotency-Key": key} if key else {}
        )
        url = f"http://127.0.0.1:{self.rng.choice(self.world.web).port}/api{path}"
        try:
            answer = await self.http.request(method, url, json=body, headers=headers)
        except httpx2.HTTPError as error:
            raise AwayError(f"{method} {path}: {type(error).__name__}") from error
        if answer.status_code >= 500:
            raise _not_now(answer, f"{method} {path}")
        return answer


def _not_now(answer: httpx2.Response, what: str) -> AwayError | WrongError:
    """An answer of 5xx says that one may come back, and when (docs/api.md, Errors); anything else is wrong."""
    said = f"{what}: {answer.status_code} {answer.text[:200]}"
    try:
        code = answer.json()["code"]
    except (ValueError, KeyError, TypeError):
        return WrongError(said)
    is_later = answer.status_code == 503 and code in LATER and "Retry-After" in answer.headers
    return AwayError(said) if is_later or (answer.status_code == 502 and code == BROKEN_OFF) else WrongError(said)


def expect(answer: httpx2.Response, *statuses: int) -> Any:
    """Return what an answer says, which must have one of these statuses."""
    if answer.status_code not in statuses:
        request = answer.request
        raise WrongError(f"{request.method} {request.url.path}: {answer.status_code} {answer.text[:200]}")
    return answer.json() if answer.content else None


def hold(fact: bool, sentence: str) -> None:  # noqa: FBT001 - an assertion
    """Say that an answer is wrong where it is."""
    if not fact:
        raise WrongError(sentence)
