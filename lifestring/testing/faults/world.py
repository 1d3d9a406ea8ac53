"""All of the product's processes on servers that can be broken, and somebody who starts again what has ended."""

import asyncio
import contextlib
import os
import random
import subprocess
import sys
import uuid
from collections.abc import Collection, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, NamedTuple

import psutil
import psycopg
import redis

from lifestring.local.plan import WORKER
from lifestring.local.ports import free_port
from lifestring.testing.environment import PROJECT, ServerProcess
from lifestring.testing.faults.identity import AuthServer, Signer
from lifestring.testing.jwks_server import ec_key
from lifestring.testing.openai_server import ModelServer, serve_models
from lifestring.testing.pgbouncer import Pooler
from lifestring.testing.web_servers import WebServer, start

APPLICATION = "lifestring.asgi:application"
SHIFTED = "lifestring.testing.faults.shifted:application"
SCHEDULER_LOCK = "dramatiq-scheduler"
JOBS = {"worker": [sys.executable, "-m", *WORKER], "scheduler": [sys.executable, "manage.py", "crontab"]}
LOOK_SECONDS = 0.1
# However busy the machine is.
START_SECONDS = 120.0


class Outside:
    """What is outside of the product: who keeps accounts and keys, and the model."""

    def __init__(self) -> None:
        self.signer = Signer()
        self.keys, self.auth = AuthServer(self.signer), AuthServer(self.signer)
        self.signer.issuer = f"{self.auth.url}/auth/v1"
        self._model_port = free_port()
        self._models = ExitStack()
        self.models: ModelServer = ModelServer()

    def open(self) -> None:
        """Have all of it answer."""
        self.keys.open()
        self.auth.open()
        self.open_models()

    def close(self) -> None:
        """Have nothing answer."""
        self.keys.close()
        self.auth.close()
        self.close_models()

    def open_models(self) -> None:
        """Have the model answer."""
        self.models = self._models.enter_context(serve_models(self._model_port))

    def close_models(self) -> None:
        """Have nobody listen where the model was."""
        self._models.close()

    def environment(self) -> dict[str, str]:
        """The variables by which the product finds it, with limits that the load does not come near."""
        classes = ("address", "auth", "read", "write", "ai", "export")
        limits = ", ".join(f'"{name}": "1000000/60"' for name in classes)
        return {
            "SUPABASE_URL": self.auth.url,
            "SUPABASE_JWT_ISSUER": self.signer.issuer,
            "SUPABASE_JWKS_URL": f"{self.keys.url}/auth/v1/.well-known/jwks.json",
            "OPENAI_BASE_URL": f"http://127.0.0.1:{self._model_port}/v1",
            "OPENAI_API_KEY": "sk-test",
            "AI_MESSAGES_PER_HOUR": "1000000",
            "AI_MESSAGES_PER_DAY": "1000000",
            "AI_DAILY_BUDGET": "1000000",
            "RATE_LIMITS": f"{{{limits}}}",
        }


class Ground(NamedTuple):
    """What a world stands on.

    Args:
        servers: what keeps PostgreSQL and Redis.
        variables: of the environment of its processes, beside the tests' own.
        room: the folder of a disk with hardly any room, where the servers keep what they hold, if there is one.
        pooler: what stands in front of PostgreSQL, if anything does.
    """

    servers: ServerProcess
    variables: dict[str, str]
    room: Path | None = None
    pooler: Pooler | None = None


class World:
    """Web processes, a worker and a scheduler; what ends is started again at once, as any host does.

    Args:
        ground: what it stands on.
        outside: accounts, keys and the model.
        rng: what chance there is.
        web_servers: how many web processes.
        jobs: which other processes.
    """

    def __init__(
        self,
        ground: Ground,
        outside: Outside,
        rng: random.Random,
        *,
        web_servers: int = 2,
        jobs: Collection[str] = ("worker", "scheduler"),
    ) -> None:
        self.servers, self.variables, self.room, self.pooler = ground
        self.outside, self.rng = outside, rng
        self.web_servers, self.jobs = web_servers, jobs
        self.web: list[WebServer] = []
        # What the next web process is told beside all others', and its application.
        self.next_web: tuple[str, dict[str, str]] = (APPLICATION, {})
        # Locks of schedulers that are dead: such a one proves nothing.
        self.dead_locks: set[bytes] = set()
        self._jobs: dict[str, subprocess.Popen[bytes]] = {}
        self._logs: list[IO[bytes]] = []
        self._watch: asyncio.Task[None] | None = None
        self._starting: set[asyncio.Task[None]] = set()
        self.redis = redis.Redis.from_url(os.environ["REDIS_URL"], socket_timeout=1, socket_connect_timeout=1)

    async def __aenter__(self) -> "World":
        """Start everything."""
        try:
            for name in self.jobs:
                self._start_job(name)
            await asyncio.gather(*(self._start_web() for _ in range(self.web_servers)))
        except BaseException:
            await self.__aexit__()
            raise
        self._watch = asyncio.create_task(self._keep_running())
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop everything that was started here."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, *self._starting, return_exceptions=True)
        processes = [*self._jobs.values(), *(server.process for server in self.web)]
        for process in processes:
            process.terminate()
        for process in processes:
            try:
                await asyncio.to_thread(process.wait, 15)
            except subprocess.TimeoutExpired:
                process.kill()
        for log in [*self._logs, *(server.log for server in self.web)]:
            log.close()
        self.redis.close()

    # --- starting again what has ended ---

    async def _keep_running(self) -> None:
        while True:
            for name, process in list(self._jobs.items()):
                if process.poll() is not None:
                    self._start_job(name)
            for server in [server for server in self.web if server.process.poll() is not None]:
                self.web.remove(server)
                server.log.close()
            for _ in range(self.web_servers - len(self.web) - len(self._starting)):
                task = asyncio.create_task(self._start_web())
                self._starting.add(task)
                task.add_done_callback(self._starting.discard)
            await asyncio.sleep(LOOK_SECONDS)

    async def _start_web(self) -> None:
        application, variables = self.next_web
        server = start("uvicorn", application, **{**self.variables, **variables})
        try:
            await asyncio.to_thread(server.wait, START_SECONDS)
        except BaseException:
            server.process.kill()
            raise
        self.web.append(server)

    def _start_job(self, name: str) -> None:
        # Not to a pipe, which would be full one day.
        log = Path(os.devnull).open("wb")
        self._logs.append(log)
        self._jobs[name] = subprocess.Popen(
            JOBS[name],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=PROJECT,
            env={**os.environ, **self.variables},
        )

    # --- breaking things ---

    async def kill_web(self) -> None:
        """Kill one of the web processes, in the middle of whatever it does."""
        victim = self.rng.choice(self.web)
        victim.process.kill()

    async def kill_newest_web(self) -> None:
        """Kill the one that came last."""
        self.web[-1].process.kill()

    async def until_web_is_whole(self) -> None:
        """Wait until there are as many web processes as there should be."""
        await asyncio.sleep(3 * LOOK_SECONDS)
        while len(self.web) < self.web_servers:
            await asyncio.sleep(LOOK_SECONDS)

    async def kill_job(self, name: str) -> None:
        """Kill the worker, all its processes, or the scheduler."""
        if name == "scheduler":
            lock = await asyncio.to_thread(self.redis.get, SCHEDULER_LOCK)
            self.dead_locks |= {lock} if isinstance(lock, bytes) else set()
        victim = psutil.Process(self._jobs[name].pid)
        for process in [victim, *victim.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()

    async def order(self, order: str) -> None:
        """Have whoever keeps PostgreSQL and Redis do something."""
        await asyncio.to_thread(self.servers.order, order)

    async def try_unknown_keys(self) -> None:
        """Have somebody send each web process a token whose key nobody has published."""
        token = self.outside.signer.token(uuid.uuid4(), key=ec_key(uuid.uuid4().hex))
        for server in self.web:
            await asyncio.to_thread(server.send, "GET", "/api/me", None, {"Authorization": f"Bearer {token}"})

    @contextlib.contextmanager
    def paused(self, name: str) -> Iterator[None]:
        """Have `redis` or `postgres` stand still, with all its connections open."""
        processes = [psutil.Process(_redis_pid())] if name == "redis" else _postgres_processes()
        try:
            for process in processes:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.suspend()
            yield
        finally:
            for process in processes:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.resume()


def _redis_pid() -> int:
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        information: dict[str, int] = client.info("server")
        return information["process_id"]


def _postgres_processes() -> list[psutil.Process]:
    """The server's processes, the first of which starts all others."""
    with psycopg.connect(os.environ["DATABASE_URL"]) as client:
        found = client.execute("SELECT pg_backend_pid()").fetchone()
        assert found is not None
        postmaster = psutil.Process(found[0]).parent()
    assert postmaster is not None
    return [postmaster, *postmaster.children(recursive=True)]
