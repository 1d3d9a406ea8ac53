"""Whatever is sent, the answer is no fault of ours and as documented, and a refusal changes nothing.

`make fuzz` runs this for 20,000 requests; FUZZ_SEED makes the requests of an earlier run again.
"""

import logging
import os
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as django_settings

from accounts.auth_openapi import SESSION
from accounts.supabase_auth import SupabaseAuth
from accounts.tests.supabase_server import Answer, supabase_server
from lifestring.rest_handler import RestHandler
from lifestring.testing.fuzzing import Commits, Fuzzer
from lifestring.testing.openai_server import ModelServer

REQUESTS = int(os.environ.get("FUZZ_REQUESTS", "400"))
SEED = int(os.environ.get("FUZZ_SEED", "1"))
# Operations whose success needs what no id leads to: an account without a profile, and the operator's own token.
OUT_OF_REACH = {"POST /api/users", "GET /metrics"}

# So many get through to the end of every operation.
MANY = 10_000

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300 + REQUESTS)]


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Let the log hold faults only: a line for each request would bury them."""
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def app() -> Iterator[RestHandler]:
    handler = RestHandler(threads=1, max_body_bytes=django_settings.MAX_BODY_BYTES)
    yield handler
    handler.workers.shutdown()
    handler.streams.shutdown()


@pytest.fixture
def accounts_are_kept(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let somebody answer in Supabase Auth's place, who lets everybody in."""
    gateway = SupabaseAuth()
    monkeypatch.setattr("accounts.auth_gateway._instance", lambda *, local: gateway)
    with supabase_server() as server:
        settings.SUPABASE_URL = server.url
        server.answers |= {
            "POST signup": Answer(body=SESSION),
            "POST token?grant_type=password": Answer(body=SESSION),
            "POST token?grant_type=refresh_token": Answer(body=SESSION),
            "POST recover": Answer(body={}),
            "POST logout?scope=global": Answer(204),
        }
        yield
        gateway.close()


def test_every_answer_is_as_documented_whatever_is_sent(
    app: RestHandler,
    accounts_are_kept: None,
    with_models: ModelServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    Commits.watch(monkeypatch)
    findings = Fuzzer(app, SEED).run(REQUESTS)

    with capsys.disabled():
        sys.stdout.write(f"\n{findings}; FUZZ_SEED={SEED} sends the same again\n")
    assert not findings.faults, "\n\n".join(findings.faults.values())
    assert findings.requests >= REQUESTS
    if REQUESTS >= MANY:
        assert findings.never_successful == OUT_OF_REACH
