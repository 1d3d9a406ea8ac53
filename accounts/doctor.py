"""What signing in needs: the project's keys, and keys to the project."""

from collections.abc import Iterator
from typing import Any

import httpx2
from django.conf import settings

from accounts.database_rights import may_end_sessions
from accounts.jwks import KeySet
from lifestring.doctor import Finding, good, look, note, wrong

SECONDS = 5.0


@look("signing keys")
def _signing_keys() -> Iterator[Finding]:
    keys = KeySet(settings.SUPABASE_JWKS_URL, settings.SUPABASE_JWKS)
    names = keys.published()
    secret = "; tokens signed with SUPABASE_JWT_SECRET count as well" if settings.SUPABASE_JWT_SECRET else ""
    if names is None:
        yield wrong("signing keys", f"SUPABASE_JWKS_URL does not answer with a key set: {settings.SUPABASE_JWKS_URL}")
    elif names or secret:
        yield good("signing keys", f"{len(names)} published{secret}.")
    else:
        yield wrong(
            "signing keys", "The project publishes none, and SUPABASE_JWT_SECRET is not set: no token can be checked."
        )


@look("Supabase Auth")
def _auth() -> Iterator[Finding]:
    status = _ask("settings", settings.SUPABASE_ANON_KEY)
    if status == 200:
        yield good("Supabase Auth", "It answers, and takes SUPABASE_ANON_KEY.")
    else:
        yield wrong(
            "Supabase Auth", f"{settings.SUPABASE_URL} answers {status}: look at SUPABASE_URL, SUPABASE_ANON_KEY."
        )
    if not settings.SUPABASE_SERVICE_KEY:
        yield note(
            "service key",
            "SUPABASE_SERVICE_KEY is not set: an erased person's account, and bans, stay to be done in Supabase by hand.",
        )
        return
    status = _ask("admin/users?per_page=1", settings.SUPABASE_SERVICE_KEY)
    if status == 200:
        yield good("service key", "Supabase takes SUPABASE_SERVICE_KEY.")
    else:
        yield wrong("service key", f"Supabase answers {status} to SUPABASE_SERVICE_KEY.")


@look("sessions")
def _sessions() -> Iterator[Finding]:
    if may_end_sessions():
        yield good("sessions", "Staff can sign people out everywhere.")
    else:
        yield note(
            "sessions",
            "The database role may not end Supabase's sessions: whom staff sign out gets in again by a refresh. Grant it "
            "DELETE on auth.sessions, and BYPASSRLS.",
        )


def _ask(path: str, key: str) -> int:
    headers: dict[str, Any] = {"apikey": key, "Authorization": f"Bearer {key}"}
    return httpx2.get(f"{settings.SUPABASE_URL}/auth/v1/{path}", headers=headers, timeout=SECONDS).status_code
