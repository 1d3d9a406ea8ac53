"""What the admin asks about its own people."""

from django.conf import settings
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import StaffUser


def has_second_factor(user: StaffUser) -> bool:
    """Whether somebody set one up."""
    return bool(TOTPDevice.objects.filter(user_id=user.pk, confirmed=True).exists())


def needs_second_factor(user: StaffUser) -> bool:
    """Whether a password alone does not let somebody in."""
    return bool(settings.ADMIN_REQUIRE_2FA) or has_second_factor(user)


def recovery_codes_left(user: StaffUser) -> int:
    """How many recovery codes were not used yet."""
    return int(StaticToken.objects.filter(device__user_id=user.pk).count())
