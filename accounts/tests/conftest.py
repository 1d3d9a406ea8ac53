"""Keepers of accounts for tests: local mode, and a stand-in for Supabase Auth."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dramatiq import Worker

from accounts.local_auth import passwords
from accounts.supabase_auth import SupabaseAuth
from accounts.tasks import delete_supabase_user
from accounts.tests import node
from accounts.tests.auth_client import AuthClient
from accounts.tests.jobs import Jobs
from accounts.tests.supabase_server import SupabaseServer, supabase_server
from accounts.tokens import verifier
from lifestring.local.secrets import LocalSecrets

collect_ignore = [] if node.wanted() else ["test_supabase_js.py"]


@pytest.fixture
def local_mode(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LocalSecrets:
    """Switch local mode on, with secrets of its own and hashes that are quickly made."""
    monkeypatch.setattr(passwords, "COST", 4)
    secrets = LocalSecrets.read_or_create(tmp_path)
    settings.CONFIG = replace(settings.CONFIG, data=tmp_path)
    settings.LOCAL_MODE = True
    settings.ROOT_URLCONF = "lifestring.local.urls"
    settings.SUPABASE_JWKS = secrets.jwks()
    settings.SUPABASE_JWT_SECRET = secrets.jwt_secret
    settings.SUPABASE_ANON_KEY = secrets.anon_key
    settings.SUPABASE_SERVICE_KEY = secrets.service_key
    verifier.cache_clear()
    return secrets


@pytest.fixture
def auth(local_mode: LocalSecrets) -> AuthClient:
    """Speak Supabase Auth's protocol to local mode."""
    return AuthClient()


@pytest.fixture
def supabase(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[SupabaseServer]:
    """Stand in for Supabase Auth, which is given half a second for an answer."""
    gateway = SupabaseAuth()
    monkeypatch.setattr("accounts.auth_gateway._instance", lambda *, local: gateway)
    with supabase_server() as server:
        settings.SUPABASE_URL = server.url
        settings.SUPABASE_ANON_KEY = "anon key"
        settings.SUPABASE_SERVICE_KEY = "service key"
        settings.SUPABASE_TIMEOUT = 0.5
        yield server
        gateway.close()


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Jobs]:
    """An empty queue, whose jobs are tried again within milliseconds rather than minutes."""
    jobs = Jobs()
    jobs.broker.flush_all()
    for option, milliseconds in (("min_backoff", 20), ("max_backoff", 40)):
        monkeypatch.setitem(delete_supabase_user.options, option, milliseconds)
    yield jobs
    jobs.broker.flush_all()


@pytest.fixture
def worker(jobs: Jobs) -> Iterator[None]:
    """A worker with two threads."""
    worker = Worker(jobs.broker, queues={"accounts", "accounts.DQ"}, worker_timeout=20, worker_threads=2)
    worker.start()
    yield
    worker.stop(timeout=10_000)
