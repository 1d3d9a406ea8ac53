"""Runs of local mode for tests: small commands in place of the product's, in a process of their own.

`python -m lifestring.testing.local_runs PLAN [options]` is the supervisor's main program with a plan given as JSON.
"""

import atexit
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import psutil

from lifestring.local.cluster import Cluster
from lifestring.local.console import Console
from lifestring.local.folder import SUPERVISED, RefusedError, prepare
from lifestring.local.options import parse
from lifestring.local.plan import Command, Plan
from lifestring.local.ports import free_port
from lifestring.local.postgres import EmbeddedPostgres
from lifestring.local.processes import has_ended, wait_until
from lifestring.local.state import PROJECT
from lifestring.local.supervisor import Supervisor
from lifestring.local.tidy import stop_everything
from lifestring.testing.environment import CLEARED

# Without `site`, which would start coverage in it as well.
WEB = [sys.executable, "-I", "-S", "-c", """
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/ready" else 404)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""]  # fmt: skip
# A worker with a child of its own, as Dramatiq's has.
WORKER = "sleep 1000 & echo at work; wait"
STUBBORN_WORKER = "trap '' TERM; echo at work; while true; do sleep 0.2; done"
DYING_WORKER = "sleep 0.4; echo something broke >&2; exit 7"
STEP = "echo done"


@cache
def _template() -> Cluster:
    """A cluster that was made, started and stopped once; copies of it spare each run the second that making one takes."""
    place = Path(tempfile.mkdtemp(prefix="lifestring-local-"))
    place.chmod(0o711)
    server = EmbeddedPostgres(place, durable=False)
    server.start()
    server.stop()
    atexit.register(shutil.rmtree, place)
    atexit.register(server.destroy)
    cluster = Cluster.read(place)
    assert cluster is not None
    return cluster


def _copy_cluster(data: Path) -> None:
    template = _template()
    prepare(data)
    cluster = replace(Cluster.create(data, free_port()), password=template.password)
    cluster.write()
    subprocess.run(["/bin/cp", "-a", template.folder, cluster.folder], check=True)


@contextlib.contextmanager
def data_folder(*, used_before: bool = False) -> Iterator[Path]:
    """A path for a data folder, with everything that was started in it gone afterwards.

    Args:
        used_before: whether it is one in which PostgreSQL has run already, which starts sooner.
    """
    place = Path(tempfile.mkdtemp(prefix="lifestring-local-"))
    place.chmod(0o711)
    data = place / "a dätä folder"
    try:
        if used_before:
            _copy_cluster(data)
        yield data
    finally:
        if data.exists():
            stop_everything(data)
            cluster = Cluster.read(data)
            if cluster:
                cluster.remove()
        shutil.rmtree(place)


def clean_environment() -> dict[str, str]:
    """The environment of a newcomer: without what the test run set for the product."""
    names = [*CLEARED, "DATABASE_URL", "REDIS_URL", "SECRET_KEY", "ALLOWED_HOSTS", "LIFESTRING_TESTING"]
    names += [name for name in os.environ if name.startswith(("SUPABASE_", "DJANGO_", "PYTEST_"))]
    return {name: value for name, value in os.environ.items() if name not in names}


def left_of(data: Path) -> list[psutil.Process]:
    """Living processes that belong to a data folder: it is in their command line or their environment."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            words = [*process.cmdline(), process.environ().get(SUPERVISED, "")]
            # The title of one of PostgreSQL's own processes names nothing, where it works does.
            words.append(process.cwd() if process.name() == "postgres" else "")
            if process.pid != os.getpid() and str(data) in " ".join(words) and not has_ended(process):
                found.append(process)
    return found


@dataclass
class Run:
    """One run of local mode, its output in a file."""

    data: Path
    step: str = STEP
    worker: str = WORKER
    ready_path: str = "/ready"
    port: int = field(default_factory=free_port)
    arguments: list[str] = field(default_factory=list)
    program: list[str] | None = None
    process: subprocess.Popen[bytes] = field(init=False)
    output: Path = field(init=False)

    def start(
        self, prefix: Sequence[str] = (), *, env: dict[str, str] | None = None, pass_fds: Sequence[int] = ()
    ) -> "Run":
        """Start the process, below the command `prefix` if given."""
        handle, name = tempfile.mkstemp(dir=self.data.parent, prefix="output-")
        self.output = Path(name)
        plan = json.dumps({"step": self.step, "worker": self.worker, "ready_path": self.ready_path})
        program = self.program or [sys.executable, "-m", "lifestring.testing.local_runs", plan]
        self.process = subprocess.Popen(
            [*prefix, *program, "--port", str(self.port), "--data", str(self.data), *self.arguments],
            stdin=subprocess.DEVNULL,
            stdout=handle,
            stderr=handle,
            cwd=PROJECT,
            env=env or clean_environment(),
            pass_fds=pass_fds,
        )
        os.close(handle)
        return self

    def said(self) -> str:
        """Everything it printed so far."""
        return self.output.read_text(encoding="utf-8")

    def until(self, text: str, timeout: float = 30) -> "Run":
        """Wait until it has printed something; AssertionError when it ends or hangs without."""
        deadline = time.monotonic() + timeout
        while text not in self.said():
            over = self.process.poll() is not None or time.monotonic() > deadline
            assert not over or text in self.said(), f"never said {text!r}, but:\n{self.said()}"
            time.sleep(0.05)
        return self

    def ready(self) -> "Run":
        """Start it and wait until everything runs."""
        return self.start().until("Ctrl-C stops everything.")

    def refused(self) -> str:
        """Start a run that is to be refused; returns the one line it says."""
        assert self.start().process.wait(timeout=20) == 2, self.said()
        assert self.said().count("\n") == 1, self.said()
        return self.said().strip()

    def ends(self, timeout: float = 30) -> int:
        """Wait for the end; returns the exit code, after seeing that nothing is left."""
        code = self.process.wait(timeout=timeout)
        assert wait_until(lambda: not left_of(self.data), 20, pause=0.2), left_of(self.data)
        return code


def main() -> int:
    """Run the supervisor with the plan in the first argument."""
    words = json.loads(sys.argv[1])
    options = parse(sys.argv[2:])
    plan = Plan(
        steps=[Command("step", "Taking a step", ["sh", "-c", words["step"]])],
        services=[
            Command("web", "web service", [*WEB, str(options.port)]),
            Command("worker", "worker", ["sh", "-c", words["worker"]]),
        ],
        late=[Command("scheduler", "scheduler", ["sleep", "1000"])],
        ready_path=words["ready_path"],
        ready_seconds=10 if words["ready_path"] == "/ready" else 1,
    )
    try:
        return Supervisor(options, plan, Console(), durable=False).run()
    except RefusedError as error:
        sys.stderr.write(f"{error}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main())
