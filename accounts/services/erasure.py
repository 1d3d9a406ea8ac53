"""Erasing a person: everything the product holds about them (docs/api.md, People).

Each app registers what erasure means for its own tables when it is loaded, since accounts knows nothing of them.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING

from django.conf import settings

from accounts.models import StaffUser, Suspension, UserProfile
from lifestring.db import service
from lifestring.dispatch import enqueue_on_commit
from lifestring.errors import ForbiddenError, NotFoundError

if TYPE_CHECKING:
    from accounts.callers import Caller

Eraser = Callable[[uuid.UUID], None]
_erasers: list[Eraser] = []


def register_eraser(eraser: Eraser) -> None:
    """Have `eraser(user_id)` called, in registration order, inside the erasing transaction."""
    if eraser not in _erasers:
        _erasers.append(eraser)


@service
def user_erase(*, caller: Caller, user_id: uuid.UUID) -> None:
    """Erase a person and, where the service key allows it, their Supabase account.

    Args:
        caller: the person themself or an admin; a moderator may not.
        user_id: whom.

    Raises:
        NotFoundError: there is no such person for the caller.
        ForbiddenError: it is somebody else and the caller is no admin.
    """
    profile = UserProfile.objects.select_for_update(of=("self",)).filter(user_id=user_id).only("user_id").first()
    if profile is None or user_id in caller.blocked_by_ids:
        raise NotFoundError
    if user_id != caller.user_id and not caller.is_admin:
        raise ForbiddenError
    for eraser in _erasers:
        eraser(user_id)
    StaffUser.objects.filter(supabase_user_id=user_id).delete()
    Suspension.objects.filter(user_id=user_id).delete()
    # Connections, recommendations and enneagram choices go with the profile, by the database.
    UserProfile.objects.filter(user_id=user_id).delete()
    if settings.SUPABASE_SERVICE_KEY:
        enqueue_on_commit("accounts.delete_supabase_user", str(user_id))
