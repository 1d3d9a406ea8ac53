"""The product as it is deployed, with servers and a world of its own: two kinds of server, several processes, one model.

Everything stops, and its files go, when the program ends.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import IO, Any

import psutil
import psycopg
import redis

from lifestring.local.plan import WEB
from lifestring.local.ports import free_port
from lifestring.testing.environment import PROJECT, ServerProcess, export

BOT = "a1f5e57a-1d5f-4c0e-9a11-0c0ffee0b075"
# All come from one address, and few people ask the assistant a lot; of everything else each stays far below their limit.
RAISED = {
    "RATE_LIMITS": '{"address": "10000000/60"}',
    "AI_DAILY_BUDGET": "1000000",
    "AI_MESSAGES_PER_HOUR": "1000000",
    "AI_MESSAGES_PER_DAY": "1000000",
}
# As behind a balancer: a connection that it holds must not be closed under its next request.
PATIENT = ["--timeout-keep-alive", "75", "--log-level", "warning"]
WORKER = ["dramatiq", "lifestring.worker", "--processes", "1", "--threads", "8"]
STARTED_WITHIN = 120.0
_PEOPLE = """
SELECT user_id, array_agg(room_id) FROM public.room_participants GROUP BY user_id ORDER BY md5(user_id::text)
"""


@dataclass(frozen=True)
class Stack:
    """What runs: where the service answers, who uses it, and the program behind each name."""

    url: str
    people: list[dict[str, Any]]
    programs: dict[str, psutil.Process]
    log: IO[bytes]

    def complaints(self) -> list[str]:
        """The lines of its processes' logs that tell of something gone wrong."""
        self.log.seek(0)
        lines = self.log.read().decode(errors="replace").splitlines()
        return [line for line in lines if " ERROR " in line or " CRITICAL " in line or "Traceback" in line]


@contextmanager
def running(*, strings: int, web: int, model_pause: float, with_scheduler: bool) -> Iterator[Stack]:
    """Start everything, in a world of so many strings.

    Args:
        strings: how large the world is.
        web: how many web processes share the port.
        model_pause: seconds between two words of the model's stand-in.
        with_scheduler: whether the jobs of the clock are done as well.
    """
    # What was started is stopped then as well.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with ExitStack() as stack:
        servers = ServerProcess()
        stack.callback(servers.stop)
        export(servers.start("postgres", "redis"))
        counts = tempfile.mkdtemp(prefix="lifestring-load-")
        stack.callback(shutil.rmtree, counts, ignore_errors=True)
        port, model = free_port(), free_port()
        os.environ |= {**RAISED, "AI_BOT_USER_ID": BOT, "OPENAI_API_KEY": "sk-load", "LOG_LEVEL": "WARNING"}
        os.environ |= {
            "OPENAI_BASE_URL": f"http://127.0.0.1:{model}/v1",
            "DJANGO_SETTINGS_MODULE": "lifestring.settings",
        }
        log = stack.enter_context(tempfile.TemporaryFile())
        _fill(strings)
        commands = {
            "model": ["benchmarks.mix.model", str(model), str(model_pause)],
            "web": [*WEB, *PATIENT, "--host", "127.0.0.1", "--port", str(port), "--workers", str(web)],
            "worker": WORKER,
            **({"scheduler": ["manage", "crontab"]} if with_scheduler else {}),
        }
        programs = {}
        for name, command in commands.items():
            variables = {"PROMETHEUS_MULTIPROC_DIR": counts} if name == "web" else {}
            programs[name] = stack.enter_context(_program(command, log, variables))
        with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
            programs["redis"] = psutil.Process(client.info("server")["process_id"])
        url = f"http://127.0.0.1:{port}"
        _wait(f"{url}/ready")
        yield Stack(url, _people(), programs, log)


def _fill(strings: int) -> None:
    print(f"a world of {strings:,} strings, with the optional indexes …", flush=True)
    for command in (["migrate", "--no-input", "-v", "0"], ["seed", f"--scale={strings}"], ["create_indexes"]):
        subprocess.run([sys.executable, "manage.py", *command], cwd=PROJECT, stdout=subprocess.DEVNULL, check=True)
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        connection.execute(
            """INSERT INTO auth.users (id, raw_user_meta_data) VALUES (%s, '{"name": "Assistant"}')""", [BOT]
        )


def _people() -> list[dict[str, Any]]:
    """Everybody who is in a room, with a token for as long as this takes."""
    import django

    django.setup()
    from lifestring.testing.people import make_token

    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        found: list[tuple[uuid.UUID, list[uuid.UUID]]] = connection.execute(_PEOPLE).fetchall()
    until = int(time.time()) + 6 * 3600
    return [{"token": make_token(who, exp=until), "rooms": [str(room) for room in rooms]} for who, rooms in found]


@contextmanager
def _program(command: list[str], log: IO[bytes], variables: dict[str, str]) -> Iterator[psutil.Process]:
    """Run `python -m` with these arguments; all its processes are gone at the end."""
    process = psutil.Popen(
        [sys.executable, "-m", *command],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        cwd=PROJECT,
        env={**os.environ, **variables},
    )
    try:
        yield psutil.Process(process.pid)
    finally:
        family = [process, *process.children(recursive=True)]
        process.terminate()
        _, left = psutil.wait_procs(family, timeout=20)
        for one in left:
            one.kill()
        psutil.wait_procs(left, timeout=5)


def _wait(url: str) -> None:
    deadline = time.monotonic() + STARTED_WITHIN
    while True:
        try:
            with urllib.request.urlopen(url, timeout=10):  # noqa: S310 - of this machine
                return
        except (urllib.error.URLError, OSError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def people_of(url: str, tokens: list[str]) -> list[dict[str, Any]]:
    """Return people of a service that runs elsewhere: their rooms are what they are told there."""
    people = []
    for token in tokens:
        request = urllib.request.Request(f"{url}/api/my/rooms", headers={"Authorization": f"Bearer {token}"})  # noqa: S310
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - of the operator's own choosing
            people.append({"token": token, "rooms": [room["id"] for room in json.load(answer)["data"]]})
    return people
