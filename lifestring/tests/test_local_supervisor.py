"""Local mode as a person at a terminal meets it, with small commands in the product's place."""

import json
import os
import pty
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from lifestring.local.folder import holder
from lifestring.local.options import check_disk, check_mode, parse
from lifestring.local.postgres import EmbeddedPostgres
from lifestring.local.processes import LocalError, named, wait_until
from lifestring.local.state import LocalState
from lifestring.testing.local_runs import DYING_WORKER, STUBBORN_WORKER, Run, clean_environment, data_folder, left_of

pytestmark = [pytest.mark.serial, pytest.mark.xdist_group("serial")]

EVERYWHERE = "0.0.0.0"  # noqa: S104 - the address that has to be refused

# Gives a program the terminal whose file descriptor is the first argument, as a login shell would.
IN_TERMINAL = "import os, sys; os.login_tty(int(sys.argv[1])); os.execv(sys.argv[2], sys.argv[2:])"


@pytest.fixture
def data() -> Iterator[Path]:
    with data_folder() as folder:
        yield folder


@pytest.fixture
def used() -> Iterator[Path]:
    with data_folder(used_before=True) as folder:
        yield folder


def test_it_runs_until_told_to_stop_and_leaves_nothing_behind(data: Path) -> None:
    (run := Run(data)).ready()
    state = LocalState.read(data)
    assert state is not None
    assert state.web_url == f"http://127.0.0.1:{run.port}"
    assert state.supervisor_pid == run.process.pid
    with psycopg.connect(state.database_url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS n")
    for line in (f"{state.web_url}/api/docs", f"{state.web_url}/admin/", "anon key eyJ", "Taking a step"):
        assert line in run.said()
    run.process.send_signal(signal.SIGTERM)
    assert run.ends() == 0
    assert LocalState.read(data) is None

    # The next run finds what the first one left in the database.
    (again := Run(data)).ready()
    with psycopg.connect(EmbeddedPostgres(data).url) as connection:
        assert connection.execute("SELECT n FROM kept").fetchall() == [(1,)]
    again.process.send_signal(signal.SIGHUP)
    assert again.ends() == 0


def test_a_second_run_needs_a_folder_and_a_port_of_its_own(used: Path) -> None:
    (first := Run(used)).ready()
    same_folder = Run(used).refused()
    assert "already runs" in same_folder
    assert str(first.process.pid) in same_folder
    with data_folder(used_before=True) as other:
        assert f"Port {first.port} on 127.0.0.1 is in use" in Run(other, port=first.port).refused()
        (second := Run(other)).ready()
        second.process.send_signal(signal.SIGTERM)
        assert second.ends() == 0
    assert first.process.poll() is None
    first.process.send_signal(signal.SIGTERM)
    assert first.ends() == 0


def in_terminal(run: Run) -> int:
    """Start a run that has a terminal of its own; returns the person's end of it."""
    person, terminal = pty.openpty()
    run.start([sys.executable, "-c", IN_TERMINAL, str(terminal)], pass_fds=[terminal])
    os.close(terminal)
    return person


def test_ctrl_c_stops_everything_in_order(used: Path) -> None:
    run = Run(used, arguments=["--host", EVERYWHERE, "--expose"])
    person = in_terminal(run)
    shown = ""
    while "Ctrl-C stops everything." not in shown:
        shown += os.read(person, 4096).decode()
    os.write(person, b"\x03")
    assert run.ends() == 0
    os.close(person)


def test_a_second_ctrl_c_does_not_wait_for_anybody(used: Path) -> None:
    (run := Run(used, worker=STUBBORN_WORKER)).ready()
    run.process.send_signal(signal.SIGINT)
    run.until("Stopping")
    run.process.send_signal(signal.SIGINT)
    assert run.process.wait(timeout=3) == 130
    assert run.ends() == 130


def test_a_service_that_dies_ends_the_run_and_is_named(used: Path) -> None:
    run = Run(used, worker=DYING_WORKER).start()
    assert run.ends() == 1
    assert "The worker ended by itself (exit code 7)" in run.said()
    assert "something broke" in run.said()


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        ("echo it is broken >&2; exit 3", "Taking a step: that failed (exit code 3)"),
        ("cat /etc/passwd > /dev/full", "The disk is full, so"),
    ],
)
def test_a_step_that_fails_ends_the_run(used: Path, step: str, sentence: str) -> None:
    run = Run(used, step=step).start()
    assert run.ends() == 1
    assert sentence in run.said()
    assert "Lifestring is ready" not in run.said()


def test_a_web_service_that_never_gets_ready_ends_the_run(used: Path) -> None:
    run = Run(used, ready_path="/nowhere").start()
    assert run.ends() == 1
    assert "does not get ready within 1 s" in run.said()
    assert '"GET /nowhere HTTP/1.1" 404' in run.said()


def test_after_a_kill_the_guard_stops_what_is_left(used: Path) -> None:
    (run := Run(used)).ready()
    run.process.kill()
    assert run.ends() == -signal.SIGKILL
    # The port and the folder are free at once for a start that comes while the guard still works.
    (again := Run(used, port=run.port)).ready()
    again.process.kill()
    again.process.wait()
    (third := Run(used, port=run.port)).ready()
    third.process.send_signal(signal.SIGTERM)
    assert third.ends() == 0


def test_after_a_kill_of_everything_the_next_start_recovers(used: Path) -> None:
    (run := Run(used)).ready()
    with psycopg.connect(EmbeddedPostgres(used).url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS n")
    survivors = [process for process in left_of(used) if "http.server" in " ".join(process.cmdline())]
    for process in left_of(used):
        # The web service lives on and keeps the port, as after an unlucky hand of the kernel's memory killer.
        if process not in survivors:
            process.kill()
    run.process.wait()
    assert survivors
    (again := Run(used, port=run.port)).ready()
    with psycopg.connect(EmbeddedPostgres(used).url) as connection:
        assert connection.execute("SELECT n FROM kept").fetchall() == [(1,)]
    again.process.send_signal(signal.SIGTERM)
    assert again.ends() == 0


def test_servers_that_survived_are_taken_over(used: Path) -> None:
    (run := Run(used)).ready()
    guards = [process for process in left_of(used) if "lifestring.local.guard" in process.cmdline()]
    postmaster = named("postgres", lambda process: str(used) in " ".join(process.cmdline()))
    guards[0].kill()
    run.process.kill()
    run.process.wait()
    (again := Run(used)).ready()
    assert named("postgres", lambda process: str(used) in " ".join(process.cmdline())) == postmaster
    again.process.send_signal(signal.SIGTERM)
    assert again.ends() == 0


def test_a_full_disk_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match=r"MB free and 10{12} MB are needed"):
        check_disk(tmp_path / "not" / "there" / "yet", needed=10**18)
    check_disk(tmp_path, needed=1)


@pytest.mark.parametrize("name", ["DATABASE_URL", "SUPABASE_URL"])
def test_it_does_not_mix_with_a_real_project(data: Path, name: str) -> None:
    run = Run(data).start(env={**clean_environment(), name: "postgresql://example.org/db"})
    assert run.process.wait(timeout=20) == 2
    assert run.said().startswith(f"{name} is set")
    assert not data.exists()
    check_mode(parse([]), {name: ""})


def test_other_machines_are_let_in_only_on_request(data: Path) -> None:
    assert "add --expose" in Run(data, arguments=["--host", EVERYWHERE]).refused()
    assert "not an address" in Run(data, arguments=["--host", "no such host"]).refused()


def test_an_address_that_is_not_ours_is_refused(data: Path) -> None:
    run = Run(data, arguments=["--host", "192.0.2.1", "--expose"])
    assert "Can not listen on 192.0.2.1" in run.refused()


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http", ""])
def test_nonsense_for_a_port_is_refused(port: str) -> None:
    with pytest.raises(SystemExit) as refusal:
        parse(["--port", port])
    assert refusal.value.code == 2


def test_a_folder_of_other_things_is_refused(data: Path) -> None:
    data.mkdir()
    (data / "thesis.txt").write_text("years of work")
    assert "holds other things than Lifestring's" in Run(data).refused()
    assert [path.name for path in data.iterdir()] == ["thesis.txt"]


def test_a_file_in_the_folders_place_is_refused(data: Path) -> None:
    data.write_text("not a folder")
    try:
        assert "is not a folder" in Run(data).refused()
    finally:
        data.unlink()


def test_a_claim_of_a_process_that_is_gone_counts_for_nothing(data: Path) -> None:
    data.mkdir()
    for claim in ("", "[]", '{"pid": "x"}', json.dumps({"pid": os.getpid(), "created": 1.0})):
        (data / "run.lock").write_text(claim)
        assert holder(data) is None
    (data / "run.lock").write_text(json.dumps({"pid": os.getpid(), "created": psutil.Process().create_time()}))
    assert holder(data) == psutil.Process()


def test_a_port_taken_by_a_stranger_is_left_to_them(data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        port = stranger.getsockname()[1]
        assert f"Port {port} on 127.0.0.1 is in use" in Run(data, port=port).refused()
    assert wait_until(lambda: not left_of(data), 5)
