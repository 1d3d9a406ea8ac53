"""Entering the admin, written down; and how often it may be tried (docs/staff.md, Signing in)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models.functions import Now

from accounts.models import SignInOutcome, StaffSignIn
from lifestring.db import service

if TYPE_CHECKING:
    from django.db.models import QuerySet

WINDOW = timedelta(minutes=15)
MOST_FOR_EMAIL = 10
# Of one address of the network, behind which there may be an office.
MOST_FOR_IP = 50
# An account, and an address of the network; taken in this order.
_TAKE_TURNS = "SELECT pg_advisory_xact_lock(7201948, hashtext(%s)), pg_advisory_xact_lock(7201949, hashtext(%s))"


class Visitor(NamedTuple):
    """Where somebody comes from.

    Args:
        ip: their address on the network, None where it is not known.
        agent: what their browser calls itself.
    """

    ip: str | None
    agent: str


@service
def sign_in_begin(*, user: str, visitor: Visitor) -> int | None:
    """Count an attempt before its password is looked at.

    Args:
        user: the e-mail address that was typed.
        visitor: where it comes from.

    Returns:
        The attempt's id, or None where there were too many failures and no password may be looked at.
    """
    email = _key(user)
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_TURNS, [email, visitor.ip or ""])
    lately = StaffSignIn.objects.filter(at__gt=Now() - WINDOW)
    refused = lately.filter(outcome=SignInOutcome.REFUSED)
    if _reaches(refused.filter(email=email), MOST_FOR_EMAIL) or (
        visitor.ip is not None and _reaches(refused.filter(ip=visitor.ip), MOST_FOR_IP)
    ):
        # Once in the window: whoever goes on trying must not fill the table.
        if not lately.filter(email=email, ip=visitor.ip, outcome=SignInOutcome.LOCKED_OUT).exists():
            _record(email, visitor, SignInOutcome.LOCKED_OUT)
        return None
    return _record(email, visitor, SignInOutcome.REFUSED).pk


@service
def sign_in_succeed(*, user: str, attempt_id: int) -> None:
    """Say of an attempt that its password was right."""
    StaffSignIn.objects.filter(pk=attempt_id, email=_key(user)).update(outcome=SignInOutcome.ACCEPTED)


@service
def sign_in_note(*, user: str, visitor: Visitor, outcome: SignInOutcome) -> None:
    """Write down a step of somebody who is signed in: a code, a sign-out."""
    _record(_key(user), visitor, outcome)


@service
def sign_ins_forget() -> int:
    """Delete what is older than `SIGN_IN_DAYS`, and sessions of the admin that are over; returns how many there were."""
    begin = Now() - timedelta(days=settings.SIGN_IN_DAYS)
    attempts = StaffSignIn.objects.filter(at__lt=begin)
    # What Django's admin notes of its forms.
    changes = LogEntry.objects.filter(action_time__lt=begin)
    sessions = Session.objects.filter(expire_date__lt=Now())
    return sum(rows.delete()[0] for rows in (attempts, changes, sessions))


def _key(email: str) -> str:
    return email.strip().lower()[:254]


def _reaches(found: QuerySet[StaffSignIn], most: int) -> bool:
    return found[:most].count() >= most


def _record(email: str, visitor: Visitor, outcome: SignInOutcome) -> StaffSignIn:
    return StaffSignIn.objects.create(email=email, ip=visitor.ip, agent=visitor.agent[:200], outcome=outcome)
