"""How moderators and admins enter the admin: with Supabase e-mail and password, for as long as their profile says so.

Operators made by `createsuperuser` sign in through Django's ModelBackend, which is listed beside this one.
"""

import logging
import uuid
from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.db.models import Exists, OuterRef, Q, Subquery
from django.db.models.functions import Now
from django.http import HttpRequest

from accounts.auth_gateway import Json, auth_gateway
from accounts.authentication import load_caller
from accounts.models import AuthUser, ErasedAccount, SignedOut, StaffUser, Suspension, UserProfile
from accounts.services.staff import staff_user_set_role, staff_user_sign_in
from lifestring.errors import DomainError

logger = logging.getLogger(__name__)


class SupabaseStaffBackend(BaseBackend):
    """Signs staff in with Supabase Auth and re-reads their profile with every request."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **_: Any,
    ) -> StaffUser | None:
        """Return the staff account of a moderator or admin, None for everybody else.

        Whoever is suspended or banned is refused. Supabase Auth being away is logged and lets other backends try.
        """
        if not username or not password:
            return None
        try:
            session = _session(username, password)
            user_id = uuid.UUID(str(_member(session, "user").get("id")))
            caller = load_caller(user_id)
            if caller.is_suspended or not caller.is_staff_member:
                return None
            name = _member(_member(session, "user"), "user_metadata").get("name")
            return staff_user_sign_in(caller=caller, email=username, name=name if isinstance(name, str) else "")
        except (DomainError, ValueError) as error:
            logger.warning("a staff sign-in was refused: %s", error)
            return None

    def get_user(self, user_id: int) -> StaffUser | None:
        """Return the staff account with the rights its profile gives now; None once it gives none. One query."""
        user = _with_standing(user_id)
        if user is None:
            return None
        standing = user.__dict__
        # Where the model's cached property looks before it asks.
        standing["signed_out_at"] = standing["last_signed_out"]
        barred = standing["is_suspended"] or standing["is_shut_out"] or standing["is_erased"] or not user.is_active
        is_admin = bool(standing["profile_is_admin"]) and not barred
        is_mod = bool(standing["profile_is_mod"]) and not barred
        if (user.is_staff, user.is_superuser) != (is_admin or is_mod, is_admin):
            staff_user_set_role(user=user, is_admin=is_admin, is_mod=is_mod)
        return user if user.is_staff else None


def _session(email: str, password: str) -> Json:
    """Check the password, and end at once the session that the check has opened: nobody will use it."""
    session = auth_gateway().sign_in(email=email, password=password)
    token = session.get("access_token")
    if isinstance(token, str):
        try:
            auth_gateway().sign_out(access_token=token, scope="local")
        except DomainError as error:
            logger.warning("the session of a staff sign-in stays open until it expires: %s", error)
    return session


def _member(answer: Json, name: str) -> Json:
    value = answer.get(name)
    return value if isinstance(value, dict) else {}


def _with_standing(user_id: int) -> StaffUser | None:
    person = OuterRef("supabase_user_id")
    profile = UserProfile.objects.filter(user_id=person)
    suspended = Suspension.objects.filter(Q(until=None) | Q(until__gt=Now()), user_id=person)
    shut_out = AuthUser.objects.filter(Q(banned_until__gt=Now()) | Q(deleted_at__isnull=False), id=person)
    return (
        StaffUser.objects.filter(pk=user_id)
        .annotate(
            profile_is_admin=Subquery(profile.values("is_admin")[:1]),
            profile_is_mod=Subquery(profile.values("is_mod")[:1]),
            is_suspended=Exists(suspended),
            is_shut_out=Exists(shut_out),
            last_signed_out=Subquery(SignedOut.objects.filter(user_id=person).values("at")[:1]),
            is_erased=Exists(ErasedAccount.objects.filter(user_id=person)),
        )
        .first()
    )
