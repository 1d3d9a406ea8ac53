"""Who moderates: the names behind the ids that cases and the trail hold (accounts/staff/callers.py makes those ids)."""

import uuid
from collections.abc import Iterable

from accounts import reads
from accounts.callers import Caller
from accounts.models import StaffUser
from accounts.shapes import PERSON_COLUMNS
from accounts.staff.callers import operator_id
from lifestring import rows
from lifestring.errors import ForbiddenError, SuspendedError

NOBODY = "Somebody"


def check_staff(caller: Caller) -> None:
    """Let only moderators and admins pass.

    Raises:
        ForbiddenError: the caller is neither.
        SuspendedError: they are suspended.
    """
    if not caller.is_staff_member:
        raise ForbiddenError
    if caller.is_suspended:
        raise SuspendedError


def staff_names(user_ids: Iterable[uuid.UUID | None]) -> dict[uuid.UUID, str]:
    """Return the names of members of staff; of those who are gone, none. Two queries."""
    wanted = {user_id for user_id in user_ids if user_id is not None}
    if not wanted:
        return {}
    found = {row[0]: row[2] or str(row[0]) for row in rows.fetch(reads.cards, (tuple(wanted),), PERSON_COLUMNS)}
    operators = StaffUser.objects.filter(supabase_user_id=None, is_staff=True) if wanted - found.keys() else ()
    return {**{operator_id(user): user.get_full_name() for user in operators if operator_id(user) in wanted}, **found}


def staff_name(user_id: uuid.UUID | None) -> str:
    """Return one name; something to say where there is none."""
    return staff_names([user_id]).get(user_id, NOBODY) if user_id else NOBODY


def moderators() -> list[tuple[uuid.UUID, str]]:
    """Return who a case can be handed to, by name."""
    users = StaffUser.objects.filter(is_staff=True, is_active=True)
    return sorted(((operator_id(user), user.get_full_name()) for user in users), key=lambda found: found[1])
