"""The servers and variables that tests, and commands run like tests, find in their environment."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from lifestring.local.processes import LocalError
from lifestring.local.secrets import api_key

PROJECT = Path(__file__).resolve().parents[2]
JWT_SECRET = "a-legacy-secret-that-only-the-tests-know-0123456789"
NO_SERVER = {"database_url": "postgresql://nobody@127.0.0.1:9/none", "redis_url": "redis://127.0.0.1:9/0"}

# A developer's shell must neither change what is tested nor lend the tests a paid key.
CLEARED = [
    *("AI_BOT_USER_ID", "AI_DAILY_BUDGET", "AI_MAX_ANSWER_TOKENS", "AI_MESSAGES_PER_DAY", "AI_MESSAGES_PER_HOUR"),
    *("AI_MODERATION", "AI_PRICES", "AI_PUBLIC_CHAT", "AI_PUBLIC_MESSAGES_PER_DAY", "AI_PUBLIC_MESSAGES_PER_HOUR"),
    *("AI_USAGE_DAYS", "CHAT_MODEL", "CORS_ORIGINS", "DATABASE_POOL_MAX", "DATABASE_POOL_MODE"),
    *("DEBUG", "EMBED_API_KEY", "EMBED_BASE_URL", "EMBED_MODEL", "LIFESTRING_DATA", "LOG_LEVEL", "MAX_BODY_BYTES"),
    *("OPENAI_API_KEY", "OPENAI_BASE_URL", "PUBLIC_URL", "REST_THREADS", "ROOM_LOG_DAYS", "SOCKET_THREADS"),
    *("SUPABASE_JWKS_URL", "SUPABASE_JWT_ISSUER", "TRUST_PROXY", "TRUSTED_PROXIES"),
    *("MAX_CONNECTIONS", "REQUEST_SECONDS"),
    *("CASE_DAYS", "DEAD_LETTER_DAYS", "FIGURE_DAYS", "SIGN_IN_DAYS", "SNAPSHOT_DAYS"),
    *("METRICS_TOKEN", "OTEL_EXPORTER_OTLP_ENDPOINT", "SENTRY_DSN", "WORKER_METRICS_PORT"),
]


def export(urls: dict[str, str]) -> None:
    """Set every variable the settings need, with these servers' URLs (`database_url`, `redis_url`)."""
    for name in CLEARED:
        os.environ.pop(name, None)
    now = int(time.time())
    os.environ |= {
        "LIFESTRING_TESTING": "1",
        "DATABASE_URL": urls["database_url"],
        "REDIS_URL": urls["redis_url"],
        "SECRET_KEY": "a-django-secret-that-only-the-tests-know-0123456789",
        # What tests and benchmarks ask, nobody does; limits have tests of their own.
        "RATE_LIMITS": "off",
        "MAX_SOCKETS_PER_PERSON": "100000",
        "MAX_SOCKETS_PER_ADDRESS": "100000",
        "LOG_FORMAT": "line",
        "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
        # A model's answers are scripted one by one; the second one has tests of its own.
        "CHAT_FALLBACK_MODEL": "none",
        # The discard port: nothing listens, so a call that was not stood in for fails at once.
        "SUPABASE_URL": "http://127.0.0.1:9",
        "SUPABASE_JWT_SECRET": JWT_SECRET,
        "SUPABASE_ANON_KEY": api_key("anon", JWT_SECRET, now),
        "SUPABASE_SERVICE_KEY": api_key("service_role", JWT_SECRET, now),
        # On in its own tests; the others come in by a password.
        "ADMIN_REQUIRE_2FA": "false",
    }


class ServerProcess:
    """The process of lifestring/testing/servers.py; its servers stop when `stop` is called or this process ends."""

    def __init__(self) -> None:
        self._processes: list[subprocess.Popen[str]] = []

    def start(self, *wanted: str, folder: Path | None = None) -> dict[str, str]:
        """Start the wanted servers (`postgres`, `redis`); returns their URLs. LocalError when they do not start.

        Args:
            wanted: which; `durable` has them write to the disk as local mode's do.
            folder: where they keep what they hold; where everything temporary is if None.
        """
        process = subprocess.Popen(
            [sys.executable, "-m", "lifestring.testing.servers", *wanted],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=PROJECT,
            env=os.environ if folder is None else {**os.environ, "TMPDIR": str(folder)},
            start_new_session=True,
        )
        self._processes.append(process)
        return _answer_of(process)

    @property
    def pid(self) -> int:
        """The process that was started last; the servers are below it."""
        return self._processes[-1].pid

    def order(self, order: str) -> None:
        """Have the servers that were started last do something: `stop redis`, `kill postgres`, `start redis` …"""
        process = self._processes[-1]
        if process.stdin:
            process.stdin.write(f"{order}\n")
            process.stdin.flush()
        _answer_of(process)

    def stop(self) -> None:
        """Stop them; nothing happens the second time."""
        while self._processes:
            process = self._processes.pop()
            if process.stdin:
                process.stdin.close()
            process.wait(timeout=60)
            if process.stdout:
                process.stdout.close()


def _answer_of(process: subprocess.Popen[str]) -> dict[str, str]:
    line = process.stdout.readline() if process.stdout else ""
    answer: dict[str, str] = json.loads(line or '{"error": "the process that starts them died"}')
    if "error" in answer:
        raise LocalError(f"The test servers did not start: {answer['error']}")
    return answer
