"""Writes to accounts. Whether an address is taken is for the unique index to say, also between two sign-ups at once."""

import uuid
from datetime import datetime
from typing import Any, TypedDict

from django.db import IntegrityError
from django.utils import timezone
from psycopg.errors import UniqueViolation

from accounts.auth_gateway import AuthError
from accounts.local_auth.models import AuthAccount, AuthSession
from accounts.local_auth.tokens import SignedIn
from accounts.local_auth.users import APP_METADATA, AUDIENCE, ROLE, bounded_metadata, metadata
from lifestring.db import service

EMAIL_EXISTS = "A user with this email address has already been registered"


class UserChanges(TypedDict, total=False):
    """What of an account may change; metadata is merged key by key, null removes a key."""

    email: str
    password_hash: str
    user_metadata: dict[str, Any]
    app_metadata: dict[str, Any]
    banned_until: datetime | None
    email_confirmed: bool


class EmailTakenError(Exception):
    """The unique index on addresses refused."""


@service
def user_update(*, actor: SignedIn, changes: UserChanges) -> AuthAccount:
    """Change one's own account; a new password ends one's other sessions.

    Raises:
        AuthError: the address is taken (422 `email_exists`), or the account is gone (404).
    """
    user = _change(actor.user.id, changes)
    if "password_hash" in changes:
        AuthSession.objects.filter(user_id=user.id).exclude(id=actor.session.id).delete()
    return user


@service
def admin_user_create(*, changes: UserChanges) -> AuthAccount:
    """Create an account on somebody's behalf, without a session; `changes` must hold its e-mail.

    Raises:
        AuthError: the address is taken (422 `email_exists`).
    """
    try:
        return insert_account(changes)
    except EmailTakenError as error:
        raise AuthError(EMAIL_EXISTS, code="email_exists", status=422) from error


@service
def admin_user_update(*, user_id: uuid.UUID, changes: UserChanges) -> AuthAccount:
    """Change an account; a new password ends all of its sessions.

    Raises:
        AuthError: the address is taken (422 `email_exists`), or there is no such account (404 `user_not_found`).
    """
    user = _change(user_id, changes)
    if "password_hash" in changes:
        AuthSession.objects.filter(user_id=user.id).delete()
    return user


@service
def admin_user_delete(*, user_id: uuid.UUID) -> None:
    """Delete an account for good.

    Raises:
        AuthError: there is none (404 `user_not_found`), or rows that the product keeps still point to it (409
            `conflict`; Supabase Auth itself answers 500 there).
    """
    try:
        deleted, _ = AuthAccount.objects.filter(id=user_id).delete()
    except IntegrityError as error:
        message = "Database error deleting user: other tables still refer to it"
        raise AuthError(message, code="conflict", status=409) from error
    if not deleted:
        raise AuthError("User not found", code="user_not_found", status=404)


def insert_account(values: UserChanges) -> AuthAccount:
    """Store a new account; the caller's transaction is over when this raises.

    Raises:
        EmailTakenError: its address has one.
    """
    now = timezone.now()
    user_id = uuid.uuid4()
    email = values["email"]
    confirmed = values.get("email_confirmed", False)
    # Supabase Auth keeps these four among the user's own data; a client cannot set them to anything else here.
    facts = {"sub": str(user_id), "email": email, "email_verified": confirmed, "phone_verified": False}
    user = AuthAccount(
        id=user_id,
        aud=AUDIENCE,
        role=ROLE,
        email=email,
        encrypted_password=values.get("password_hash", ""),
        email_confirmed_at=now if confirmed else None,
        raw_user_meta_data=bounded_metadata({**values.get("user_metadata", {}), **facts}),
        raw_app_meta_data=bounded_metadata({**values.get("app_metadata", {}), **APP_METADATA}),
        banned_until=values.get("banned_until"),
        created_at=now,
        updated_at=now,
    )
    _save(user, force_insert=True)
    return user


def _change(user_id: uuid.UUID, changes: UserChanges) -> AuthAccount:
    user = AuthAccount.objects.select_for_update(no_key=True).filter(id=user_id).first()
    if user is None:
        raise AuthError("User not found", code="user_not_found", status=404)
    now = timezone.now()
    values: dict[str, Any] = {"updated_at": now}
    own = _merged(user.raw_user_meta_data, changes.get("user_metadata", {}))
    if "email" in changes:
        values["email"] = own["email"] = changes["email"]
    if "password_hash" in changes:
        values["encrypted_password"] = changes["password_hash"]
    if "banned_until" in changes:
        values["banned_until"] = changes["banned_until"]
    if changes.get("email_confirmed") and user.email_confirmed_at is None:
        values["email_confirmed_at"] = now
    if "app_metadata" in changes:
        values["raw_app_meta_data"] = _merged(user.raw_app_meta_data, changes["app_metadata"])
    if own != user.raw_user_meta_data:
        values["raw_user_meta_data"] = own
    for name, value in values.items():
        setattr(user, name, value)
    try:
        _save(user, update_fields=list(values))
    except EmailTakenError as error:
        raise AuthError(EMAIL_EXISTS, code="email_exists", status=422) from error
    return user


def _save(user: AuthAccount, **how: Any) -> None:
    try:
        user.save(**how)
    except IntegrityError as error:
        if isinstance(error.__cause__, UniqueViolation):
            raise EmailTakenError from error
        raise


def _merged(column: object, changes: dict[str, Any]) -> dict[str, Any]:
    merged = {**metadata(column), **changes}
    return bounded_metadata({key: value for key, value in merged.items() if value is not None})
