"""Which tokens sign somebody in: forged, foreign, expired and odd ones do not, and none makes a 500."""

import base64
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from rest_framework.test import APIClient

from accounts import tokens
from accounts.jwks import KeySet
from accounts.tokens import TokenError, TokenVerifier
from lifestring.errors import UnavailableError
from lifestring.testing.asserts import assert_error
from lifestring.testing.environment import JWT_SECRET
from lifestring.testing.jwks_server import SigningKey, ec_key, rsa_key, serve_keys
from lifestring.testing.people import make_token

ISSUER = "https://project.supabase.example/auth/v1"
EC, RSA, OTHER_EC = ec_key("ec-1"), rsa_key("rsa-1"), ec_key("ec-1")
# A key that was just looked for, for somebody else's token, may be there by now: nobody can say yet.
REFUSED = (TokenError, UnavailableError)
SESSION = "0b7f6a53-9b1a-4a6e-8a35-3f0a2f0c5d11"


@pytest.fixture(scope="module")
def keys() -> Iterator[KeySet]:
    with serve_keys(EC, RSA) as publisher:
        yield KeySet(publisher.url)
        assert len(publisher.requests) == 1, "one fetch served this whole module"


@pytest.fixture
def verifier(keys: KeySet) -> TokenVerifier:
    return TokenVerifier(keys=keys, secret=JWT_SECRET, issuer=ISSUER)


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    base = {"iss": ISSUER, "sub": str(uuid.UUID(int=7)), "aud": "authenticated", "role": "authenticated", "iat": now,
            "exp": now + 3600, "session_id": SESSION, "is_anonymous": False}  # fmt: skip
    given = {name: now + 60 if value == "in-a-minute" else value for name, value in changes.items()}
    return {name: value for name, value in {**base, **given}.items() if value is not ...}


def sign(key: SigningKey | str = JWT_SECRET, *, headers: dict[str, Any] | None = None, **changes: Any) -> str:
    if isinstance(key, str):
        return jwt.encode(claims(**changes), key, algorithm="HS256", headers=headers)
    return jwt.encode(claims(**changes), key.private, key.algorithm, headers={"kid": key.kid, **(headers or {})})


def b64(data: bytes | dict[str, Any]) -> str:
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def by_hand(header: bytes | dict[str, Any], payload: bytes | dict[str, Any], secret: bytes = b"") -> str:
    """A token no library would make: signed with HMAC-SHA256 whatever its header says."""
    signed = f"{b64(header)}.{b64(payload)}"
    return f"{signed}.{b64(hmac.digest(secret, signed.encode(), hashlib.sha256))}"


def public_pem(key: SigningKey) -> bytes:
    return key.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


class TestAccepted:
    @pytest.mark.parametrize("key", [JWT_SECRET, EC, RSA], ids=["HS256", "ES256", "RS256"])
    def test_each_algorithm_while_the_others_work_too(self, verifier: TokenVerifier, key: Any):
        found = verifier.verify(sign(key))
        assert found.user_id == uuid.UUID(int=7)
        assert str(found.session_id) == SESSION
        assert found.expires_at == pytest.approx(time.time() + 3600, abs=5)

    @pytest.mark.parametrize(
        "changes",
        [
            {"aud": ["other", "authenticated"]},
            {"is_anonymous": ...},
            {"session_id": ...},
            {"session_id": 5},
            {"iat": ...},
            {"exp": 4_102_444_800},
            {"app_metadata": {"roles": ["super admin"]}, "user_metadata": {"a": [None]}},
        ],
    )
    def test_claims_that_vary(self, verifier: TokenVerifier, changes: dict[str, Any]):
        assert verifier.verify(sign(EC, **changes)).user_id == uuid.UUID(int=7)

    @pytest.mark.parametrize(("name", "seconds"), [("exp", -5), ("nbf", 5), ("iat", 300)])
    def test_clocks_may_differ(self, verifier: TokenVerifier, name: str, seconds: int):
        assert verifier.verify(sign(EC, **{name: int(time.time()) + seconds}))

    def test_a_legacy_token_that_names_a_key(self, verifier: TokenVerifier):
        assert verifier.verify(sign(JWT_SECRET, headers={"kid": "legacy"}))


class TestRefused:
    @pytest.mark.parametrize("seconds", [-12, -3600, -(10**9)])
    def test_expired(self, verifier: TokenVerifier, seconds: int):
        with pytest.raises(TokenError) as caught:
            verifier.verify(sign(EC, exp=int(time.time()) + seconds))
        assert caught.value.code == "token_expired"

    @pytest.mark.parametrize(
        "changes",
        [
            *({name: ...} for name in ("exp", "aud", "iss", "sub", "role")),
            *({name: None} for name in ("exp", "aud", "iss", "sub", "role")),
            *({"exp": odd} for odd in ("soon", [], {}, True, -1)),
            *({"aud": odd} for odd in ("anon", "Authenticated", ["other"], [], "", 5, {"a": 1}, [["authenticated"]])),
            *({"iss": odd} for odd in ("https://evil.example/auth/v1", ISSUER + "/", "", 5, [ISSUER], {})),
            *({"role": odd} for odd in ("super", "", "AUTHENTICATED", 5, ["authenticated"], {"a": 1}, True)),
            *({"sub": odd} for odd in ("", "7", "not-a-uuid", 7, [], {}, "0" * 5_000, "00000000-0000-0000-0000-00000000000g")),
            *({name: 4_102_444_800} for name in ("nbf", "iat")),
            *({name: odd} for name in ("nbf", "iat") for odd in ("x", [], {})),
        ],
        ids=repr,
    )  # fmt: skip
    @pytest.mark.parametrize("key", [JWT_SECRET, EC], ids=["HS256", "ES256"])
    def test_claims_that_do_not_fit(self, verifier: TokenVerifier, key: Any, changes: dict[str, Any]):
        signed = sign_anything(key, claims(**changes))
        with pytest.raises(TokenError) as caught:
            verifier.verify(signed)
        assert caught.value.status == 401

    @pytest.mark.parametrize("exp", [b"1e999", b"-1e999", b"9" * 5_000, b"NaN"])
    def test_an_expiry_beyond_all_numbers(self, verifier: TokenVerifier, exp: bytes):
        payload = json.dumps(claims(exp=0)).encode().replace(b'"exp": 0', b'"exp": ' + exp)
        with pytest.raises(TokenError):
            verifier.verify(by_hand({"alg": "HS256"}, payload, JWT_SECRET.encode()))

    @pytest.mark.parametrize("role", ["anon", "service_role"])
    @pytest.mark.parametrize("changes", [{}, {"aud": ..., "sub": ..., "iss": "supabase", "ref": "abc"}])
    def test_api_keys_and_says_so(self, verifier: TokenVerifier, role: str, changes: dict[str, Any]):
        with pytest.raises(TokenError) as caught:
            verifier.verify(sign(JWT_SECRET, role=role, **changes))
        assert caught.value.code == "api_key_not_allowed"

    def test_anonymous_users_and_says_so(self, verifier: TokenVerifier):
        with pytest.raises(TokenError) as caught:
            verifier.verify(sign(EC, is_anonymous=True))
        assert caught.value.code == "anonymous_user"

    @pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", "", "hs256", "HS384", "HS512", "PS256", "ES384",
                                           "EdDSA", "RS512", None, 5, [], ["HS256"], {"a": 1}])  # fmt: skip
    @pytest.mark.parametrize("kid", ["ec-1", "rsa-1", None])
    def test_every_other_algorithm(self, verifier: TokenVerifier, algorithm: Any, kid: str | None):
        header = {"alg": algorithm, "typ": "JWT"} | ({"kid": kid} if kid else {})
        signed = by_hand(header, claims(), JWT_SECRET.encode())
        for token in (signed, signed.rpartition(".")[0] + "."):
            with pytest.raises(TokenError) as caught:
                verifier.verify(token)
            assert caught.value.code == "token_invalid"

    @pytest.mark.parametrize("key", [EC, RSA], ids=["EC", "RSA"])
    def test_the_public_key_as_a_shared_secret(self, verifier: TokenVerifier, key: SigningKey):
        pem = public_pem(key)
        for secret in (pem, pem.strip(), json.dumps(key.public_jwk()).encode(), b""):
            with pytest.raises(TokenError):
                verifier.verify(by_hand({"alg": "HS256", "kid": key.kid}, claims(), secret))

    def test_the_legacy_algorithm_where_there_is_no_secret(self, keys: KeySet):
        modern = TokenVerifier(keys=keys, secret="", issuer=ISSUER)
        assert modern.verify(sign(EC))
        for secret in (b"", JWT_SECRET.encode()):
            for header in ({"alg": "HS256"}, {"alg": "HS256", "kid": "ec-1"}):
                with pytest.raises(TokenError):
                    modern.verify(by_hand(header, claims(), secret))

    @pytest.mark.parametrize(
        ("key", "headers"),
        [
            (EC, {"kid": "rsa-1"}),
            (RSA, {"kid": "ec-1"}),
            (OTHER_EC, {}),
            (EC, {"kid": "nobody"}),
            (EC, {"kid": ""}),
            (EC, {"kid": "ec-1\x00"}),
            (EC, {"kid": "../../etc/passwd"}),
            (EC, {"crit": ["exp"]}),
        ],
    )
    def test_a_key_that_is_not_the_one_named(self, verifier: TokenVerifier, key: SigningKey, headers: dict[str, Any]):
        with pytest.raises(REFUSED):
            verifier.verify(sign(key, headers=headers))

    @pytest.mark.parametrize("kid", [None, 5, [], {}, True])
    def test_a_key_id_that_is_no_text(self, verifier: TokenVerifier, kid: Any):
        with pytest.raises(TokenError):
            verifier.verify(by_hand({"alg": "ES256", "kid": kid}, claims()))

    def test_a_key_the_token_brings_along(self, verifier: TokenVerifier):
        attacker = ec_key("ec-1")
        with serve_keys(attacker) as evil:
            for headers in (
                {"jku": evil.url},
                {"x5u": evil.url},
                {"jwk": attacker.public_jwk()},
                {"x5c": [b64(public_pem(attacker))]},
                {"jku": evil.url, "kid": "evil"},
                {"kid": evil.url},
            ):
                with pytest.raises(REFUSED):
                    verifier.verify(sign(attacker, headers=headers))
            assert evil.requests == []

    def test_any_change_to_a_token_that_was_fine_a_moment_ago(self, verifier: TokenVerifier):
        good = sign(EC)
        assert verifier.verify(good)
        header, payload, signature = good.split(".")
        forged = b64(json.dumps(claims(sub=str(uuid.UUID(int=8)))).encode())
        first = "B" if signature[0] == "A" else "A"
        for bad in (f"{header}.{forged}.{signature}", f"{header}.{payload}.{first}{signature[1:]}", f"{header}.{payload}.",
                    good[:-3], good + "AAAA", good + ".", f"{good}.{good}", good.upper(), f" {good}"):  # fmt: skip
            with pytest.raises(TokenError):
                verifier.verify(bad)

    @pytest.mark.parametrize(
        "token",
        [
            *("", "a", ".", "..", "...", "a.b", "a.b.c", "a.b.c.d", "null", "\x00", "é", "ÿ.ÿ.ÿ", "%00", "=.=.="),
            *("x" * 16_385, "x." * 9_000, "." * 16_384, "x" * 1_000_000, b64(b"\xff" * 300)),
            *(by_hand(odd, {}) for odd in (b"", b"{}", b"[]", b"null", b"5", b'"x"', b"{", b"\xff\xfe", b"NaN")),
            by_hand(b"[" * 5_000, {}),
            by_hand(b'{"alg":' + b"9" * 5_000 + b"}", {}),
            by_hand({"alg": "HS256", "b64": False}, {}, JWT_SECRET.encode()),
            by_hand({"alg": "HS256", "zip": "DEF"}, {}, JWT_SECRET.encode()),
            *(by_hand({"alg": "HS256"}, odd, JWT_SECRET.encode()) for odd in (b"", b"[]", b"null", b"5", b"{", b"\xff", b"[" * 5_000)),
            by_hand({"alg": "HS256"}, b'{"exp": 1' + b"0" * 5_000 + b"}", JWT_SECRET.encode()),
        ],
        ids=lambda token: repr(token[:24]) + str(len(token)),
    )  # fmt: skip
    def test_garbage_of_all_sizes(self, verifier: TokenVerifier, token: str):
        with pytest.raises(TokenError) as caught:
            verifier.verify(token)
        assert caught.value.code == "token_invalid"


def sign_anything(key: SigningKey | str, payload: dict[str, Any]) -> str:
    """Sign claims of types that PyJWT refuses to write."""
    header = {"alg": "HS256"} if isinstance(key, str) else {"alg": key.algorithm, "kid": key.kid}
    signed = f"{b64(header)}.{b64(payload)}"
    writer = jwt.get_algorithm_by_name(str(header["alg"]))
    prepared = writer.prepare_key(key if isinstance(key, str) else key.private)
    return f"{signed}.{b64(writer.sign(signed.encode(), prepared))}"


class TestRemembered:
    def test_a_remembered_token_still_expires(self, verifier: TokenVerifier):
        token = sign(EC, exp=int(time.time()) - tokens.LEEWAY_SECONDS + 2)
        assert verifier.verify(token)
        time.sleep(2.1)
        with pytest.raises(TokenError) as caught:
            verifier.verify(token)
        assert caught.value.code == "token_expired"

    def test_no_more_are_remembered_than_there_is_room_for(
        self, verifier: TokenVerifier, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(tokens, "REMEMBERED_TOKENS", 3)
        for number in range(10):
            assert verifier.verify(sign(sub=str(uuid.UUID(int=number)))).user_id == uuid.UUID(int=number)
        assert len(verifier._remembered) <= 3

    def test_a_refused_token_is_not_remembered(self, verifier: TokenVerifier):
        for _ in range(3):
            with pytest.raises(TokenError):
                verifier.verify(sign(is_anonymous=True))
        assert verifier._remembered == {}


CODES = {
    "expired": ({"exp": 1}, "token_expired"),
    "api-key": ({"role": "anon"}, "api_key_not_allowed"),
    "anonymous": ({"is_anonymous": True}, "anonymous_user"),
    "other-project": ({"iss": "https://other.example/auth/v1"}, "token_invalid"),
    "nobody": ({"sub": "nobody"}, "token_invalid"),
}


@pytest.mark.parametrize("name", CODES)
def test_over_http_each_is_401_with_a_challenge(anonymous: APIClient, name: str):
    changes, code = CODES[name]
    anonymous.credentials(HTTP_AUTHORIZATION="Bearer " + make_token(uuid.uuid4(), **changes))
    answer = anonymous.get("/api/me")
    assert_error(answer, 401, code)
    assert f'code="{code}"' in answer.headers["WWW-Authenticate"]
