"""Whether this connection is fit to serve: search_path, pgvector, row security, and the tables as the models know them.

`database_problems` looks, `schema_problems` remembers for a minute what it saw, which is cheap enough for `/ready`.
"""

import threading
import time
from dataclasses import dataclass
from enum import IntEnum

from django.conf import settings
from django.db import connection as default_connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor

from lifestring.schema_drift import schema_differences
from lifestring.schema_setup import SCHEMA

GOOD_FOR_SECONDS = 60.0
# A broken schema is looked at again sooner: somebody is probably repairing it.
BAD_FOR_SECONDS = 5.0

_SESSION = """
SELECT coalesce(current_schema(), ''),
       'extensions' = ANY (current_schemas(false)),
       EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = %s),
       pg_catalog.to_regclass('public.user_profiles') IS NOT NULL,
       (SELECT extversion FROM pg_catalog.pg_extension WHERE extname = 'vector'),
       current_user::text,
       (SELECT pg_catalog.row_security_active(oid) FROM pg_catalog.pg_class
         WHERE oid = pg_catalog.to_regclass('public.user_profiles'))
"""


NOT_MIGRATED = "not_migrated"


class Level(IntEnum):
    """How bad it is; with an `ERROR`, answers would be wrong or fail."""

    INFO = 1
    WARNING = 2
    ERROR = 3


@dataclass(frozen=True)
class Problem:
    """Something to know about the database; `code` is stable, `hint` says what to do."""

    level: Level
    code: str
    message: str
    hint: str = ""

    @property
    def is_fatal(self) -> bool:
        """Whether nothing may be served; the first `migrate` still runs where only our own tables are missing."""
        return self.level == Level.ERROR or self.code == NOT_MIGRATED


@dataclass(frozen=True)
class _Session:
    schema: str
    has_extensions: bool
    is_made: bool
    has_supabase: bool
    pgvector: str | None
    role: str
    bound_by_policies: bool | None


def database_problems(connection: BaseDatabaseWrapper) -> list[Problem]:
    """Look at the session, the extension, every table and our migrations; a few small queries on the catalogue."""
    session = _read_session(connection)
    found = [*_search_path_problems(session), *_pgvector_problems(session.pgvector), *_role_problems(session)]
    if session.schema == SCHEMA and all(problem.level < Level.ERROR for problem in found):
        found += _migration_problems(connection)
    if session.has_supabase or not settings.LOAD_SUPABASE_SCHEMA:
        # Otherwise `migrate` is about to load the tables.
        found += [Problem(Level.ERROR, "drift", str(difference)) for difference in schema_differences(connection)]
    return found


class _Memory:
    """The latest result of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._problems: tuple[str, ...] = ()
        self._stale_at = 0.0

    def get(self) -> tuple[str, ...]:
        with self._lock:
            if time.monotonic() >= self._stale_at:
                problems = database_problems(default_connection)
                self._problems = tuple(problem.message for problem in problems if problem.is_fatal)
                self._stale_at = time.monotonic() + (BAD_FOR_SECONDS if self._problems else GOOD_FOR_SECONDS)
            return self._problems

    def forget(self) -> None:
        with self._lock:
            self._stale_at = 0.0


_memory = _Memory()


def schema_problems() -> tuple[str, ...]:
    """Return what makes the default database unfit, one sentence each; empty when it is fit. At most a minute old.

    Raises:
        django.db.Error, psycopg_pool.PoolTimeout: the database does not answer.
    """
    return _memory.get()


def forget_schema_problems() -> None:
    """Look anew at the next call."""
    _memory.forget()


def _read_session(connection: BaseDatabaseWrapper) -> _Session:
    with connection.cursor() as cursor:
        cursor.execute(_SESSION, [SCHEMA])
        return _Session(*(cursor.fetchone() or ()))


def _search_path_problems(session: _Session) -> list[Problem]:
    hint = f"Set the connection's search_path to {settings.SEARCH_PATH} (docs/deploy.md, search_path)."
    found = []
    if not session.is_made:
        message = f"The schema {SCHEMA} does not exist yet."
        found.append(Problem(Level.WARNING, NOT_MIGRATED, message, "Run `manage.py migrate`."))
    elif session.schema != SCHEMA:
        message = f"current_schema() is {session.schema or 'nothing'}, not {SCHEMA}."
        found.append(Problem(Level.ERROR, "search_path", message, hint))
    if session.has_supabase and not session.has_extensions:
        message = "The schema extensions is not in search_path: vector operators would not be found."
        found.append(Problem(Level.ERROR, "search_path", message, hint))
    return found


def _migration_problems(connection: BaseDatabaseWrapper) -> list[Problem]:
    executor = MigrationExecutor(connection)
    missing = [migration for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())]
    if not missing:
        return []
    message = f"{len(missing)} migrations have not been applied yet, the first is {missing[0]}."
    return [Problem(Level.WARNING, NOT_MIGRATED, message, "Run `manage.py migrate`.")]


def _pgvector_problems(version: str | None) -> list[Problem]:
    if version is None:
        return []
    parts = tuple(int(part) for part in version.split(".") if part.isdigit())
    has = f"pgvector is {version}"
    if parts < (0, 8, 0):
        message = f"{has}; 0.8.0 brought iterative scans, without which filtered searches miss rows."
        return [Problem(Level.WARNING, "pgvector", message, "Update the extension vector.")]
    if parts < (0, 8, 2):
        message = f"{has}; building an HNSW index in parallel may overflow a buffer before 0.8.2 (CVE-2026-3172)."
        hint = "Update it, or build such an index with max_parallel_maintenance_workers = 0."
        return [Problem(Level.INFO, "pgvector", message, hint)]
    if parts < (0, 8, 4):
        message = f"{has}; VACUUM may leave an HNSW index damaged before 0.8.4."
        return [Problem(Level.INFO, "pgvector", message, "Update it, or REINDEX CONCURRENTLY before VACUUM.")]
    return []


def _role_problems(session: _Session) -> list[Problem]:
    if not session.bound_by_policies:
        return []
    message = f"Row level security binds the role {session.role}: it would silently see and change nothing."
    return [Problem(Level.ERROR, "row_security", message, "Connect as the tables' owner or a role with BYPASSRLS.")]
