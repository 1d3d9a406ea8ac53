"""What a data folder holds for other processes: state and secrets."""

import json
import os
import stat
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import jwt
import pytest

from lifestring.local.banner import banner, demo_accounts
from lifestring.local.files import last_lines
from lifestring.local.logs import KEPT_BYTES, open_log
from lifestring.local.secrets import LocalSecrets
from lifestring.local.state import PROJECT, LocalState, data_folder


@pytest.fixture
def state(tmp_path: Path) -> LocalState:
    return LocalState(tmp_path, "postgresql://x", "redis://y", "http://127.0.0.1:8000", os.getpid())


def test_state_is_read_as_it_was_written(state: LocalState) -> None:
    assert LocalState.read(state.data) is None
    state.write()
    assert LocalState.read(state.data) == state
    assert stat.S_IMODE((state.data / "state.json").stat().st_mode) == 0o600
    LocalState.remove(state.data)
    LocalState.remove(state.data)
    assert LocalState.read(state.data) is None


def test_state_of_a_supervisor_that_is_gone_is_no_state(state: LocalState) -> None:
    with subprocess.Popen(["true"]) as gone:
        pass
    replace(state, supervisor_pid=gone.pid).write()
    assert LocalState.read(state.data) is None
    replace(state, supervisor_pid=1).write()
    assert LocalState.read(state.data) is not None


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"database_url": 1, "supervisor_pid": "x"}'])
def test_rubbish_is_no_state(state: LocalState, text: str) -> None:
    (state.data / "state.json").write_text(text)
    assert LocalState.read(state.data) is None


def test_the_data_folder_is_beside_manage_py_unless_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LIFESTRING_DATA", raising=False)
    assert data_folder() == PROJECT / ".lifestring"
    monkeypatch.setenv("LIFESTRING_DATA", "other")
    assert data_folder() == PROJECT / "other"
    monkeypatch.setenv("LIFESTRING_DATA", "/elsewhere/data")
    assert data_folder() == Path("/elsewhere/data")


def test_secrets_are_made_once_also_by_many_at_a_time(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: LocalSecrets.read_or_create(tmp_path), range(8)))
    assert all(secrets == found[0] for secrets in found)
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600
    assert {path.name for path in tmp_path.iterdir()} == {"secrets.json"}
    assert LocalSecrets.read_or_create(tmp_path / "other") != found[0]


def test_secrets_have_supabases_forms(tmp_path: Path) -> None:
    secrets = LocalSecrets.read_or_create(tmp_path)
    assert len(secrets.jwt_secret) >= 40
    assert len(secrets.secret_key) >= 50
    for key, role in ((secrets.anon_key, "anon"), (secrets.service_key, "service_role")):
        claims = jwt.decode(key, secrets.jwt_secret, algorithms=["HS256"])
        assert {name: claims[name] for name in ("iss", "ref", "role")} == {
            "iss": "supabase",
            "ref": "local",
            "role": role,
        }
        assert claims["exp"] - claims["iat"] == 315_360_000
    token = jwt.encode({"sub": "x"}, secrets.jwt_signing_key_pem, algorithm="ES256", headers={"kid": secrets.jwt_kid})
    jwks = jwt.PyJWKSet.from_dict(secrets.jwks())
    assert jwt.decode(token, jwks[secrets.jwt_kid].key, algorithms=["ES256"]) == {"sub": "x"}
    assert "d" not in secrets.jwks()["keys"][0]


def test_damaged_secrets_are_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    path.write_text(json.dumps({"secret_key": "x"}))
    with pytest.raises(ValueError, match="is damaged"):
        LocalSecrets.read_or_create(tmp_path)
    assert path.read_text() == '{"secret_key": "x"}'


def test_a_signing_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    rsa = subprocess.run(["openssl", "genrsa", "2048"], capture_output=True, text=True, check=True).stdout
    with pytest.raises(ValueError, match="not an elliptic curve key"):
        replace(LocalSecrets.generate(), jwt_signing_key_pem=rsa).jwks()


def test_the_banner_names_demo_accounts(tmp_path: Path) -> None:
    assert demo_accounts(tmp_path) == []
    assert "Demo" not in banner(tmp_path, "http://127.0.0.1:8000")
    accounts = [{"email": "alice@example.com", "password": "p4ss", "role": "admin"}, "rubbish", {}]
    (tmp_path / "demo.json").write_text(json.dumps(accounts))
    assert "    alice@example.com  p4ss  admin\n" in banner(tmp_path, "http://127.0.0.1:8000")
    (tmp_path / "demo.json").write_text("{}")
    assert demo_accounts(tmp_path) == []


def test_a_long_log_is_set_aside_and_its_end_is_what_counts(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "web.log"
    with open_log(path) as log:
        log.write(b"x" * KEPT_BYTES + b"\nlast words\n")
    assert last_lines(path, 1) == "last words"
    with open_log(path) as log:
        log.write(b"one\ntwo\nthr\xffee\n")
    assert last_lines(path, 2, since=4) == "two\nthr\ufffdee"
    assert path.with_name("web.log.1").stat().st_size > KEPT_BYTES
    assert last_lines(tmp_path / "none.log") == ""
