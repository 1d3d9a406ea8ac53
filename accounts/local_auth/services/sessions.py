"""Writes to sessions.

A session's refresh tokens form a chain of which at most one is not revoked; whoever refreshes holds the session's row
lock, so two refreshes at once cannot both add a link.
"""

import secrets
import uuid
from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.auth_gateway import AuthError, Scope
from accounts.local_auth.models import AuthAccount, AuthRefreshToken, AuthSession
from accounts.local_auth.services.accounts import EmailTakenError, insert_account
from accounts.local_auth.tokens import Grant, SignedIn, is_banned
from lifestring.db import service

# Supabase Auth's default: so long after its exchange a refresh token still leads to its successor.
REUSE_INTERVAL = timedelta(seconds=10)


@service
def user_sign_up(*, email: str, password_hash: str, data: dict[str, Any]) -> Grant:
    """Create a confirmed account and its first session.

    Raises:
        AuthError: the address is taken (422 `user_already_exists`).
    """
    try:
        user = insert_account(
            {"email": email, "password_hash": password_hash, "user_metadata": data, "email_confirmed": True}
        )
    except EmailTakenError as error:
        raise AuthError("User already registered", code="user_already_exists", status=422) from error
    return _start(user)


@service
def session_start(*, user_id: uuid.UUID, password_hash: str) -> Grant:
    """Start a session for somebody whose password was just checked against `password_hash`.

    Raises:
        AuthError: the account is gone or got another password since (`invalid_credentials`), is banned, or its address
            is not confirmed (all 400).
    """
    user = AuthAccount.objects.select_for_update(no_key=True).filter(id=user_id).first()
    if user is None or user.encrypted_password != password_hash:
        raise AuthError("Invalid login credentials", code="invalid_credentials")
    if is_banned(user):
        raise AuthError("User is banned", code="user_banned")
    if user.email_confirmed_at is None:
        raise AuthError("Email not confirmed", code="email_not_confirmed")
    return _start(user)


def session_refresh(*, refresh_token: str) -> Grant:
    """Exchange a refresh token for the session's next one.

    A token that was exchanged already leads to the current one within the reuse interval, and as long as the current
    one was never used: its client lost the answer. Any other reuse means that somebody has a copy, and ends the
    session. Source: Supabase Auth, user sessions.

    Raises:
        AuthError: the token is unknown or reused, or its session or user may not go on (all 400).
    """
    grant = _exchange(refresh_token=refresh_token)
    if grant is None:
        raise AuthError("Invalid Refresh Token: Already Used", code="refresh_token_already_used")
    return grant


@service
def session_end(*, actor: SignedIn, scope: Scope) -> None:
    """End this session, the user's other sessions, or all of them; their refresh tokens go along."""
    sessions = AuthSession.objects.filter(user_id=actor.user.id)
    if scope == "local":
        sessions = sessions.filter(id=actor.session.id)
    elif scope == "others":
        sessions = sessions.exclude(id=actor.session.id)
    sessions.delete()


@service
def _exchange(*, refresh_token: str) -> Grant | None:
    """Return the session's current token, or None after ending a session whose token was copied."""
    session = _lock_session(refresh_token)
    # Read under the lock: another refresh may have exchanged the token, a sign-out deleted it, while we waited.
    given = AuthRefreshToken.objects.filter(token=refresh_token).first()
    user = AuthAccount.objects.filter(id=session.user_id).first() if session is not None else None
    if given is None or session is None or user is None:
        raise AuthError("Invalid Refresh Token: Refresh Token Not Found", code="refresh_token_not_found")
    if is_banned(user):
        raise AuthError("Invalid Refresh Token: User Banned", code="user_banned")
    now = timezone.now()
    if session.not_after is not None and session.not_after <= now:
        raise AuthError("Invalid Refresh Token: Session Expired", code="session_expired")
    if not given.revoked:
        return _rotate(user, session, given)
    current = AuthRefreshToken.objects.filter(session_id=session.id).exclude(revoked=True).order_by("-id").first()
    recently = given.updated_at is not None and now - given.updated_at < REUSE_INTERVAL
    if current is not None and current.token and (current.parent == given.token or recently):
        return Grant(user, session, current.token)
    session.delete()
    return None


def _lock_session(refresh_token: str) -> AuthSession | None:
    session_ids = AuthRefreshToken.objects.filter(token=refresh_token).values_list("session_id", flat=True)
    return AuthSession.objects.select_for_update().filter(id=session_ids.first()).first()


def _rotate(user: AuthAccount, session: AuthSession, given: AuthRefreshToken) -> Grant:
    given.revoked, given.updated_at = True, timezone.now()
    given.save(update_fields=["revoked", "updated_at"])
    session.updated_at = given.updated_at
    session.save(update_fields=["updated_at"])
    return Grant(user, session, _add_token(session, parent=given.token))


def _start(user: AuthAccount) -> Grant:
    user.last_sign_in_at = user.updated_at = timezone.now()
    user.save(update_fields=["last_sign_in_at", "updated_at"])
    session = AuthSession(user_id=user.id, created_at=user.updated_at, updated_at=user.updated_at)
    session.save(force_insert=True)
    return Grant(user, session, _add_token(session, parent=None))


def _add_token(session: AuthSession, *, parent: str | None) -> str:
    token = secrets.token_urlsafe(24)
    AuthRefreshToken.objects.create(
        token=token, user_id=str(session.user_id), session_id=session.id, parent=parent, revoked=False
    )
    return token
