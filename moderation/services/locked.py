"""A case in the hands of one member of staff, and the trail of what they do with it.

Locks are taken in one order: erasures are held off, then the person, then the case, then what it is about.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from accounts.callers import Caller
from accounts.erasing import hold_off_erasures
from accounts.models import UserProfile
from lifestring.errors import ConflictError, ForbiddenError, NotFoundError
from moderation.models import Action, AuditEntry, Case, CaseStatus, Decision, Report
from moderation.staff import check_staff, staff_name

OWN = "This is about yourself; somebody else has to decide."
CHANGED = "This case has changed in the meantime; look at it again."
# Somebody who has not come back to a case after so long does not work on it any more.
CLAIM_LASTS = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Act:
    """Something a member of staff does, as the trail has it.

    Args:
        caller: who.
        why: for what reason.
    """

    caller: Caller
    why: str = ""

    def record(
        self,
        action: Action,
        *,
        case: Case | None = None,
        person_id: uuid.UUID | None = None,
        actor_id: uuid.UUID | None = None,
        target: tuple[str, uuid.UUID] | None = None,
        before: dict[str, Any] | None = None,
        after: dict[str, Any] | None = None,
    ) -> None:
        """Write it down, in the transaction that does it; `before` and `after` hold states, never ids or texts of people."""
        about = target or ((case.target_type, case.target_id) if case else ("", None))
        AuditEntry.objects.create(
            at=timezone.now(),
            actor_id=actor_id or self.caller.user_id,
            action=str(action),
            case_id=case.id if case else None,
            target_type=about[0],
            target_id=about[1],
            person_id=case.person_id if case else person_id,
            why=self.why,
            before=before,
            after=after,
        )


@dataclass(frozen=True, slots=True)
class LockedPerson:
    """Somebody whom the running transaction has locked: what is done to them happens one after the other."""

    id: uuid.UUID
    is_staff: bool

    @classmethod
    def lock(cls, person_id: uuid.UUID | None) -> LockedPerson | None:
        """Lock a person; None where there is none."""
        if person_id is None:
            return None
        found = UserProfile.objects.select_for_update(of=("self",), no_key=True).filter(user_id=person_id)
        profile = found.only("user_id", "is_admin", "is_mod").first()
        return cls(profile.user_id, bool(profile.is_admin or profile.is_mod)) if profile else None


class LockedCase:
    """A case whose row the running transaction has locked; whoever else wants it waits, and then sees a new version."""

    def __init__(self, case: Case, act: Act) -> None:
        self.case, self.act = case, act
        self._before = self._state()

    @classmethod
    def lock(cls, act: Act, case_id: uuid.UUID, version: int | None = None) -> LockedCase:
        """Lock a case that is still as the caller saw it.

        Args:
            act: who wants it, and why.
            case_id: which.
            version: the version they saw; None where that does not matter.

        Raises:
            ForbiddenError: the caller does not moderate, or is the person it is about.
            NotFoundError: there is no such case.
            ConflictError: it has another version; says who did what.
        """
        check_staff(act.caller)
        hold_off_erasures()
        person_id = Case.objects.filter(id=case_id).values_list("person_id", flat=True).first()
        LockedPerson.lock(person_id)
        case = Case.objects.select_for_update(of=("self",)).filter(id=case_id).first()
        if case is None:
            raise NotFoundError
        if case.person_id == act.caller.user_id:
            raise ForbiddenError(OWN)
        if version is not None and version != case.version:
            raise ConflictError(_what_happened(case, act.caller))
        return cls(case, act)

    @property
    def is_open(self) -> bool:
        """Whether nobody has decided it."""
        return self.case.status == CaseStatus.OPEN

    def claim(self, user_id: uuid.UUID | None) -> None:
        """Say who works on it."""
        self._write(claimed_by=user_id, claimed_at=timezone.now() if user_id else None)

    def claimed_by_other(self) -> bool:
        """Whether somebody else works on it, and came to it not long ago."""
        at: datetime | None = self.case.claimed_at
        other = self.case.claimed_by not in {None, self.act.caller.user_id}
        return other and at is not None and at > timezone.now() - CLAIM_LASTS

    def decide(self, decision: Decision) -> None:
        """End it, or say how it ended after all; its reports are closed."""
        now = timezone.now()
        self._write(status=CaseStatus.DECIDED, decision=decision, decided_by=self.act.caller.user_id, decided_at=now)
        Report.objects.filter(case=self.case, is_open=True).update(is_open=False)

    def record(self, action: Action, *, actor_id: uuid.UUID | None = None, **after: Any) -> int:
        """Write into the trail what was done, and return the case's new version."""
        now = {**self._state(), **after}
        self.act.record(action, case=self.case, actor_id=actor_id, before=self._before, after=now)
        return self.case.version

    def _state(self) -> dict[str, Any]:
        return {
            "status": str(self.case.status),
            "decision": str(self.case.decision),
            "is_claimed": self.case.claimed_by is not None,
        }

    def _write(self, **values: Any) -> None:
        self.case.version += 1
        for name, value in values.items():
            setattr(self.case, name, value)
        self.case.save(update_fields=[*values, "version"])


def _what_happened(case: Case, caller: Caller) -> str:
    if case.status == CaseStatus.DECIDED:
        who = "You have" if case.decided_by == caller.user_id else f"{staff_name(case.decided_by)} has"
        return f"{who} decided this case already: {case.decision}."
    if case.claimed_by not in {None, caller.user_id}:
        return f"{staff_name(case.claimed_by)} works on this case now."
    return CHANGED
