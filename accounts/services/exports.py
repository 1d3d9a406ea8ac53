"""Taking out what is held about somebody else, which the trail has to know of."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from accounts.models import AuthUser
from accounts.witnesses import Deed, tell_witnesses
from lifestring.db import service
from lifestring.errors import ForbiddenError, NotFoundError

if TYPE_CHECKING:
    from accounts.callers import Caller


@service
def export_note(*, caller: Caller, user_id: uuid.UUID, why: str) -> None:
    """Write down that an admin is about to take out everything about a person.

    Raises:
        ForbiddenError: the caller is no admin.
        NotFoundError: there is no such account.
    """
    if not caller.is_admin:
        raise ForbiddenError
    if not AuthUser.objects.filter(id=user_id).exists():
        raise NotFoundError
    tell_witnesses(Deed(caller, "person.exported", user_id, why))
