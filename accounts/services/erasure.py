"""Erasing a person: everything the product holds about them (docs/api.md, People).

Each app registers what erasure means for its own tables when it is loaded, since accounts knows nothing of them.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower

from accounts.assistant import is_assistant
from accounts.detailed_profiles import erase_detailed_profile
from accounts.erasing import take_turns
from accounts.models import AuthUser, ErasedAccount, SignedOut, StaffSignIn, StaffUser, Suspension, UserProfile
from accounts.witnesses import Deed, tell_witnesses
from lifestring.db import service
from lifestring.dispatch import enqueue_on_commit
from lifestring.errors import ConflictError, ForbiddenError, NotFoundError

if TYPE_CHECKING:
    from accounts.callers import Caller

Eraser = Callable[[uuid.UUID], None]
_erasers: list[Eraser] = []
_last_erasers: list[Eraser] = []
ASSISTANT = "This account speaks for the assistant; take it out of AI_BOT_USER_ID first."


def register_eraser(eraser: Eraser, *, last: bool = False) -> None:
    """Have `eraser(user_id)` called, in registration order, inside the erasing transaction.

    Args:
        eraser: what to call.
        last: when the profile has gone; otherwise while it is there.
    """
    erasers = _last_erasers if last else _erasers
    if eraser not in erasers:
        erasers.append(eraser)


@service
def user_erase(*, caller: Caller, user_id: uuid.UUID, why: str = "") -> None:
    """Erase a person and, where the service key allows it, have their Supabase account deleted.

    The deletion is written down with the erasure, so that it is not lost with its job, and so that the account signs
    nobody in until it is gone. Without the key nothing of ours could end that: the account stays, and whoever signs in
    with it starts with an empty profile.

    Args:
        caller: the person themself or an admin; a moderator may not.
        user_id: whom.
        why: what an admin says about it, for the trail.

    Raises:
        NotFoundError: there is no such person for the caller.
        ForbiddenError: it is somebody else and the caller is no admin.
        ConflictError: it is the assistant, whose account the operator names.
    """
    found = UserProfile.objects.filter(user_id=user_id)
    if not caller.may_look_up(user_id) or not found.exists():
        raise NotFoundError
    if user_id != caller.user_id and not caller.is_admin:
        raise ForbiddenError
    if is_assistant(user_id):
        raise ConflictError(ASSISTANT)
    if not _erase(user_id):
        raise NotFoundError
    tell_witnesses(Deed(caller, "person.erased", user_id, why))
    if settings.SUPABASE_SERVICE_KEY:
        ErasedAccount.objects.bulk_create([ErasedAccount(user_id=user_id)], ignore_conflicts=True)
        enqueue_on_commit("accounts.delete_supabase_user", str(user_id))


@service
def user_erase_again(*, user_id: uuid.UUID) -> None:
    """Erase what came into being after `user_erase`, by requests let in before it or by other clients of Supabase.

    Args:
        user_id: somebody who was erased; what is left of them would keep Supabase from deleting the account.
    """
    _erase(user_id)


@service
def erasure_finish(*, user_id: uuid.UUID) -> None:
    """Forget that somebody was erased, if their Supabase account is really gone; as long as it is there, it stays shut."""
    ErasedAccount.objects.filter(~Exists(AuthUser.objects.filter(id=OuterRef("user_id"))), user_id=user_id).delete()


@service
def erasures_resume() -> int:
    """Ask again for every deletion that is still to be done; returns for how many. Nothing without the service key."""
    if not settings.SUPABASE_SERVICE_KEY:
        return 0
    pending = ErasedAccount.objects.order_by("erased_at", "user_id").values_list("user_id", flat=True)
    for user_id in pending:
        enqueue_on_commit("accounts.delete_supabase_user", str(user_id))
    return len(pending)


def _erase_staff(user_id: uuid.UUID) -> None:
    """The staff account, its second factor, and attempts to enter the admin under any address of the person's."""
    staff = StaffUser.objects.filter(supabase_user_id=user_id)
    of_account = AuthUser.objects.filter(id=user_id).values(address=Lower("email"))
    StaffSignIn.objects.filter(Q(email__in=staff.values("email")) | Q(email__in=of_account)).delete()
    staff.delete()


def _erase(user_id: uuid.UUID) -> bool:
    """Erase a person; returns whether there was a profile."""
    take_turns()
    # Not against rows that come to reference the profile: who writes one may hold what an eraser is about to wait for.
    found = UserProfile.objects.select_for_update(of=("self",), no_key=True).filter(user_id=user_id)
    profile = found.only("user_id").first()
    for eraser in _erasers:
        eraser(user_id)
    _erase_staff(user_id)
    for model in (Suspension, SignedOut):
        model.objects.filter(user_id=user_id).delete()
    erase_detailed_profile(user_id)
    # Connections, recommendations and enneagram choices go with the profile, by the database.
    UserProfile.objects.filter(user_id=user_id).delete()
    for eraser in _last_erasers:
        eraser(user_id)
    return profile is not None
