"""The project's published keys: rotation, outages and a publisher gone mad, seen from a process that only reads them."""

import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jwt
import pytest
from rest_framework.test import APIClient

from accounts import jwks, tokens
from accounts.jwks import KeySet, UnknownKeyError
from accounts.tokens import TokenVerifier
from lifestring.errors import UnavailableError
from lifestring.testing.asserts import assert_error
from lifestring.testing.jwks_server import KeyServer, SigningKey, ec_key, rsa_key, serve_keys
from lifestring.testing.people import Person, make_person, make_token

EC, RSA, NEXT = ec_key("ec-1"), rsa_key("rsa-1"), ec_key("ec-2")
ISSUER = "https://project.supabase.example/auth/v1"


@pytest.fixture
def publisher() -> Iterator[KeyServer]:
    with serve_keys(EC, RSA) as server:
        yield server


@pytest.fixture
def keys(publisher: KeyServer) -> KeySet:
    return KeySet(publisher.url)


@pytest.fixture
def warm(keys: KeySet, publisher: KeyServer) -> KeySet:
    keys.key("ec-1", "ES256")
    publisher.requests.clear()
    return keys


@pytest.fixture
def no_cooldown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jwks, "COOLDOWN_SECONDS", 0.0)


def at_once(count: int, function: Callable[[int], Any]) -> list[Any]:
    """Run the function in so many threads that start together; exceptions are results."""
    barrier = threading.Barrier(count)

    def one(number: int) -> Any:
        barrier.wait(timeout=10)
        try:
            return function(number)
        except Exception as error:
            return error

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def eventually(condition: Callable[[], bool], *, seconds: float = 5.0) -> bool:
    end = time.monotonic() + seconds
    while not (done := condition()) and time.monotonic() < end:
        time.sleep(0.02)
    return done


class TestKnownKeys:
    def test_fifty_tokens_cost_one_fetch(self, publisher: KeyServer, keys: KeySet):
        verifier = TokenVerifier(keys=keys, secret="", issuer=ISSUER)
        for number in range(50):
            signer = (EC, RSA)[number % 2]
            now = int(time.time())
            claims = {"iss": ISSUER, "aud": "authenticated", "role": "authenticated", "sub": str(uuid.UUID(int=number)),
                      "exp": now + 60}  # fmt: skip
            token = jwt.encode(claims, signer.private, signer.algorithm, headers={"kid": signer.kid})
            assert verifier.verify(token).user_id == uuid.UUID(int=number)
        assert len(publisher.requests) == 1

    def test_forty_first_requests_at_once_cost_one_fetch(self, publisher: KeyServer, keys: KeySet):
        publisher.delay = 0.2
        found = at_once(40, lambda _: keys.key("ec-1", "ES256").key_id)
        assert found == ["ec-1"] * 40
        assert len(publisher.requests) == 1

    @pytest.mark.parametrize(
        ("kid", "algorithm"), [("ec-1", "RS256"), ("rsa-1", "ES256"), ("ec-1", "HS256"), ("x", "ES256")]
    )
    def test_a_key_is_for_one_algorithm(self, keys: KeySet, kid: str, algorithm: str):
        with pytest.raises(UnknownKeyError):
            keys.key(kid, algorithm)

    def test_given_keys_are_never_fetched(self):
        given = KeySet("", {"keys": [EC.public_jwk()]})
        assert given.key("ec-1", "ES256")
        with pytest.raises(UnknownKeyError):
            given.key("ec-2", "ES256")

    @pytest.mark.parametrize("url", ["", "file:///etc/passwd", "ftp://keys.example/", "keys.json", "//keys.example"])
    def test_keys_come_over_http_only(self, url: str):
        with pytest.raises(ValueError, match="http"):
            KeySet(url)


class TestRotation:
    def test_a_new_key_is_found_by_its_first_token(self, publisher: KeyServer, warm: KeySet, no_cooldown: None):
        publisher.publish(EC, NEXT)
        assert warm.key("ec-2", "ES256").key_id == "ec-2"
        assert warm.key("ec-1", "ES256").key_id == "ec-1"
        assert len(publisher.requests) == 1

    def test_unknown_ids_are_asked_for_once_in_ten_seconds(
        self, publisher: KeyServer, warm: KeySet, monkeypatch: pytest.MonkeyPatch
    ):
        publisher.publish(EC, NEXT)
        # Any of them may be a new key's: whoever has it is not to sign out before anybody has looked.
        for kid in ("ec-2", *(f"made-up-{number}" for number in range(20))):
            with pytest.raises(UnavailableError) as caught:
                warm.key(kid, "ES256")
            assert 1 <= int(caught.value.headers["Retry-After"]) <= 10
        assert publisher.requests == []
        monkeypatch.setattr(jwks, "COOLDOWN_SECONDS", 0.0)
        with pytest.raises(UnknownKeyError):
            warm.key("made-up", "ES256")
        assert warm.key("ec-2", "ES256")

    def test_a_flood_of_unknown_ids_costs_one_fetch(
        self, publisher: KeyServer, warm: KeySet, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(jwks, "COOLDOWN_SECONDS", 0.5)
        time.sleep(0.6)
        publisher.delay = 0.1
        refused = at_once(30, lambda number: warm.key(f"made-up-{number}", "ES256"))
        assert all(isinstance(error, UnknownKeyError) for error in refused)
        assert len(publisher.requests) == 1

    def test_known_keys_do_not_wait_for_unknown_ones(self, publisher: KeyServer, warm: KeySet, no_cooldown: None):
        publisher.delay = 1.5
        waiting = threading.Thread(target=lambda: at_once(1, lambda _: warm.key("made-up", "ES256")))
        waiting.start()
        assert eventually(lambda: len(publisher.requests) == 1)
        started = time.monotonic()
        assert warm.key("ec-1", "ES256")
        assert time.monotonic() - started < 0.5
        waiting.join()

    def test_a_key_that_was_taken_back_stops_working(
        self, publisher: KeyServer, warm: KeySet, no_cooldown: None, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(jwks, "FRESH_SECONDS", 0.0)
        publisher.publish(NEXT)

        def gone() -> bool:
            try:
                warm.key("ec-1", "ES256")
            except UnknownKeyError:
                return True
            return False

        assert eventually(gone)
        assert warm.key("ec-2", "ES256")

    def test_an_old_key_set_is_refreshed_behind_the_callers_back(
        self, publisher: KeyServer, warm: KeySet, no_cooldown: None, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(jwks, "FRESH_SECONDS", 0.0)
        publisher.delay = 0.5
        started = time.monotonic()
        assert warm.key("ec-1", "ES256")
        assert time.monotonic() - started < 0.4
        assert eventually(lambda: len(publisher.requests) >= 1)


class TestOutage:
    def test_with_nothing_cached_it_is_503_and_says_when_to_come_back(self, publisher: KeyServer, keys: KeySet):
        publisher.status = 500
        with pytest.raises(UnavailableError) as caught:
            keys.key("ec-1", "ES256")
        assert (caught.value.status, caught.value.code) == (503, "auth_unavailable")
        assert int(caught.value.headers["Retry-After"]) >= 1

    def test_a_publisher_that_is_down_is_not_hammered(self, publisher: KeyServer, keys: KeySet):
        publisher.status = 503
        publisher.delay = 0.1
        errors = at_once(30, lambda _: keys.key("ec-1", "ES256"))
        assert all(isinstance(error, UnavailableError) for error in errors)
        assert len(publisher.requests) == 1

    def test_it_recovers_by_itself(self, publisher: KeyServer, keys: KeySet, no_cooldown: None):
        publisher.status = 500
        with pytest.raises(UnavailableError):
            keys.key("ec-1", "ES256")
        publisher.status = 200
        assert keys.key("ec-1", "ES256")

    @pytest.mark.parametrize("fresh", [600.0, 0.0])
    def test_with_keys_cached_nobody_notices(
        self, publisher: KeyServer, warm: KeySet, no_cooldown: None, monkeypatch: pytest.MonkeyPatch, fresh: float
    ):
        monkeypatch.setattr(jwks, "FRESH_SECONDS", fresh)
        publisher.status = 500
        with pytest.raises(UnavailableError):
            warm.key("made-up", "ES256")
        for _ in range(5):
            assert warm.key("ec-1", "ES256")
            assert warm.key("rsa-1", "RS256")

    @pytest.mark.parametrize(
        "body",
        [b"<!doctype html><h1>Bad gateway</h1>", b"", b"null", b"[]", b"5", b'{"keys": null}', b'{"keys": {"kid": "a"}}',
         b'{"keys"', b"\xff\xfe", b'{"keys": [' + b" " * 300_000 + b"]}", b"[" * 100_000, b'{"a": ' + b"9" * 5_000 + b"}"],
        ids=lambda body: repr(body[:20]),
    )  # fmt: skip
    def test_an_answer_that_is_no_key_set_counts_as_an_outage(
        self, publisher: KeyServer, keys: KeySet, no_cooldown: None, body: bytes
    ):
        publisher.body = body
        with pytest.raises(UnavailableError):
            keys.key("ec-1", "ES256")
        publisher.body = None
        assert keys.key("ec-1", "ES256")
        publisher.body = body
        with pytest.raises(UnavailableError):
            keys.key("made-up", "ES256")
        assert keys.key("ec-1", "ES256")

    def test_an_answer_that_leads_elsewhere_is_not_followed(self, publisher: KeyServer, keys: KeySet):
        with serve_keys(EC) as elsewhere:
            publisher.status, publisher.headers = 302, {"Location": elsewhere.url}
            with pytest.raises(UnavailableError):
                keys.key("ec-1", "ES256")
            assert elsewhere.requests == []

    @pytest.mark.parametrize(("delay", "per_byte"), [(5.0, 0.0), (0.0, 0.05)], ids=["silent", "dripping"])
    def test_a_slow_answer_is_given_up(
        self, publisher: KeyServer, keys: KeySet, monkeypatch: pytest.MonkeyPatch, delay: float, per_byte: float
    ):
        monkeypatch.setattr(jwks, "TIMEOUT_SECONDS", 0.3)
        publisher.delay, publisher.delay_per_byte = delay, per_byte
        started = time.monotonic()
        with pytest.raises(UnavailableError):
            keys.key("ec-1", "ES256")
        assert time.monotonic() - started < 2.0

    @pytest.mark.parametrize(
        "entry",
        [None, 5, "key", [], {}, {"kid": 5}, {"kid": "x"}, {"kid": "x", "kty": "EC", "alg": []},
         {"kid": "x", "kty": [], "alg": "ES256"}, {"kid": "x", "kty": "oct", "k": "c2VjcmV0", "alg": "HS256"},
         {"kid": "x", "kty": "EC", "alg": "ES256"}, {"kid": "x", "kty": "EC", "alg": "ES256", "crv": "P-256", "x": "AA", "y": "AA"},
         {"kid": "x", "kty": "EC", "alg": "ES256", "crv": "P-256", "x": 5, "y": None},
         {"kid": "x", "kty": "EC", "alg": "ES256", "crv": "nope", "x": "!!", "y": "ÿ"},
         {"kid": "x", "kty": "RSA", "alg": "RS256", "n": "AQAB", "e": "AQAB"}, {"kid": "x", "kty": "RSA", "alg": "RS256", "n": 1, "e": 1},
         {"kid": "x", "kty": "RSA", "alg": "RS256"}, {"kid": "x", "kty": "OKP", "alg": "EdDSA", "crv": "Ed25519", "x": "AA"}],
        ids=lambda entry: json.dumps(entry)[:60],
    )  # fmt: skip
    def test_one_unreadable_key_does_not_take_the_others_along(self, publisher: KeyServer, keys: KeySet, entry: Any):
        publisher.keys = [entry, *publisher.keys, entry]
        assert keys.key("ec-1", "ES256")
        for algorithm in ("ES256", "RS256", "HS256", "EdDSA"):
            with pytest.raises((UnknownKeyError, UnavailableError)):
                keys.key("x", algorithm)
        assert keys.published() == ["ec-1", "rsa-1"]


@pytest.mark.django_db
class TestOverHTTP:
    @pytest.fixture
    def person(self, settings: Any, publisher: KeyServer) -> Person:
        settings.SUPABASE_JWKS_URL = publisher.url
        tokens.verifier.cache_clear()
        return make_person("Alice")

    def client(self, person: Person, signer: SigningKey) -> APIClient:
        claims = jwt.decode(make_token(person.user_id), options={"verify_signature": False})
        signed = jwt.encode(claims, signer.private, signer.algorithm, headers={"kid": signer.kid})
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {signed}")
        return client

    def test_old_and_new_keys_and_the_legacy_secret_sign_in_side_by_side(self, person: Person):
        for client in (person.client, self.client(person, EC), self.client(person, RSA)):
            assert client.get("/api/me").json()["data"]["user_id"] == str(person.user_id)

    def test_an_outage_is_503_and_does_not_sign_anybody_out(self, person: Person, publisher: KeyServer):
        publisher.status = 500
        answer = self.client(person, EC).get("/api/me")
        assert_error(answer, 503, "auth_unavailable")
        assert int(answer.headers["Retry-After"]) >= 1
        assert "WWW-Authenticate" not in answer.headers

    def test_an_outage_does_not_touch_legacy_tokens(self, person: Person, publisher: KeyServer):
        publisher.status = 500
        assert person.client.get("/api/me").status_code == 200
        assert publisher.requests == []

    def test_an_unknown_key_is_401(self, person: Person):
        assert_error(self.client(person, NEXT).get("/api/me"), 401, "token_invalid")
