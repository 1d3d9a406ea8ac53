"""The Redis of local mode: its life, and the deaths it has to survive."""

import socket
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError
from redis.retry import Retry

from lifestring.local.files import read_json
from lifestring.local.processes import LocalError, named
from lifestring.local.redis import EmbeddedRedis


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedRedis]:
    redis = EmbeddedRedis(tmp_path / 'it"s a folder')
    redis.start()
    yield redis
    redis.stop()


def process(server: EmbeddedRedis) -> psutil.Process:
    found = named("valkey-server", lambda one: str(server.data) in " ".join(one.cmdline()))
    assert len(found) == 1
    return found[0]


def test_it_serves_on_loopback_behind_a_password(server: EmbeddedRedis) -> None:
    assert server.is_running
    with Redis.from_url(server.url) as client:
        assert client.config_get("bind") == {"bind": "127.0.0.1"}
    values = read_json(server.data / "redis.json")
    assert values is not None
    once = Retry(NoBackoff(), 0)
    with Redis(host="127.0.0.1", port=values["port"], retry=once) as stranger, pytest.raises(AuthenticationError):
        stranger.ping()
    for name in ("redis.json", "redis/valkey.conf"):
        assert stat.S_IMODE((server.data / name).stat().st_mode) == 0o600


def test_jobs_survive_a_stop_and_a_kill_and_the_address_stays(server: EmbeddedRedis) -> None:
    url = server.url
    assert server.start() is False
    with Redis.from_url(url) as client:
        client.rpush("jobs", "one")
    server.stop()
    server.stop()
    assert not server.is_running
    assert server.start() is True
    with Redis.from_url(url) as client:
        assert client.lrange("jobs", 0, -1) == [b"one"]
        client.rpush("jobs", "two")
        # What was acknowledged is in the file within the second; a kill of the process alone loses not even that.
    process(server).kill()
    again = EmbeddedRedis(server.data)
    assert again.start() is True
    assert again.url == url
    with Redis.from_url(url) as client:
        assert client.lrange("jobs", 0, -1) == [b"one", b"two"]


def test_without_durability_nothing_is_written(tmp_path: Path) -> None:
    server = EmbeddedRedis(tmp_path, durable=False)
    server.start()
    with Redis.from_url(server.url) as client:
        client.set("key", "value")
    server.stop()
    assert {path.name for path in (tmp_path / "redis").iterdir()} == {"valkey.conf"}


def test_many_starts_at_once_make_one_server(server: EmbeddedRedis) -> None:
    server.stop()
    with ThreadPoolExecutor(4) as pool:
        starts = list(pool.map(lambda _: EmbeddedRedis(server.data).start(), range(4)))
    assert sorted(starts) == [False, False, False, True]
    assert process(server)


def test_a_port_taken_meanwhile_is_left_to_its_new_owner(server: EmbeddedRedis) -> None:
    server.stop()
    values = read_json(server.data / "redis.json")
    assert values is not None
    with socket.create_server(("127.0.0.1", values["port"])):
        assert server.start() is True
        assert f":{values['port']}/" not in server.url
        assert server.is_running


def test_it_says_what_the_server_said_when_that_does_not_start(tmp_path: Path) -> None:
    server = EmbeddedRedis(tmp_path)
    with pytest.raises(LocalError, match="no Redis in"):
        _ = server.url
    (tmp_path / "redis").mkdir()
    (tmp_path / "redis" / "appendonlydir").write_text("a file where a folder has to be")
    with pytest.raises(LocalError, match=r"(?s)did not start.*appendonlydir"):
        server.start()
    assert not server.is_running
