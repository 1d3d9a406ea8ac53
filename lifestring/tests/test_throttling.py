"""How much one caller may ask (docs/configuration.md, Limits)."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.conf import settings as project_settings
from django.test import RequestFactory
from rest_framework.test import APIClient

from lifestring.testing.people import Person
from lifestring.throttling import buckets, client_address
from lifestring.throttling.buckets import Buckets, Policy

NOBODY = "redis://127.0.0.1:9/0"


@pytest.fixture(autouse=True)
def _empty() -> None:
    client = buckets.redis.Redis.from_url(project_settings.REDIS_URL)
    for key in client.scan_iter(f"{buckets.PREFIX}*"):
        client.delete(key)
    client.close()
    buckets._buckets.clear()


@pytest.fixture
def limits(settings: Any) -> dict[str, tuple[int, int]]:
    settings.RATE_LIMITS = {"read": (3, 600), "write": (2, 600), "address": (100, 600), "auth": (2, 600)}
    given: dict[str, tuple[int, int]] = settings.RATE_LIMITS
    return given


@pytest.mark.django_db
@pytest.mark.usefixtures("limits")
class TestRoutes:
    def test_a_caller_is_told_how_much_is_left_and_then_to_wait(self, alice: Person, bob: Person):
        left = []
        for _ in range(3):
            answer = alice.client.get("/api/me")
            assert answer.status_code == 200
            assert answer.headers["RateLimit-Limit"] == "3"
            left.append(answer.headers["RateLimit-Remaining"])
        assert left == ["2", "1", "0"]
        refused = alice.client.get("/api/me")
        assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
        assert 195 <= int(refused.headers["Retry-After"]) <= 201
        assert refused.headers["RateLimit-Remaining"] == "0"
        assert 590 <= int(refused.headers["RateLimit-Reset"]) <= 600
        assert bob.client.get("/api/me").status_code == 200
        assert alice.client.patch("/api/me", {}).status_code == 200

    def test_writes_are_counted_apart(self, alice: Person):
        statuses = [alice.client.post("/api/strings", {"content_text": f"{n}"}).status_code for n in range(3)]
        assert statuses == [201, 201, 429]
        assert alice.client.get("/api/me").status_code == 200

    def test_an_address_is_refused_before_anybody_asks_who_it_is(self, limits: Any, anonymous: APIClient):
        limits["address"] = (4, 600)
        statuses = [anonymous.get("/api/me", headers={"Authorization": "Bearer x"}).status_code for _ in range(6)]
        assert statuses == [401, 401, 401, 401, 429, 429]

    def test_signing_in_is_counted_by_address(self, anonymous: APIClient):
        statuses = [anonymous.post("/api/auth/login", {}).status_code for _ in range(3)]
        assert statuses == [422, 422, 429]
        assert anonymous.post("/api/auth/login", {}, REMOTE_ADDR="192.0.2.7").status_code == 422

    def test_what_lives_beside_the_api_is_not_limited(self, limits: Any, anonymous: APIClient):
        limits["address"] = (1, 600)
        assert [anonymous.get("/up").status_code for _ in range(3)] == [200, 200, 200]

    def test_without_limits_nothing_is_counted(self, settings: Any, alice: Person):
        settings.RATE_LIMITS = {}
        answer = alice.client.get("/api/me")
        assert "RateLimit-Limit" not in answer.headers


class TestBuckets:
    def test_processes_and_threads_together_take_exactly_what_there_is(self):
        policy = Policy("read", 120, 3600)
        processes = [Buckets(project_settings.REDIS_URL) for _ in range(3)]
        with ThreadPoolExecutor(12) as threads:
            given = list(threads.map(lambda n: processes[n % 3].take(policy, "alice").allowed, range(400)))
        passed = sum(given)
        # Each process may hold the last tokens it fetched without having been asked for them.
        assert 120 - 3 * (policy.limit // buckets.LEASE_PART) <= passed <= 120

    def test_a_small_limit_is_exact(self):
        policy = Policy("report", 10, 3600)
        processes = [Buckets(project_settings.REDIS_URL) for _ in range(5)]
        with ThreadPoolExecutor(10) as threads:
            given = list(threads.map(lambda n: processes[n % 5].take(policy, "alice").allowed, range(100)))
        assert sum(given) == 10

    def test_tokens_come_back(self):
        policy = Policy("read", 2, 1)
        one = Buckets(project_settings.REDIS_URL)
        assert [one.take(policy, "alice").allowed for _ in range(3)] == [True, True, False]
        verdict = one.take(policy, "alice")
        assert 0 < verdict.retry_after <= 0.5
        time.sleep(verdict.retry_after + 0.05)
        assert one.take(policy, "alice").allowed

    def test_a_busy_caller_seldom_asks_redis_and_a_slow_one_loses_nothing(self, monkeypatch: pytest.MonkeyPatch):
        one = Buckets(project_settings.REDIS_URL)
        asked: list[int] = []
        script = one._script

        def counted(keys: list[str], args: list[int]) -> Any:
            asked.append(args[2])
            return script(keys=keys, args=args)

        monkeypatch.setattr(one, "_script", counted)
        policy = Policy("read", 1_000, 60)
        assert all(one.take(policy, "busy").allowed for _ in range(200))
        assert len(asked) < 20
        assert max(asked) == 20
        monkeypatch.setattr(buckets, "LEASE_SECONDS", 0.0)
        asked.clear()
        assert all(one.take(policy, "slow").allowed for _ in range(10))
        assert asked == [1] * 10

    def test_while_redis_is_away_the_door_is_neither_open_nor_closed(self, caplog: pytest.LogCaptureFixture):
        one = Buckets(NOBODY)
        policy = Policy("read", 5, 600)
        assert [one.take(policy, "alice").allowed for _ in range(7)] == [True] * 5 + [False] * 2
        assert one.take(policy, "bob").allowed
        assert len(caplog.records) == 1

    def test_when_redis_is_back_it_is_asked_again(self, monkeypatch: pytest.MonkeyPatch):
        one = Buckets(NOBODY)
        policy = Policy("read", 5, 600)
        one.take(policy, "alice")
        one._script = Buckets(project_settings.REDIS_URL)._script
        assert one.take(policy, "alice").remaining == 3
        one._away_until = 0.0
        assert one.take(policy, "alice").remaining == 4

    def test_a_process_remembers_only_so_many_callers(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(buckets, "MAX_CALLERS", 10)
        one = Buckets(NOBODY)
        for number in range(50):
            one.take(Policy("read", 5, 600), f"{number}")
        assert len(one._held) == len(one._local) == 10


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("192.0.2.1", "", "192.0.2.1"),
        ("192.0.2.1", "198.51.100.1", "192.0.2.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "203.0.113.9, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "203.0.113.9, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "198.51.100.1, nonsense", "10.0.0.1"),
        ("10.0.0.1", "nonsense, 10.0.0.2", "10.0.0.2"),
        ("::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("fe80::1%eth0", "", "fe80::/64"),
        ("2001:db8:1:2:3::4", "", "2001:db8:1:2::/64"),
        ("", "198.51.100.1", "unknown"),
    ],
)
def test_the_address_is_the_last_that_no_proxy_of_ours_has(settings: Any, peer: str, forwarded: str, found: str):
    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]
    request = RequestFactory().get("/", REMOTE_ADDR=peer, headers={"X-Forwarded-For": forwarded} if forwarded else {})
    assert client_address(request) == found
