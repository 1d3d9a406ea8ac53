"""`manage.py dev`: the whole product on one machine, from one command, until Ctrl-C.

Servers come first, then the database is brought up to date, then web service, worker and scheduler start; stopping goes
the other way round, so that nothing loses what it works with. Whatever ends early ends everything.
"""

import contextlib
import errno
import http.client
import os
import signal
import sys
import time
from collections.abc import Sequence
from types import FrameType

import environ

from lifestring.local.banner import banner
from lifestring.local.children import Child, stop_all
from lifestring.local.console import Console
from lifestring.local.files import says_disk_full
from lifestring.local.folder import Claim, RefusedError, end_services, prepare
from lifestring.local.guard import Guard
from lifestring.local.options import Options, check_disk, check_mode, check_port, parse
from lifestring.local.plan import Plan, product_plan
from lifestring.local.postgres import EmbeddedPostgres
from lifestring.local.processes import LocalError
from lifestring.local.redis import EmbeddedRedis
from lifestring.local.state import PROJECT, LocalState

GRACE_SECONDS = 15.0
PAUSE_SECONDS = 0.1
REFUSED, FAILED = 2, 1


class _StopRequest(Exception):  # noqa: N818 - a wish, not an error
    """The person, or the machine, asked us to stop."""


class Supervisor:
    """One run of local mode; `durable` is False in tests alone, whose data need not outlive a power cut."""

    def __init__(self, options: Options, plan: Plan, console: Console, *, durable: bool = True) -> None:
        self._options = options
        self._plan = plan
        self._console = console
        self._children: list[Child] = []
        self._postgres = EmbeddedPostgres(options.data, durable=durable)
        self._redis = EmbeddedRedis(options.data, durable=durable)
        self._stop_requests = 0

    def run(self) -> int:
        """Run until asked to stop (0) or until something fails (1); RefusedError when it does not even begin."""
        options = self._options
        check_mode(options, os.environ)
        check_disk(options.data)
        prepare(options.data)
        claim = Claim.take(options.data, self._console)
        try:
            end_services(options.data)
            check_port(options.host, options.port)
            self._listen_for_signals()
            return self._guarded_run(claim)
        finally:
            claim.release()

    def _guarded_run(self, claim: Claim) -> int:
        guard = Guard(self._options.data, claim.descriptor)
        code = FAILED
        try:
            self._start()
            self._watch()
        except _StopRequest:
            code = 0
        except LocalError as error:
            self._console.plain(f"\n{error}\n")
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            self._console.plain(f"\nThe disk of {self._options.data} is full.\n")
        finally:
            self._stop()
            # Unless told so, the guard takes our end for a violent one and does all of this again.
            guard.dismiss()
        return code

    def _start(self) -> None:
        options, say = self._options, self._console.progress
        say(f"Starting PostgreSQL and Redis in {options.data}")
        self._postgres.start()
        self._redis.start()
        web_url = f"http://{_authority(options.host, options.port)}"
        demo = self._plan.demo_model_url
        LocalState(options.data, self._postgres.url, self._redis.url, web_url, os.getpid(), demo).write()
        for step in self._plan.steps:
            say(step.title)
            self._run_to_end(Child(step, options.data))
        say(f"Starting {', '.join(service.title for service in [*self._plan.services, *self._plan.late])}")
        self._children = [Child(service, options.data) for service in self._plan.services]
        self._wait_until_ready(self._plan.ready_seconds)
        self._children += [Child(service, options.data) for service in self._plan.late]
        say("Everything runs")
        self._console.plain(banner(options.data, web_url, has_demo_model=bool(demo)))

    def _run_to_end(self, child: Child) -> None:
        self._children = [child]
        while child.exit_code is None:
            self._pause()
        self._children = []
        if child.exit_code:
            raise _failure(f"{child.command.title}: that failed (exit code {child.exit_code})", child)

    def _wait_until_ready(self, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while not self._is_ready():
            self._check_children()
            if time.monotonic() > deadline:
                raise _failure(f"The web service does not get ready within {timeout:.0f} s", self._children[0])
            self._pause()

    def _watch(self) -> None:
        while True:
            self._check_children()
            self._pause(quiet=True)

    def _check_children(self) -> None:
        for child in self._children:
            if child.exit_code is not None:
                raise _failure(f"The {child.command.title} ended by itself (exit code {child.exit_code})", child)

    def _is_ready(self) -> bool:
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self._options.host, self._options.host)  # noqa: S104
        connection = http.client.HTTPConnection(host, self._options.port, timeout=5)
        try:
            connection.request("GET", self._plan.ready_path)
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _pause(self, *, quiet: bool = False) -> None:
        """Wait a moment; a stop request is answered here, between two steps and never inside one."""
        if self._stop_requests:
            raise _StopRequest
        if not quiet:
            self._console.remind()
        time.sleep(PAUSE_SECONDS)

    def _listen_for_signals(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        self._stop_requests += 1
        if self._stop_requests > 1 and number == signal.SIGINT:
            # The guard hears of our end and stops what is still there.
            for child in self._children:
                child.kill()
            os._exit(130)

    def _stop(self) -> None:
        data = self._options.data
        self._console.progress("Stopping")
        stop_all(self._children, GRACE_SECONDS)
        LocalState.remove(data)
        self._redis.stop()
        self._postgres.stop()
        self._console.progress("Everything is stopped")


def _authority(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _failure(what: str, child: Child) -> LocalError:
    said = child.said()
    if says_disk_full(said):
        return LocalError(f"The disk is full, so the {child.command.title} can not go on.")
    return LocalError(f"{what}; the end of {child.log} says:\n{said}")


def main(argv: Sequence[str] | None = None) -> int:
    """Run local mode from a command line; returns the exit code: 0 stopped, 1 failed, 2 refused."""
    if (PROJECT / ".env").is_file():
        environ.Env.read_env(PROJECT / ".env")
    options = parse(sys.argv[1:] if argv is None else argv)
    console = Console()
    try:
        plan = product_plan(options.host, options.port, has_demo_model=options.has_demo_model)
        return Supervisor(options, plan, console).run()
    except RefusedError as error:
        with contextlib.suppress(OSError):
            sys.stderr.write(f"{error}\n")
        return REFUSED
