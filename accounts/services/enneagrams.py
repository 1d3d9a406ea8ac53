"""Which enneagram types a person chose."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from accounts.models import Enneagram, UserEnneagram, UserProfile
from lifestring.db import service
from lifestring.errors import ForbiddenError, NotFoundError, ValidationFailedError

if TYPE_CHECKING:
    from accounts.callers import Caller


@service
def enneagrams_set(*, caller: Caller, user_id: uuid.UUID, enneagram_ids: list[int]) -> None:
    """Make these, and only these, the person's types.

    Raises:
        NotFoundError: there is no such person for the caller.
        ForbiddenError: it is somebody else and the caller is no admin.
        ValidationFailedError: a type does not exist.
    """
    _lock_owner(caller, user_id)
    known = set(Enneagram.objects.filter(id__in=enneagram_ids).values_list("id", flat=True))
    errors = {
        f"enneagram_ids.{index}": ["There is no such enneagram type."]
        for index, given in enumerate(enneagram_ids)
        if given not in known
    }
    if errors:
        raise ValidationFailedError(errors)
    UserEnneagram.objects.filter(user_id=user_id).exclude(enneagram_id__in=known).delete()
    chosen = [UserEnneagram(user_id=user_id, enneagram_id=given) for given in sorted(known)]
    UserEnneagram.objects.bulk_create(chosen, ignore_conflicts=True)


@service
def enneagrams_remove(*, caller: Caller, user_id: uuid.UUID, enneagram_ids: list[int]) -> None:
    """Take these types from the person; those not chosen are passed over.

    Raises:
        NotFoundError, ForbiddenError: as `enneagrams_set`.
    """
    _lock_owner(caller, user_id)
    UserEnneagram.objects.filter(user_id=user_id, enneagram_id__in=enneagram_ids).delete()


def _lock_owner(caller: Caller, user_id: uuid.UUID) -> None:
    """Lock the profile, so that two changes of one person's types take turns."""
    owner = (
        UserProfile.objects.select_for_update(of=("self",), no_key=True).filter(user_id=user_id).only("user_id").first()
    )
    if owner is None or not caller.may_look_up(user_id):
        raise NotFoundError
    if user_id != caller.user_id and not caller.is_admin:
        raise ForbiddenError
