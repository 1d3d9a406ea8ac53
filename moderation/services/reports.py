"""Saying that something is wrong: people report, programs flag, and both make or join the thing's open case.

The people involved are locked first, in the order of their ids, as everybody does who locks two: nobody is erased meanwhile,
and one person's reports are counted one after the other. The case's constraint decides who of two reporters opens it.
"""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts.callers import Caller
from accounts.models import UserProfile
from lifestring.db import service
from lifestring.errors import DomainError, ErrorCode, NotFoundError, ValidationFailedError
from moderation.models import Report, Source
from moderation.reasons import SEVERITY
from moderation.targets import Subject, target_of

OWN = "You cannot report yourself or what is yours."
MAX_DETAILS = 2_000
TOO_MANY = "You have reported a lot; try again in {seconds} seconds."
WINDOW = timedelta(hours=1)

# One statement makes the case or finds and locks the open one, whoever comes at the same instant.
_OPEN = """
INSERT INTO django.moderation_case AS c (id, target_type, target_id, person_id, room_id, status, severity,
                                         reporters_count, opened_at, reported_at, version, decision)
VALUES (%(id)s, %(kind)s, %(target)s, %(person)s, %(room)s, 'open', %(severity)s, 0,
        statement_timestamp(), statement_timestamp(), 1, '')
ON CONFLICT (target_type, target_id) WHERE status = 'open'
DO UPDATE SET reported_at = statement_timestamp(), severity = greatest(c.severity, excluded.severity)
RETURNING id
"""
_STORE = """
WITH stored AS (
  INSERT INTO django.moderation_report
         (id, case_id, source, reporter_id, target_type, target_id, reason, details, is_open, created_at)
  VALUES (%(id)s, %(case)s, %(source)s, %(reporter)s, %(kind)s, %(target)s, %(reason)s, %(details)s, true,
          statement_timestamp())
  ON CONFLICT DO NOTHING RETURNING reporter_id)
UPDATE django.moderation_case SET reporters_count = reporters_count + (SELECT count(reporter_id) FROM stored)
 WHERE id = %(case)s
"""


@service
def report_create(
    *, caller: Caller, target_type: str, target_id: uuid.UUID, reason: str, details: str = ""
) -> uuid.UUID:
    """Report something; returns the report's id. Again, while it is open, changes nothing and returns the same.

    Args:
        caller: who reports; the person it is about never learns who.
        target_type: one of `TargetType`.
        target_id: which.
        reason: one of `Reason`.
        details: their own words.

    Raises:
        NotFoundError: there is no such thing for the caller.
        ValidationFailedError: it is the caller, or the caller's.
        DomainError: too many reports within an hour (429 `rate_limited`).
    """
    target = target_of(target_type)
    subject = target.find(target_id)
    if subject is None or not target.is_visible_to(target_id, caller):
        raise NotFoundError
    if subject.person_id == caller.user_id:
        raise ValidationFailedError({"target_id": [OWN]})
    _hold(target_type, target_id, subject, caller.user_id)
    own = Report.objects.by_person(caller.user_id)
    before = own.filter(is_open=True, target_type=target_type, target_id=target_id).values_list("id", flat=True).first()
    if before is not None:
        return before
    _check_rate(caller)
    report_id = uuid.uuid4()
    values = {"kind": target_type, "target": target_id, "reason": reason, "details": details}
    case_id = _opened(subject, values)
    _store({**values, "id": report_id, "case": case_id, "source": Source.PERSON, "reporter": caller.user_id})
    return report_id


@service
def content_flag(*, source: str, target_type: str, target_id: uuid.UUID, reason: str, details: str = "") -> uuid.UUID:
    """Have moderators look at something, without a reporter; returns its open case. Nothing is removed.

    A source that has flagged the thing already adds nothing while the case is open.

    Args:
        source: one of `Source`, but not a person.
        target_type: one of `TargetType`.
        target_id: which.
        reason: one of `Reason`.
        details: what was noticed, for moderators; cut at `MAX_DETAILS` characters.

    Raises:
        NotFoundError: there is no such thing, or not any more.
    """
    subject = target_of(target_type).find(target_id)
    if subject is None:
        raise NotFoundError
    _hold(target_type, target_id, subject)
    values = {"kind": target_type, "target": target_id, "reason": reason, "details": _kept(details)}
    case_id = _opened(subject, values)
    _store({**values, "id": uuid.uuid4(), "case": case_id, "source": source, "reporter": None})
    return case_id


def _hold(target_type: str, target_id: uuid.UUID, subject: Subject, reporter_id: uuid.UUID | None = None) -> None:
    """Lock the people involved until the transaction ends, and see whether an erasure came before."""
    wanted = {user_id for user_id in (subject.person_id, reporter_id) if user_id is not None}
    found = UserProfile.objects.filter(user_id__in=wanted).order_by("user_id")
    there = set(found.select_for_update(of=("self",), no_key=True).values_list("user_id", flat=True))
    if reporter_id is not None and reporter_id not in there:
        raise NotFoundError
    # Things may outlive the profile of whoever made them, and may not.
    if there != wanted and target_of(target_type).find(target_id) is None:
        raise NotFoundError


def _opened(subject: Subject, values: dict[str, Any]) -> uuid.UUID:
    about = {"id": uuid.uuid4(), "person": subject.person_id, "room": subject.room_id}
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, {**values, **about, "severity": SEVERITY[values["reason"]]})
        row: tuple[uuid.UUID] = cursor.fetchone()
    return row[0]


def _store(values: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_STORE, {**values, "source": str(values["source"])})


def _kept(details: str) -> str:
    """What a program noticed, as far as it can be stored: a model may say anything."""
    text = details[:MAX_DETAILS].replace("\x00", "")
    return text.encode("utf-8", "replace").decode()


def _check_rate(caller: Caller) -> None:
    """Refuse a report beyond `REPORTS_PER_HOUR`; the reporter is locked, so that they are counted one by one."""
    most, now = settings.REPORTS_PER_HOUR, timezone.now()
    recent = Report.objects.by_person(caller.user_id).filter(created_at__gt=now - WINDOW)
    times: list[datetime] = list(recent.order_by("-created_at").values_list("created_at", flat=True)[:most])
    if len(times) < most:
        return
    seconds = max(1, int((times[-1] + WINDOW - now).total_seconds()) + 1)
    raise DomainError(
        TOO_MANY.format(seconds=seconds),
        code=ErrorCode.RATE_LIMITED,
        status=429,
        headers={"Retry-After": str(seconds)},
    )
