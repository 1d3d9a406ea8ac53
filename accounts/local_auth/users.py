"""The JSON Supabase Auth answers with: users and sessions."""

import uuid
from typing import Any, TypedDict

from accounts.local_auth.models import AuthAccount
from lifestring.rendering import iso

AUDIENCE = "authenticated"
ROLE = "authenticated"
PROVIDER = "email"
APP_METADATA = {"provider": PROVIDER, "providers": [PROVIDER]}
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
