"""What every part needs: database, Redis, and the addresses it is known by."""

from collections.abc import Iterator

import redis
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from psycopg_pool import PoolTimeout
from redis.backoff import NoBackoff
from redis.retry import Retry

from lifestring.doctor import Finding, good, look, note, wrong
from lifestring.schema_health import NOT_MIGRATED, Level, database_problems
from lifestring.schema_indexes import index_problems

REDIS_SECONDS = 3.0
OLDEST_REDIS = 7
# The transaction pooler of Supabase listens here.
TRANSACTION_PORT = 6543


@look("database")
def _database() -> Iterator[Finding]:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('server_version'), current_user, current_database()")
            version, user, database = cursor.fetchone()
    except (DatabaseError, PoolTimeout) as error:
        yield wrong("database", f"DATABASE_URL does not answer: {str(error).strip() or type(error).__name__}")
        return
    yield good("database", f"PostgreSQL {version}, as {user} in {database}.")
    problems = database_problems(connection)
    for problem in problems:
        sentence = f"{problem.message} {problem.hint}".strip()
        if problem.code == NOT_MIGRATED:
            yield wrong("migrations", sentence)
        elif problem.level >= Level.WARNING:
            yield (wrong if problem.level == Level.ERROR else note)(problem.code, sentence)
    if not any(problem.is_fatal for problem in problems):
        yield good("schema", "Supabase's tables are as the models know them, and ours are migrated.")
        yield from (note("indexes", f"{one.message} {one.hint}".strip()) for one in index_problems(connection))


@look("pooler")
def _pooler() -> Iterator[Finding]:
    mode = settings.CONFIG.database_pool_mode
    port = connection.settings_dict.get("PORT")
    if mode != "transaction" and str(port) == str(TRANSACTION_PORT):
        yield wrong(
            "pooler",
            f"Port {port} is a transaction pooler's: set DATABASE_POOL_MODE=transaction, or use port 5432.",
        )
    elif not _keeps_sessions() and mode != "transaction":
        yield wrong("pooler", "The session does not outlast a transaction: set DATABASE_POOL_MODE=transaction.")
    else:
        yield good("pooler", f"DATABASE_POOL_MODE={mode} suits the connection.")


def _keeps_sessions() -> bool:
    """Whether what one transaction sets is there in the next."""
    with connection.cursor() as cursor:
        # Each statement is a transaction of its own.
        cursor.execute("SELECT set_config('lifestring.doctor', 'was here', false)")
        cursor.execute("SELECT current_setting('lifestring.doctor', true), set_config('lifestring.doctor', '', false)")
        [seen, _] = cursor.fetchone()
    return bool(seen == "was here")


@look("Redis")
def _redis() -> Iterator[Finding]:
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL,
            socket_timeout=REDIS_SECONDS,
            socket_connect_timeout=REDIS_SECONDS,
            retry=Retry(NoBackoff(), 0),
        ) as client:
            info = client.info()
            policy = _setting(client, "maxmemory-policy")
    except redis.RedisError as error:
        yield wrong("Redis", f"REDIS_URL does not answer: {error}")
        return
    version = str(info.get("redis_version", "0"))
    if int(version.split(".", maxsplit=1)[0]) < OLDEST_REDIS:
        yield wrong("Redis", f"Version {version} is too old: {OLDEST_REDIS} or newer is needed.")
    else:
        yield good("Redis", f"Version {version}.")
    if policy not in {"noeviction", ""}:
        yield wrong("Redis", f"maxmemory-policy is {policy}, which may throw jobs away: set it to noeviction.")
    if not info.get("aof_enabled"):
        yield note("Redis", "appendonly is off: jobs that wait when Redis restarts come later, by a sweep.")


def _setting(client: "redis.Redis", name: str) -> str:
    try:
        return str(client.config_get(name).get(name, ""))
    except redis.ResponseError:
        # Hosts that do not let their customers look have set it themselves.
        return ""


@look("addresses")
def _addresses() -> Iterator[Finding]:
    yield good("hosts", f"It answers for {', '.join(settings.ALLOWED_HOSTS)}.")
    if not settings.CORS_ALLOWED_ORIGINS and not settings.LOCAL_MODE:
        yield note("origins", "CORS_ORIGINS is empty: no page of another origin may call, or open a socket.")
    else:
        yield good("origins", f"Pages of {', '.join(settings.CORS_ALLOWED_ORIGINS) or 'this machine'} may call.")
    if not settings.PUBLIC_URL:
        yield note(
            "links", "PUBLIC_URL is not set: links in answers follow the request, those over sockets have no host."
        )
    if settings.CONFIG.trust_proxy and not settings.TRUSTED_PROXIES:
        yield wrong(
            "proxies",
            "TRUST_PROXY is set and TRUSTED_PROXIES is not: limits by address would count all callers as one.",
        )
