"""Warning and suspending people, ending that, and what they say to it.

`accounts_suspension`, which every door asks, is derived here from the sanctions in force: the longest of them counts.
Supabase's own ban follows by a job (moderation/services/bans.py).
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.contrib.postgres.functions import TransactionNow
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from accounts.callers import Caller
from accounts.erasing import hold_off_erasures
from accounts.models import Suspension
from accounts.realtime import SuspendedFrame, user_group
from lifestring.db import service
from lifestring.dispatch import broadcast_on_commit, enqueue_on_commit
from lifestring.errors import ConflictError, ForbiddenError, NotFoundError, ValidationFailedError
from moderation.models import Action, Appeal, AppealStatus, Case, Sanction, SanctionKind
from moderation.services.locked import Act, LockedPerson
from moderation.staff import check_staff, staff_name

EMPTY = "This field may not be blank."
DAYS = "This must be at least one day, and at most ten years."
MOST_DAYS = 3650
ONESELF = "You cannot sanction yourself."
STAFF = "Only admins may sanction moderators and admins."
PERSON_GONE = "This person is not there any more."
OVER = "This sanction is over."
NO_SANCTION = "There is no such sanction."
APPEALED = "You have appealed against this already."
OWN_SANCTION = "You imposed this; somebody else has to decide about it."

# The one place that decides who is suspended: the longest of what is in force, and nobody without.
_DERIVE = """
INSERT INTO django.accounts_suspension AS s (user_id, suspended_at, until, reason)
SELECT person_id, statement_timestamp(), nullif(max(coalesce(ends_at, 'infinity')), 'infinity'),
       (array_agg(reason ORDER BY coalesce(ends_at, 'infinity') DESC))[1]
  FROM django.moderation_sanction
 WHERE person_id = %(person)s AND kind = 'suspension' AND lifted_at IS NULL
   AND (ends_at IS NULL OR ends_at > statement_timestamp())
 GROUP BY person_id
ON CONFLICT (user_id) DO UPDATE SET until = excluded.until, reason = excluded.reason
"""


@dataclass(frozen=True, slots=True)
class Sanctioning:
    """A person whom the running transaction has locked, and who may be sanctioned by this member of staff."""

    act: Act
    person_id: uuid.UUID
    case: Case | None

    @classmethod
    def of(cls, act: Act, person_id: uuid.UUID, case: Case | None = None) -> Sanctioning:
        """Lock the person, unless the case has done so.

        Raises:
            ForbiddenError: it is oneself; or it is staff, and the caller is no admin.
            ConflictError: they are gone.
        """
        if person_id == act.caller.user_id:
            raise ForbiddenError(ONESELF)
        person = LockedPerson.lock(person_id)
        if person is None:
            raise ConflictError(PERSON_GONE)
        if person.is_staff and not act.caller.is_admin:
            raise ForbiddenError(STAFF)
        return cls(act, person_id, case)

    def impose(self, kind: SanctionKind, message: str, *, days: int | None = None) -> Sanction:
        """Store a sanction, and have a suspension take effect.

        Raises:
            ValidationFailedError: no message, or no sensible time.
        """
        if not message.strip():
            raise ValidationFailedError({"message": [EMPTY]})
        if days is not None and not 0 < days <= MOST_DAYS:
            raise ValidationFailedError({"days": [DAYS]})
        now = timezone.now()
        sanction = Sanction.objects.create(
            person_id=self.person_id,
            case=self.case,
            kind=kind,
            reason=message,
            imposed_by=self.act.caller.user_id,
            imposed_at=now,
            ends_at=None if days is None else now + timedelta(days=days),
        )
        if kind == SanctionKind.SUSPENSION:
            _derive(self.person_id)
            broadcast_on_commit(user_group(self.person_id), SuspendedFrame(type="suspended"))
        return sanction


@service
def person_warn(*, caller: Caller, user_id: uuid.UUID, message: str, why: str = "") -> uuid.UUID:
    """Warn somebody without a case; returns the sanction's id.

    Raises:
        ValidationFailedError: there is no message.
        ForbiddenError: the caller does not moderate, is the person, or is no admin where the person is staff.
        ConflictError: there is no such person.
    """
    person = _sanctioning(Act(caller, why), user_id)
    sanction = person.impose(SanctionKind.WARNING, message)
    person.act.record(Action.PERSON_WARNED, person_id=user_id, target=("user", user_id))
    return sanction.id


@service
def person_suspend(*, caller: Caller, user_id: uuid.UUID, days: int | None, message: str, why: str = "") -> uuid.UUID:
    """Suspend somebody without a case, for so many days or for good (None); returns the sanction's id.

    Raises:
        ValidationFailedError, ForbiddenError, ConflictError: as `person_warn`.
    """
    person = _sanctioning(Act(caller, why), user_id)
    sanction = person.impose(SanctionKind.SUSPENSION, message, days=days)
    until = sanction.ends_at.isoformat() if sanction.ends_at else None
    person.act.record(Action.PERSON_SUSPENDED, person_id=user_id, target=("user", user_id), after={"until": until})
    return sanction.id


@service
def sanction_lift(*, caller: Caller, sanction_id: uuid.UUID, why: str) -> None:
    """End a sanction before its time.

    Raises:
        ValidationFailedError: there is no reason.
        ForbiddenError: as `person_warn`.
        NotFoundError: there is none.
        ConflictError: it is over already.
    """
    if not why.strip():
        raise ValidationFailedError({"why": [EMPTY]})
    person_id = Sanction.objects.filter(id=sanction_id).values_list("person_id", flat=True).first()
    if person_id is None:
        raise NotFoundError
    person = _sanctioning(Act(caller, why), person_id)
    if not _lifted(sanction_id, person_id, caller):
        raise ConflictError(OVER)
    person.act.record(Action.SANCTION_LIFTED, person_id=person_id, target=("user", person_id))


@service
def appeal_create(*, caller: Caller, sanction_id: uuid.UUID, text: str) -> uuid.UUID:
    """Say something to one's own sanction, once; open to the suspended. Returns the appeal's id.

    Raises:
        ValidationFailedError: there is no such sanction of the caller's.
        ConflictError: it is over, or was appealed against already.
    """
    if LockedPerson.lock(caller.user_id) is None:
        raise NotFoundError
    sanction = Sanction.objects.filter(id=sanction_id, person_id=caller.user_id).first()
    if sanction is None:
        raise ValidationFailedError({"sanction_id": [NO_SANCTION]})
    now = timezone.now()
    if sanction.lifted_at is not None or (sanction.ends_at is not None and sanction.ends_at <= now):
        raise ConflictError(OVER, errors={"sanction_id": [OVER]})
    appeal = Appeal(sanction=sanction, person_id=caller.user_id, text=text, created_at=now)
    # The person is locked: of two at once, the second finds the first.
    if Appeal.objects.filter(sanction=sanction).exists():
        raise ConflictError(APPEALED, errors={"sanction_id": [APPEALED]})
    appeal.save(force_insert=True)
    return appeal.id


@service
def appeal_decide(*, caller: Caller, appeal_id: uuid.UUID, grant: bool, answer: str) -> None:
    """Decide about an appeal; granting one ends the sanction. What was removed is put back by `case_restore`.

    Args:
        caller: a member of staff, but not who imposed the sanction.
        appeal_id: which.
        grant: whether the person is right.
        answer: what they are told.

    Raises:
        ValidationFailedError: there is no answer.
        ForbiddenError: the caller does not moderate, imposed it, or is the person; or is no admin where that is staff.
        NotFoundError: there is none.
        ConflictError: it is decided already; says by whom.
    """
    if not answer.strip():
        raise ValidationFailedError({"answer": [EMPTY]})
    check_staff(caller)
    found = Appeal.objects.filter(id=appeal_id).values_list("person_id", "sanction_id", "sanction__imposed_by").first()
    if found is None:
        raise NotFoundError
    person_id, sanction_id, imposed_by = found
    if imposed_by == caller.user_id:
        raise ForbiddenError(OWN_SANCTION)
    person = _sanctioning(Act(caller, answer), person_id)
    appeal = Appeal.objects.select_for_update(of=("self",)).filter(id=appeal_id).first()
    if appeal is None:
        raise NotFoundError
    if appeal.status != AppealStatus.OPEN:
        raise ConflictError(f"{staff_name(appeal.decided_by)} has decided this already: {appeal.status}.")
    appeal.status = AppealStatus.GRANTED if grant else AppealStatus.REFUSED
    appeal.answer, appeal.decided_by, appeal.decided_at = answer, caller.user_id, timezone.now()
    appeal.save(update_fields=["status", "answer", "decided_by", "decided_at"])
    if grant:
        _lifted(sanction_id, person_id, caller)
    action = Action.APPEAL_GRANTED if grant else Action.APPEAL_REFUSED
    person.act.record(action, person_id=person_id, target=("user", person_id), after={"status": str(appeal.status)})


def _sanctioning(act: Act, person_id: uuid.UUID) -> Sanctioning:
    check_staff(act.caller)
    hold_off_erasures()
    return Sanctioning.of(act, person_id)


def _lifted(sanction_id: uuid.UUID, person_id: uuid.UUID, caller: Caller) -> bool:
    now = timezone.now()
    found = Sanction.objects.filter(id=sanction_id, lifted_at=None).exclude(ends_at__lte=now)
    if not found.update(lifted_at=now, lifted_by=caller.user_id):
        return False
    _derive(person_id)
    return True


def _derive(person_id: uuid.UUID) -> None:
    """Write down whether the person is suspended, and have Supabase's ban follow."""
    with connection.cursor() as cursor:
        cursor.execute(_DERIVE, {"person": person_id})
        derived = cursor.rowcount
    if not derived:
        # Kept until Supabase's ban is lifted as well; that it is over, `until` says.
        running = Q(until=None) | Q(until__gt=TransactionNow())
        Suspension.objects.filter(running, user_id=person_id).update(until=TransactionNow())
    if settings.SUPABASE_SERVICE_KEY:
        enqueue_on_commit("moderation.follow_suspension", str(person_id))
