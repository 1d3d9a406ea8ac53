"""What moderators do with a case: take it, pass it on, note something, decide it.

Each act names the `version` the moderator saw and returns the new one; the second of two is told what the first one did.
"""

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, OperationalError
from django.utils import timezone

from accounts.callers import Caller
from lifestring.db import service
from lifestring.errors import ConflictError, ValidationFailedError
from moderation.models import Action, CaseNote, Decision, SanctionKind, Snapshot
from moderation.services.locked import Act, LockedCase
from moderation.services.people import Sanctioning
from moderation.staff import moderators, staff_name
from moderation.targets import Taken, target_of

DECIDED = "This case is decided already."
GONE = "This is gone already."
NOT_REMOVED = "There is nothing to put back: it was not removed, or too long ago."
NOBODYS = "This is nobody's in particular, so nobody can be warned or suspended for it."
CLASHES = "Some of this is there already, or what it hangs on is gone; it cannot be put back as it is."
TOO_LARGE = "So much hangs on this that it could not be put back; it is not removed."
NO_STAFF = "This is nobody who moderates."
EMPTY = "This field may not be blank."
# PostgreSQL's code for what is too large for it.
LIMIT_EXCEEDED = "54000"


@service
def case_claim(*, caller: Caller, case_id: uuid.UUID, version: int) -> int:
    """Work on a case, so that others see it.

    Raises:
        ForbiddenError, NotFoundError: the case is not the caller's to decide; there is none.
        ConflictError: somebody else works on it or has decided it; the message says who.
    """
    case = LockedCase.lock(Act(caller), case_id, version)
    _check_open(case)
    if case.claimed_by_other():
        raise ConflictError(f"{staff_name(case.case.claimed_by)} works on this case now.")
    case.claim(caller.user_id)
    return case.record(Action.CASE_CLAIMED)


@service
def case_release(*, caller: Caller, case_id: uuid.UUID, version: int) -> int:
    """Stop working on a case.

    Raises:
        ForbiddenError, NotFoundError, ConflictError: as `case_claim`.
    """
    case = LockedCase.lock(Act(caller), case_id, version)
    _check_open(case)
    case.claim(None)
    return case.record(Action.CASE_RELEASED)


@service
def case_hand_over(*, caller: Caller, case_id: uuid.UUID, version: int, to: uuid.UUID) -> int:
    """Have another member of staff work on a case; the trail has an entry of either.

    Raises:
        ValidationFailedError: `to` is nobody who moderates, or is the person it is about.
        ForbiddenError, NotFoundError, ConflictError: as `case_claim`.
    """
    case = LockedCase.lock(Act(caller), case_id, version)
    _check_open(case)
    if to == case.case.person_id or to not in dict(moderators()):
        raise ValidationFailedError({"to": [NO_STAFF]})
    case.claim(to)
    case.record(Action.CASE_HANDED_OVER)
    return case.record(Action.CASE_RECEIVED, actor_id=to)


@service
def case_note(*, caller: Caller, case_id: uuid.UUID, text: str) -> uuid.UUID:
    """Note something for the others; returns the note's id. It needs no version and changes none.

    Raises:
        ValidationFailedError: there is no text.
        ForbiddenError, NotFoundError: as `case_claim`.
    """
    if not text.strip():
        raise ValidationFailedError({"text": [EMPTY]})
    case = LockedCase.lock(Act(caller), case_id)
    note = CaseNote.objects.create(case=case.case, author_id=caller.user_id, text=text, created_at=timezone.now())
    case.record(Action.CASE_NOTED)
    return note.id


@service
def case_dismiss(*, caller: Caller, case_id: uuid.UUID, version: int, why: str = "") -> int:
    """Decide that nothing is wrong.

    Raises:
        ForbiddenError, NotFoundError, ConflictError: as `case_claim`.
    """
    case = LockedCase.lock(Act(caller, why), case_id, version)
    _check_open(case)
    case.decide(Decision.DISMISSED)
    return case.record(Action.CASE_DISMISSED)


@service
def case_remove(*, caller: Caller, case_id: uuid.UUID, version: int, why: str) -> int:
    """Remove what the case is about, with all that hangs on it, so that it can be put back for `SNAPSHOT_DAYS`.

    Raises:
        ValidationFailedError: there is no reason.
        ForbiddenError, NotFoundError: as `case_claim`.
        ConflictError: as `case_claim`; or it is gone, is nothing that can be removed, or is too large.
    """
    case = LockedCase.lock(_reasoned(caller, why), case_id, version)
    found = case.case
    taken = _taken(found.target_type, found.target_id)
    if taken is None:
        raise ConflictError(GONE)
    now = timezone.now()
    # What another client put back under the same id takes the place of what was kept before.
    Snapshot.objects.about(found.target_type, found.target_id).delete()
    Snapshot.objects.create(
        case=found,
        target_type=found.target_type,
        target_id=found.target_id,
        person_id=found.person_id,
        people=sorted(set(taken.people)),
        content=taken.content,
        removed_at=now,
        expires_at=now + timedelta(days=settings.SNAPSHOT_DAYS),
    )
    case.decide(Decision.REMOVED)
    return case.record(Action.CONTENT_REMOVED, is_there=False)


@service
def case_restore(*, caller: Caller, case_id: uuid.UUID, version: int, why: str) -> int:
    """Put back what was removed, under the same ids, with what hung on it.

    Raises:
        ValidationFailedError: there is no reason.
        ForbiddenError, NotFoundError: as `case_claim`.
        ConflictError: as `case_claim`; or there is nothing to put back; or what it hung on, or its author, is gone.
    """
    case = LockedCase.lock(_reasoned(caller, why), case_id, version)
    found = case.case
    kept = Snapshot.objects.about(found.target_type, found.target_id)
    content = kept.select_for_update(of=("self",)).values_list("content", flat=True).first()
    if content is None:
        raise ConflictError(NOT_REMOVED)
    _put_back(found.target_type, found.target_id, content)
    kept.delete()
    case.decide(Decision.RESTORED)
    return case.record(Action.CONTENT_RESTORED, is_there=True)


@service
def case_warn(*, caller: Caller, case_id: uuid.UUID, version: int, message: str, why: str = "") -> int:
    """Warn the person the case is about.

    Args:
        caller: who.
        case_id: which case.
        version: the version they saw.
        message: what the person is told.
        why: what the trail is told beyond that.

    Raises:
        ValidationFailedError: there is no message.
        ForbiddenError: as `case_claim`; or the person is staff, whom only admins may sanction.
        NotFoundError, ConflictError: as `case_claim`; or it is nobody's, or theirs who is gone.
    """
    case = LockedCase.lock(Act(caller, why), case_id, version)
    _sanctioning(case).impose(SanctionKind.WARNING, message)
    case.decide(Decision.WARNED)
    return case.record(Action.PERSON_WARNED)


@service
def case_suspend(
    *, caller: Caller, case_id: uuid.UUID, version: int, days: int | None, message: str, why: str = ""
) -> int:
    """Suspend the person the case is about, from now on; they read on, and cannot write.

    Args: as `case_warn`, with `days` from now, or None for good.

    Raises:
        ValidationFailedError, ForbiddenError, NotFoundError, ConflictError: as `case_warn`.
    """
    case = LockedCase.lock(Act(caller, why), case_id, version)
    sanction = _sanctioning(case).impose(SanctionKind.SUSPENSION, message, days=days)
    case.decide(Decision.SUSPENDED)
    return case.record(Action.PERSON_SUSPENDED, until=sanction.ends_at.isoformat() if sanction.ends_at else None)


def _reasoned(caller: Caller, why: str) -> Act:
    if not why.strip():
        raise ValidationFailedError({"why": [EMPTY]})
    return Act(caller, why)


def _check_open(case: LockedCase) -> None:
    if not case.is_open:
        raise ConflictError(DECIDED)


def _taken(target_type: str, target_id: uuid.UUID) -> Taken | None:
    try:
        return target_of(target_type).take(target_id)
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != LIMIT_EXCEEDED:
            raise
        raise ConflictError(TOO_LARGE) from error


def _put_back(target_type: str, target_id: uuid.UUID, content: str) -> None:
    try:
        target_of(target_type).put_back(target_id, content)
    except IntegrityError as error:
        # Another client has put some of it back, or taken away what it hangs on, at this very moment or before.
        raise ConflictError(CLASHES) from error


def _sanctioning(case: LockedCase) -> Sanctioning:
    if case.case.person_id is None:
        raise ConflictError(NOBODYS)
    return Sanctioning.of(case.act, case.case.person_id, case.case)
