"""People in the admin."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import Enneagram, ErasedAccount, StaffUser, Suspension, UserProfile
from lifestring.admin import ReadOnlyAdmin
from lifestring.expressions import TextKey


@admin.register(UserProfile)
class UserProfileAdmin(ReadOnlyAdmin):
    """Profiles, found by name, e-mail or id."""

    list_display = ("name", "email", "is_admin", "is_mod", "created_at")
    list_filter = ("is_admin", "is_mod")
    search_fields = ("full_name", "shown_email", "user_id")
    ordering = ("-created_at", "id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[UserProfile]:
        """Add what the list shows and searches."""
        found: QuerySet[UserProfile] = super().get_queryset(request)
        return found.annotate(full_name=TextKey("contact_info", "name"), shown_email=TextKey("contact_info", "email"))

    @admin.display(ordering="full_name")
    def name(self, profile: UserProfile) -> str:
        """Show the person's name."""
        return str(profile)

    @admin.display(ordering="shown_email")
    def email(self, profile: UserProfile) -> str:
        """Show the address the profile holds."""
        return str(getattr(profile, "shown_email", None) or "")


@admin.register(Enneagram)
class EnneagramAdmin(ReadOnlyAdmin):
    """The nine types."""

    list_display = ("type_number", "name", "description")
    ordering = ("type_number",)


@admin.register(Suspension)
class SuspensionAdmin(ReadOnlyAdmin):
    """Who is suspended, and until when."""

    list_display = ("user_id", "suspended_at", "until", "reason")
    search_fields = ("user_id",)
    ordering = ("-suspended_at", "user_id")


@admin.register(ErasedAccount)
class ErasedAccountAdmin(ReadOnlyAdmin):
    """Who was erased and still has an account at Supabase; rows that grow old say that deleting them fails."""

    list_display = ("user_id", "erased_at")
    search_fields = ("user_id",)
    ordering = ("erased_at", "user_id")


@admin.register(StaffUser)
class StaffUserAdmin(ReadOnlyAdmin):
    """Who may enter the admin."""

    list_display = ("email", "name", "is_superuser", "is_active", "last_login")
    search_fields = ("email", "name")
    ordering = ("email",)
    exclude = ("password",)
