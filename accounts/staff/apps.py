"""Django's entry for the admin."""

from django.contrib import admin
from django.contrib.admin.apps import AdminConfig


class StaffAdminConfig(AdminConfig):
    """The admin on a site of ours, with pages of ours only."""

    default_site = "accounts.staff.site.StaffSite"

    def ready(self) -> None:
        """Load every app's pages; roles come from profiles, and the keys of a second factor are shown to nobody."""
        from django.contrib.auth.models import Group
        from django_otp.plugins.otp_static.models import StaticDevice
        from django_otp.plugins.otp_totp.models import TOTPDevice

        super().ready()
        admin.site.unregister([Group, StaticDevice, TOTPDevice])
