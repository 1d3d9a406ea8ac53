"""Local mode's keeper of accounts, called in process by `/api/auth`, the admin and the jobs, and over HTTP by clients.

Each method is one of Supabase Auth's operations from checked input to finished JSON.
"""

import logging
import uuid
from typing import Any, cast

from accounts.auth_gateway import AuthError, Json, Scope
from accounts.local_auth import services
from accounts.local_auth.admin_fields import admin_changes
from accounts.local_auth.models import AuthAccount
from accounts.local_auth.passwords import check_password, hash_password, password_matches
from accounts.local_auth.tokens import SignedIn, session_json, signed_in
from accounts.local_auth.users import user_json
from accounts.local_auth.wire import metadata_field, normal_email, text

logger = logging.getLogger(__name__)


class LocalAuth:
    """The AuthGateway of local mode (accounts/auth_gateway.py has the contract of its methods)."""

    def sign_up(self, *, email: str, password: str, data: Json) -> Json:
        """Create a confirmed account; answers a session."""
        address = normal_email(email)
        if not password:
            raise AuthError("Signup requires a valid password", code="validation_failed")
        check_password(password)
        grant = services.user_sign_up(email=address, password_hash=hash_password(password), data=data)
        return cast(Json, session_json(grant))

    def sign_in(self, *, email: str, password: str) -> Json:
        """Start a session; an unknown address and a wrong password are told apart by neither words nor time."""
        user = AuthAccount.objects.filter(email=email.strip().lower()).first()
        stored = user.encrypted_password if user else None
        if not password_matches(password, stored) or user is None or stored is None:
            raise AuthError("Invalid login credentials", code="invalid_credentials")
        return cast(Json, session_json(services.session_start(user_id=user.id, password_hash=stored)))

    def refresh(self, *, refresh_token: str) -> Json:
        """Exchange a refresh token."""
        if not refresh_token:
            raise AuthError("refresh_token required", code="validation_failed")
        return cast(Json, session_json(services.session_refresh(refresh_token=refresh_token)))

    def sign_out(self, *, access_token: str | None, scope: Scope = "global") -> None:
        """End sessions."""
        services.session_end(actor=signed_in(access_token), scope=scope)

    def recover(self, *, email: str) -> None:
        """Local mode sends no mail; the log says so, for whoever waits for it."""
        normal_email(email)
        logger.warning("local mode sends no mail: no recovery link was sent")

    def user(self, *, user_id: str) -> Json:
        """Return one account."""
        account = AuthAccount.objects.filter(id=_uuid(user_id)).first()
        if account is None:
            raise AuthError("User not found", code="user_not_found", status=404)
        return user_json(account)

    def user_update(self, *, user_id: str, changes: Json) -> Json:
        """Change one account; fields as in Supabase Auth's PUT /admin/users/{id}."""
        return user_json(services.admin_user_update(user_id=_uuid(user_id), changes=admin_changes(changes)))

    def user_delete(self, *, user_id: str) -> None:
        """Delete one account for good."""
        services.admin_user_delete(user_id=_uuid(user_id))

    def user_create(self, *, values: Json) -> Json:
        """Create an account; fields as in Supabase Auth's POST /admin/users."""
        changes = admin_changes(values)
        if "email" not in changes:
            message = "Cannot create a user without either an email or phone"
            raise AuthError(message, code="validation_failed")
        return user_json(services.admin_user_create(changes=changes))

    def own_update(self, *, actor: SignedIn, body: dict[str, Any]) -> Json:
        """Change one's own account; fields as in Supabase Auth's PUT /user."""
        if body.get("app_metadata") is not None:
            message = "Updating app_metadata requires admin privileges"
            raise AuthError(message, code="not_admin", status=403)
        if text(body, "phone"):
            raise AuthError("Phone logins are disabled", code="phone_provider_disabled")
        changes: services.UserChanges = {}
        if email := text(body, "email"):
            changes["email"] = normal_email(email)
        if (data := metadata_field(body, "data")) is not None:
            changes["user_metadata"] = data
        if body.get("password") is not None:
            changes["password_hash"] = _new_password(text(body, "password"), actor.user)
        return user_json(services.user_update(actor=actor, changes=changes))


def _new_password(password: str, user: AuthAccount) -> str:
    check_password(password)
    if password_matches(password, user.encrypted_password):
        message = "New password should be different from the old password."
        raise AuthError(message, code="same_password", status=422)
    return hash_password(password)


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise AuthError("user_id must be an UUID", code="validation_failed", status=404) from error
