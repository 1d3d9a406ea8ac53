"""Signing a person out everywhere, by staff."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.db.models.functions import Now

from accounts.database_rights import may_end_sessions
from accounts.models import SignedOut, UserProfile
from accounts.witnesses import Deed, tell_witnesses
from lifestring.db import service
from lifestring.errors import ForbiddenError, NotFoundError
from lifestring.statements import changed

if TYPE_CHECKING:
    from accounts.callers import Caller

# Supabase Auth's own table, whose rows its refresh tokens hang on; the one way to end sessions without their tokens.
_END = "DELETE FROM auth.sessions WHERE user_id = %s"


@service
def sessions_end(*, caller: Caller, user_id: uuid.UUID, why: str = "") -> bool:
    """Sign a person out of every session: no access token issued until now signs them in, and open sockets are closed.

    Args:
        caller: a moderator or admin.
        user_id: whom.
        why: for the trail.

    Returns:
        Whether Supabase's sessions were ended as well; where the database role may not, clients get in again by
        refreshing their token.

    Raises:
        ForbiddenError: the caller is no staff.
        NotFoundError: there is no such person.
    """
    if not caller.is_staff_member:
        raise ForbiddenError
    if not UserProfile.objects.filter(user_id=user_id).exists():
        raise NotFoundError
    SignedOut.objects.update_or_create(user_id=user_id, defaults={"at": Now()})
    may_end = may_end_sessions()
    if may_end:
        changed(_END, [user_id])
    tell_witnesses(Deed(caller, "person.signed_out", user_id, why))
    return may_end
