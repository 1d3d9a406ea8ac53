"""The secrets a local mode makes for itself at its first start and keeps in its data folder.

They take the forms Supabase uses: an HS256 legacy secret with the anon and service keys signed by it, and an ES256 key
for user sessions. This module is imported by the settings: it must not import Django.
"""

import json
import secrets
import time
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from jwt.algorithms import ECAlgorithm

from lifestring.local.files import create_private_json, read_json

KEY_LIFETIME_SECONDS = 10 * 365 * 24 * 3600


def api_key(role: str, jwt_secret: str, issued_at: int) -> str:
    """One of Supabase's legacy API keys (role `anon` or `service_role`): an HS256 JWT good for ten years."""
    claims = {
        "iss": "supabase",
        "ref": "local",
        "role": role,
        "iat": issued_at,
        "exp": issued_at + KEY_LIFETIME_SECONDS,
    }
    return jwt.encode(claims, jwt_secret, algorithm="HS256")


@dataclass(frozen=True)
class LocalSecrets:
    """Everything secret that one local mode needs, and the two API keys clients use.

    `jwt_secret` signs HS256 tokens, `jwt_signing_key_pem` is a P-256 private key (PKCS #8, PEM) whose public half is
    served as a JWK under the id `jwt_kid`.
    """

    secret_key: str
    jwt_secret: str
    jwt_signing_key_pem: str
    jwt_kid: str
    anon_key: str
    service_key: str

    @classmethod
    def generate(cls) -> Self:
        """Fresh secrets from the operating system's source of randomness."""
        jwt_secret = secrets.token_urlsafe(48)
        now = int(time.time())
        pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return cls(
            secret_key=secrets.token_urlsafe(50),
            jwt_secret=jwt_secret,
            jwt_signing_key_pem=pem.decode("ascii"),
            jwt_kid=str(uuid.uuid4()),
            anon_key=api_key("anon", jwt_secret, now),
            service_key=api_key("service_role", jwt_secret, now),
        )

    @classmethod
    def read_or_create(cls, data: Path) -> Self:
        """The secrets of this data folder; made once, by whichever process is first.

        Raises ValueError when the file is there but is not one of ours: new secrets would sign everybody out.
        """
        path = data / "secrets.json"
        if not path.exists():
            create_private_json(path, asdict(cls.generate()))
        try:
            return cls(**(read_json(path) or {}))
        except TypeError:
            message = f"{path} is damaged; `make reset` starts over."
            raise ValueError(message) from None

    def jwks(self) -> dict[str, Any]:
        """The public half of the signing key as a JWK set (RFC 7517), as Supabase Auth serves it."""
        key = load_pem_private_key(self.jwt_signing_key_pem.encode("ascii"), password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            message = "the signing key of this data folder is not an elliptic curve key; `make reset` starts over."
            raise ValueError(message)
        jwk = json.loads(ECAlgorithm.to_jwk(key.public_key()))
        return {"keys": [{**jwk, "kid": self.jwt_kid, "alg": "ES256", "use": "sig", "key_ops": ["verify"]}]}
