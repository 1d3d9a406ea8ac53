"""Debian's PgBouncer in transaction mode, as Supabase's pooler would be, in front of the test database."""

import contextlib
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection
from psycopg import sql
from psycopg.rows import dict_row

from lifestring.local.ports import free_port
from lifestring.local.processes import unprivileged_account, wait_until

SEARCH_PATH = "django, public, extensions"


def program() -> str | None:
    """Where pgbouncer is; Debian keeps it outside of most people's path."""
    return shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


def wanted() -> bool:
    """Whether its tests are collected: where it is there, and always in CI, whose failure is then honest."""
    return os.environ.get("CI", "").lower() in {"1", "true"} or program() is not None


@dataclass
class Pooler:
    """A running PgBouncer and the role that connects through it; it can be stopped, and started again where it was."""

    port: int
    role: str
    password: str
    database: str
    command: list[str] = field(default_factory=list)
    log: Path = Path(os.devnull)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until connections get through."""
        account = unprivileged_account()
        options = account.popen_options() if account else {}
        with self.log.open("ab") as output:
            process = self.process = subprocess.Popen(self.command, stdout=output, stderr=output, cwd="/", **options)
        assert wait_until(lambda: self.answers() or process.poll() is not None, timeout=15)
        assert process.poll() is None, self.log.read_text()

    def stop(self) -> None:
        """Stop it, with every connection it has."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=15)

    @property
    def url(self) -> str:
        """The pooled database's connection URL."""
        return f"postgresql://{self.role}:{self.password}@127.0.0.1:{self.port}/{self.database}"

    def ask(self, query: str, *, database: str = "") -> list[dict[str, Any]]:
        """Run one statement through it; the database `pgbouncer` is its own console."""
        url = self.url if not database else self.url.removesuffix(self.database) + database
        with psycopg.connect(url, autocommit=True, connect_timeout=5, row_factory=dict_row) as client:
            return client.execute(query.encode()).fetchall()

    def answers(self) -> bool:
        """Whether a connection gets through to the database."""
        with contextlib.suppress(psycopg.OperationalError):
            return bool(self.ask("SELECT 1"))
        return False


@contextlib.contextmanager
def pooler(*, search_path: str = SEARCH_PATH) -> Iterator[Pooler]:
    """Run PgBouncer for the test database, with a role of its own that owns what postgres owns, as on Supabase.

    `search_path` is what ALTER ROLE gives the role; empty leaves the server's default.
    """
    name = program()
    assert name, "pgbouncer is not installed: apt-get install pgbouncer"
    pool = Pooler(
        free_port(), f"pooled_{secrets.token_hex(4)}", secrets.token_hex(16), str(connection.settings_dict["NAME"])
    )
    role = sql.Identifier(pool.role)
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("CREATE ROLE {} LOGIN BYPASSRLS IN ROLE postgres PASSWORD {}").format(
                role, sql.Literal(pool.password)
            )
        )
        if search_path:
            cursor.execute(sql.SQL("ALTER ROLE {} SET search_path = {}").format(role, sql.SQL(search_path)))
    try:
        with tempfile.TemporaryDirectory(prefix="lifestring-pgbouncer-") as folder, _running(name, pool, Path(folder)):
            yield pool
    finally:
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL("DROP ROLE {}").format(role))


@contextlib.contextmanager
def _running(name: str, pool: Pooler, folder: Path) -> Iterator[None]:
    pool.command, pool.log = [name, str(_write_configuration(pool, folder))], folder / "output.log"
    try:
        pool.start()
        yield
    finally:
        pool.stop()


def _write_configuration(pool: Pooler, folder: Path) -> Path:
    server = connection.settings_dict
    users, configuration = folder / "users.txt", folder / "pgbouncer.ini"
    users.write_text(f'"{pool.role}" "{pool.password}"\n')
    lines = [
        "[databases]",
        f"{pool.database} = host={server['HOST']} port={server['PORT']} dbname={pool.database}",
        "[pgbouncer]",
        "listen_addr = 127.0.0.1",
        f"listen_port = {pool.port}",
        "unix_socket_dir =",
        "auth_type = scram-sha-256",
        f"auth_file = {users}",
        f"admin_users = {pool.role}",
        "pool_mode = transaction",
        "default_pool_size = 3",
        "max_client_conn = 100",
    ]
    configuration.write_text("\n".join(lines) + "\n")
    # Root's pgbouncer runs under another account, which must read both files; the folder's random name keeps them apart.
    folder.chmod(0o755)
    for path in (users, configuration):
        path.chmod(0o644)
    return configuration
