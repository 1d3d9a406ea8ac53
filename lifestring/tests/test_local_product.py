"""The product itself in local mode: what a newcomer gets from `manage.py dev`, and what is left when it ends."""

import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lifestring.local.banner import demo_accounts
from lifestring.local.secrets import LocalSecrets
from lifestring.local.state import PROJECT, LocalState
from lifestring.testing.local_runs import Run, clean_environment, data_folder

pytestmark = [pytest.mark.serial, pytest.mark.xdist_group("serial")]

PROGRAM = [sys.executable, "manage.py", "dev"]


@pytest.fixture
def data() -> Iterator[Path]:
    with data_folder() as folder:
        yield folder


def fetch(url: str, body: object = None, **headers: str) -> tuple[int, bytes]:
    sent = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, sent, {"content-type": "application/json", **headers})  # noqa: S310
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        return answer.status, answer.read()


def sign_in(data: Path, web_url: str) -> dict[str, Any]:
    """Sign the first demo person in, as the banner says."""
    account = demo_accounts(data)[0]
    status, answer = fetch(
        f"{web_url}/auth/v1/token?grant_type=password",
        {"email": account["email"], "password": account["password"]},
        apikey=LocalSecrets.read_or_create(data).anon_key,
    )
    assert status == 200
    session: dict[str, Any] = json.loads(answer)
    return session


@pytest.mark.timeout(240)
def test_a_newcomer_gets_a_world_to_sign_in_to_and_keeps_it(data: Path) -> None:
    run = Run(data, program=PROGRAM).start().until("Ctrl-C stops everything.", timeout=100)
    state = LocalState.read(data)
    assert state is not None
    for path in ("/ready", "/api/docs", "/admin/login/"):
        assert fetch(f"{state.web_url}{path}")[0] == 200
    session = sign_in(data, state.web_url)
    status, answer = fetch(f"{state.web_url}/api/strings", authorization=f"Bearer {session['access_token']}")
    assert status == 200
    strings = json.loads(answer)["data"]
    assert strings
    for account in demo_accounts(data):
        assert account["email"] in run.said()

    # Any command works beside it, without being told where the servers are; the world is planted once.
    beside = subprocess.run(
        [sys.executable, "manage.py", "seed", "--once"],
        cwd=PROJECT,
        env={**clean_environment(), "LIFESTRING_DATA": str(data)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert beside.returncode == 0, beside.stderr

    run.process.kill()
    assert run.ends() == -signal.SIGKILL
    (again := Run(data, program=PROGRAM, arguments=["--ai", "demo"])).start()
    again.until("Ctrl-C stops everything.", timeout=100)
    assert "The assistant is a demo, and says so" in again.said()
    state = LocalState.read(data)
    assert state is not None
    asked = {"model": "demo", "messages": [{"role": "user", "content": "Who plays chess?"}]}
    status, answer = fetch(f"{state.demo_model_url}/chat/completions", asked)
    assert json.loads(answer)["choices"][0]["message"]["content"].startswith("This is a demo: no model answers here")
    token = sign_in(data, f"http://127.0.0.1:{again.port}")["access_token"]
    _, answer = fetch(f"http://127.0.0.1:{again.port}/api/strings", authorization=f"Bearer {token}")
    assert [row["id"] for row in json.loads(answer)["data"]] == [row["id"] for row in strings]
    again.process.send_signal(signal.SIGTERM)
    assert again.ends(timeout=60) == 0


def test_commands_without_servers_say_what_to_do(data: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "migrate"],
        cwd=PROJECT,
        env={**clean_environment(), "LIFESTRING_DATA": str(data)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode != 0
    assert "DATABASE_URL is not set" in done.stderr
    assert "make run" in done.stderr


def test_it_does_not_start_beside_a_real_project(data: Path) -> None:
    env = {**clean_environment(), "SUPABASE_URL": "https://abc.supabase.co"}
    command = [*PROGRAM, "--data", str(data)]
    done = subprocess.run(command, cwd=PROJECT, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("SUPABASE_URL is set")
    assert not data.exists()


def test_help_lists_the_command() -> None:
    env = clean_environment()
    done = subprocess.run([*PROGRAM, "--help"], cwd=PROJECT, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    for option in ("--port", "--data", "--host", "--expose", "--ai"):
        assert option in done.stdout
