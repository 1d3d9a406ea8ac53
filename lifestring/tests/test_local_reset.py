"""`make reset` and the servers of a test run: what they start is gone afterwards, what is not theirs stays."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
from redis import Redis

from lifestring.local.cluster import Cluster
from lifestring.local.postgres import EmbeddedPostgres
from lifestring.local.processes import wait_until
from lifestring.local.state import PROJECT
from lifestring.testing.local_runs import Run, clean_environment, data_folder, left_of

pytestmark = [pytest.mark.serial, pytest.mark.xdist_group("serial")]


@pytest.fixture
def data() -> Iterator[Path]:
    with data_folder() as folder:
        yield folder


@pytest.fixture
def used() -> Iterator[Path]:
    with data_folder(used_before=True) as folder:
        yield folder


def reset(data: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "lifestring.local", "reset", "--data", str(data)]
    return subprocess.run(command, cwd=PROJECT, env=clean_environment(), capture_output=True, text=True, timeout=60)


def test_reset_stops_a_run_and_deletes_its_folder(used: Path) -> None:
    (run := Run(used)).ready()
    cluster = Cluster.read(used)
    assert cluster is not None
    done = reset(used)
    assert done.returncode == 0, done.stderr
    assert run.ends() == 0
    assert not used.exists()
    assert not cluster.home.exists()
    again = reset(used)
    assert (again.returncode, again.stdout) == (0, f"There is no {used}; nothing to reset.\n")


def test_reset_stops_servers_whose_supervisor_is_gone(used: Path) -> None:
    (run := Run(used)).ready()
    for process in left_of(used):
        if process == psutil.Process(run.process.pid) or "lifestring.local.guard" in process.cmdline():
            process.kill()
    run.process.wait()
    assert EmbeddedPostgres(used).is_running
    assert reset(used).returncode == 0
    assert left_of(used) == []
    assert not used.exists()


def test_reset_leaves_a_folder_of_other_things_alone(data: Path) -> None:
    data.mkdir()
    (data / "thesis.txt").write_text("years of work")
    done = reset(data)
    assert done.returncode == 2
    assert done.stderr == f"{data} is not a data folder of Lifestring; nothing was deleted.\n"
    assert (data / "thesis.txt").exists()


def start_servers(folder: Path, *names: str) -> tuple[subprocess.Popen[str], dict[str, str]]:
    """Start these test servers, which keep their folder in ours."""
    process = subprocess.Popen(
        [sys.executable, "-m", "lifestring.testing.servers", *names],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=PROJECT,
        env={**os.environ, "TMPDIR": str(folder)},
    )
    assert process.stdout is not None
    return process, json.loads(process.stdout.readline())


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="lifestring-local-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


def test_servers_of_a_test_run_end_with_it(folder: Path) -> None:
    process, urls = start_servers(folder, "postgres", "redis")
    with psycopg.connect(urls["database_url"]) as connection:
        assert connection.execute("SHOW fsync").fetchone() == ("off",)
    with Redis.from_url(urls["redis_url"]) as client:
        assert client.ping()
    process.communicate(timeout=30)
    assert list(folder.iterdir()) == []
    assert left_of(folder) == []


def test_servers_of_a_test_run_are_taken_away_after_a_violent_end(folder: Path) -> None:
    first, _ = start_servers(folder, "redis")
    first.terminate()
    first.communicate(timeout=30)
    assert list(folder.iterdir()) == []

    second, _ = start_servers(folder, "postgres", "redis")
    second.kill()
    second.communicate(timeout=30)
    assert len(left_of(folder)) > 2
    # The next test run clears away what nobody could.
    third, _ = start_servers(folder)
    third.communicate(timeout=30)
    assert list(folder.iterdir()) == []
    assert left_of(folder) == []


def test_a_command_in_the_tests_environment_finds_servers_and_leaves_none(folder: Path) -> None:
    code = "import os, psycopg, sys; psycopg.connect(os.environ['DATABASE_URL']).close(); sys.exit(5)"
    done = subprocess.run(
        [sys.executable, "-m", "lifestring.testing", sys.executable, "-c", code],
        cwd=PROJECT,
        env={**clean_environment(), "TMPDIR": str(folder)},
        timeout=60,
    )
    assert done.returncode == 5
    assert wait_until(lambda: list(folder.iterdir()) == [], 5)


def test_a_command_can_do_without_servers() -> None:
    code = "import os; print(os.environ['DATABASE_URL'])"
    done = subprocess.run(
        [sys.executable, "-m", "lifestring.testing", "--without-servers", sys.executable, "-c", code],
        cwd=PROJECT,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout == "postgresql://nobody@127.0.0.1:9/none\n"
