"""The JSON Supabase Auth answers with: users and sessions."""

import json
import uuid
from typing import Any, TypedDict

from accounts.auth_gateway import AuthError
from accounts.local_auth.models import AuthAccount
from lifestring.rendering import iso

AUDIENCE = "authenticated"
ROLE = "authenticated"
PROVIDER = "email"
APP_METADATA = {"provider": PROVIDER, "providers": [PROVIDER]}
# Metadata travels in every access token, escaped to ASCII. A token beyond some 16 KiB fits no header, and its owner could
# not even sign in to shrink it; two such objects stay well below that.
MAX_METADATA_BYTES = 5 * 1024
_IDENTITIES = uuid.UUID("5b8f7f9e-7d2a-4f0e-9b0c-0d6f6a1f2c11")


class SessionJson(TypedDict):
    """What sign-up, sign-in and refresh answer; `expires_in` in seconds, `expires_at` as Unix time."""

    access_token: str
    token_type: str
    expires_in: int
    expires_at: int
    refresh_token: str
    user: dict[str, Any]


def metadata(value: object) -> dict[str, Any]:
    """Return a metadata column as an object, whatever another client wrote there."""
    return value if isinstance(value, dict) else {}


def bounded_metadata(value: dict[str, Any]) -> dict[str, Any]:
    """Return metadata that is about to be stored.

    Raises:
        AuthError: it is too large for access tokens (422 `validation_failed`).
    """
    if len(json.dumps(value, separators=(",", ":"))) > MAX_METADATA_BYTES:
        message = f"Metadata must not be larger than {MAX_METADATA_BYTES // 1024} KiB: it is part of every token."
        raise AuthError(message, code="validation_failed", status=422)
    return value


def user_json(user: AuthAccount) -> dict[str, Any]:
    """Render a user; times that are not set are left out, as Supabase Auth does."""
    times = {
        "email_confirmed_at": user.email_confirmed_at,
        "confirmed_at": user.email_confirmed_at,
        "last_sign_in_at": user.last_sign_in_at,
        "banned_until": user.banned_until,
        "created_at": user.created_at,
        "updated_at": user.updated_at,
    }
    return {
        "id": str(user.id),
        "aud": AUDIENCE,
        "role": ROLE,
        "email": user.email or "",
        "phone": user.phone or "",
        "app_metadata": metadata(user.raw_app_meta_data),
        "user_metadata": metadata(user.raw_user_meta_data),
        "identities": _identities(user),
        "is_anonymous": bool(user.is_anonymous),
        **{name: iso(value) for name, value in times.items() if value is not None},
    }


def _identities(user: AuthAccount) -> list[dict[str, Any]]:
    """The one way to sign in that local mode knows; derived, since nothing else uses auth.identities."""
    if not user.email:
        return []
    times = {
        "last_sign_in_at": user.last_sign_in_at,
        "created_at": user.created_at,
        "updated_at": user.updated_at,
    }
    return [
        {
            "identity_id": str(uuid.uuid5(_IDENTITIES, str(user.id))),
            "id": str(user.id),
            "user_id": str(user.id),
            "identity_data": {
                "email": user.email,
                "email_verified": user.email_confirmed_at is not None,
                "phone_verified": False,
                "sub": str(user.id),
            },
            "provider": PROVIDER,
            "email": user.email,
            **{name: iso(value) for name, value in times.items() if value is not None},
        }
    ]
