"""The second factor of staff: an app's codes, and ten recovery codes for the day the phone is lost (docs/staff.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from django_otp import match_token
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import StaffUser
from lifestring.db import service

if TYPE_CHECKING:
    from django_otp.models import Device

RECOVERY_CODES = 10
_NAME = "app"


class SetUp(NamedTuple):
    """A second factor that was just set up: what proved it, and the recovery codes, which are shown this once."""

    device: Any
    codes: list[str]


@service
def second_factor_offer(*, user: StaffUser) -> TOTPDevice:
    """Return a key to set an app up with; the same one until it is confirmed."""
    _lock(user)
    waiting, _ = TOTPDevice.objects.get_or_create(user=user, confirmed=False, defaults={"name": _NAME})
    return waiting


@service
def second_factor_confirm(*, user: StaffUser, code: str) -> SetUp | None:
    """Make the offered key the second factor, in the place of an earlier one, if the app's code proves it was taken over.

    Returns:
        None where the code is wrong, or tried too soon after a wrong one.
    """
    _lock(user)
    waiting = TOTPDevice.objects.filter(user=user, confirmed=False).first()
    if waiting is None or not waiting.verify_token(code):
        return None
    TOTPDevice.objects.filter(user=user, confirmed=True).delete()
    waiting.confirmed = True
    waiting.save(update_fields=["confirmed"])
    return SetUp(waiting, _renew(user))


@service
def second_factor_check(*, user: StaffUser, code: str) -> Device | None:
    """Return what a code proves, an app or the recovery codes, of which it is one less then; each code works once.

    After a wrong one the next is looked at only after a pause, which doubles each time (django-otp).
    """
    found: Device | None = match_token(user, code)
    return found


@service
def recovery_codes_renew(*, user: StaffUser) -> list[str]:
    """Make ten new recovery codes, which are returned this once; the old ones are none any more."""
    _lock(user)
    return _renew(user)


@service
def second_factor_remove(*, user: StaffUser) -> None:
    """Take somebody's second factor away, so that they have to set it up anew; their open sessions end."""
    _lock(user)
    for model in (TOTPDevice, StaticDevice):
        model.objects.filter(user=user).delete()


def _lock(user: StaffUser) -> None:
    StaffUser.objects.select_for_update(of=("self",), no_key=True).get(pk=user.pk)


def _renew(user: StaffUser) -> list[str]:
    StaticDevice.objects.filter(user=user).delete()
    device = StaticDevice.objects.create(user=user, name="recovery codes")
    codes: set[str] = set()
    while len(codes) < RECOVERY_CODES:
        codes.add(StaticToken.random_token())
    StaticToken.objects.bulk_create([StaticToken(device=device, token=code) for code in sorted(codes)])
    return sorted(codes)
