"""The real supabase-js against a running local mode, as a frontend would use it."""

import http.client
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection

from accounts.tests import node
from lifestring.local.ports import free_port
from lifestring.local.secrets import LocalSecrets
from lifestring.local.state import LocalState

SCRIPT = Path(__file__).parent / "supabase_js"
STEPS = [
    *("sign-up", "getUser", "getClaims", "taken e-mail", "weak password", "anonymous sign-in", "wrong password"),
    *("sign-in", "updateUser", "refresh", "a session ended by the new password", "our API", "password recovery"),
    *("sign-out", "use after sign-out", "admin"),
]
START_SECONDS = 30
PASSED_ON = ("PATH", "HOME", "LANG", "TMPDIR", "PYTEST_VERSION")


@dataclass(frozen=True)
class LocalMode:
    """A web service in local mode."""

    url: str
    secrets: LocalSecrets


def _answers(port: int) -> bool:
    try:
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        client.request("GET", "/auth/v1/health")
        return client.getresponse().status == 200
    except OSError:
        return False
    finally:
        client.close()


@pytest.fixture
def running(transactional_db: None, tmp_path: Path) -> Iterator[LocalMode]:
    """Run the web service on the test database, told by a data folder alone, as `make run` does."""
    data, port = tmp_path / "data", free_port()
    url = f"http://127.0.0.1:{port}"
    database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    data.mkdir()
    LocalState(data, database, settings.REDIS_URL, url, os.getpid()).write()
    environment = {name: value for name, value in os.environ.items() if name in PASSED_ON or name.startswith("COV")}
    command = [sys.executable, "-m", "uvicorn", "lifestring.asgi:application", "--lifespan", "off"]
    command += ["--ws", "websockets-sansio", "--host", "127.0.0.1", "--port", str(port)]
    log = tmp_path / "web.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=output,
            cwd=settings.BASE_DIR,
            env={**environment, "LIFESTRING_DATA": str(data)},
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _answers(port):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        yield LocalMode(url, LocalSecrets.read_or_create(data))
    finally:
        process.terminate()
        process.wait(timeout=20)
    assert "Traceback" not in log.read_text(), log.read_text()


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """Install the pinned packages beside a copy of the script, outside of the tree."""
    assert node.version() >= node.OLDEST, f"this needs Node {node.OLDEST} or newer, and npm"
    folder = tmp_path / "supabase_js"
    shutil.copytree(SCRIPT, folder, ignore=shutil.ignore_patterns("node_modules"))
    command = ["npm", "ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"]
    installed = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=180, check=False)
    assert installed.returncode == 0, installed.stderr
    return folder / "client.mjs"


@pytest.mark.serial
@pytest.mark.timeout(300)
def test_the_real_client_signs_up_in_and_out(running: LocalMode, script: Path) -> None:
    keys = {"ANON_KEY": running.secrets.anon_key, "SERVICE_KEY": running.secrets.service_key}
    done = subprocess.run(
        ["node", str(script)],
        env={"PATH": os.environ["PATH"], "LIFESTRING_URL": running.url, **keys},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["steps"] == STEPS


@pytest.mark.serial
def test_a_page_of_another_port_may_call_it(running: LocalMode) -> None:
    asked = ["apikey", "authorization", "content-type", "x-client-info", "x-supabase-api-version"]
    client = http.client.HTTPConnection(urlsplit(running.url).netloc, timeout=10)
    headers = {
        "Origin": "http://localhost:5173",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": ",".join(asked),
    }
    client.request("OPTIONS", "/auth/v1/token?grant_type=password", headers=headers)
    answer = client.getresponse()
    answer.read()
    allowed = [name.strip() for name in (answer.getheader("Access-Control-Allow-Headers") or "").split(",")]
    assert answer.getheader("Access-Control-Allow-Origin") == "http://localhost:5173"
    assert set(asked) <= set(allowed)
    client.request("POST", "/auth/v1/signup", "{}", {"Origin": "http://localhost:5173"})
    answer = client.getresponse()
    assert answer.status == 422
    assert "x-supabase-api-version" in (answer.getheader("Access-Control-Expose-Headers") or "")
    client.close()
