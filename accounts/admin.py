"""People in the admin."""

import ipaddress
import uuid
from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import F, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import SafeString

from accounts.models import (
    ConnectionStatus,
    Enneagram,
    ErasedAccount,
    SignInOutcome,
    StaffSignIn,
    StaffUser,
    Suspension,
    UserConnection,
    UserProfile,
)
from accounts.querysets import UserProfileQuerySet
from accounts.services.second_factors import second_factor_remove
from accounts.services.sign_ins import sign_in_note
from accounts.staff import person
from accounts.staff.panels import SHOWN, Line, Panel, register_panel
from accounts.staff.reads import names_of, with_email
from accounts.staff.visitors import visitor_of
from lifestring.admin import ReadOnlyAdmin, an_id, person_link
from lifestring.expressions import TextKey
from lifestring.figures import Figure, active_people, register_figure

__all__ = ["person"]


class StaffFilter(admin.SimpleListFilter):
    """Everybody, or who has a role."""

    title = "role"
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer the roles."""
        return [("admin", "Admins"), ("mod", "Moderators")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[UserProfile]) -> QuerySet[UserProfile]:
        """Narrow to one; each by the index of those who have any."""
        column = {"admin": "is_admin", "mod": "is_mod"}.get(self.value() or "")
        return queryset.filter(**{column: True}) if column else queryset


@admin.register(UserProfile)
class UserProfileAdmin(ReadOnlyAdmin):
    """Everybody, found by name, e-mail address or id; each has a page of their own."""

    title = "People"
    list_display = ("name", "email", "role", "joined")
    list_display_links = None
    list_filter = (StaffFilter,)
    search_fields = ("user_id",)
    search_help_text = "A name or its beginnings, a whole e-mail address, or an id"
    json_columns = ("contact_info", "social_links", "attributes", "biography", "meta")
    ordering = (F("created_at").desc(nulls_last=True), "-id")
    period = "created_at"

    def get_queryset(self, request: HttpRequest) -> QuerySet[UserProfile]:
        """Add what the list shows."""
        found: QuerySet[UserProfile] = super().get_queryset(request)
        return found.annotate(full_name=TextKey("contact_info", "name"), shown_email=TextKey("contact_info", "email"))

    def found(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        """Look for an id, an address or a name."""
        if (given := an_id(text)) is not None:
            return rows.filter(Q(user_id=given) | Q(id=given))
        if "@" in text:
            return rows.filter(user_id__in=with_email(text).values("id"))
        return cast(UserProfileQuerySet, rows).named(text)

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        """Lead on to the page of the person, whichever of their two ids is given."""
        given = an_id(object_id)
        profile = None if given is None else UserProfile.objects.known_as(given).only("user_id").first()
        if profile is None:
            raise Http404
        return HttpResponseRedirect(reverse("admin:person", args=[profile.user_id]))

    @admin.display
    def name(self, profile: Any) -> SafeString | str:
        """Show the name, and lead to the person's page."""
        return person_link(profile.user_id, profile.full_name or "Without a name")

    @admin.display
    def email(self, profile: Any) -> str:
        """Show the address the profile holds."""
        return str(profile.shown_email or "")

    @admin.display
    def role(self, profile: UserProfile) -> str:
        """Show what they may do."""
        return "admin" if profile.is_admin else "moderator" if profile.is_mod else ""

    @admin.display
    def joined(self, profile: UserProfile) -> Any:
        """Show since when they are here."""
        return profile.created_at


@admin.register(Enneagram)
class EnneagramAdmin(ReadOnlyAdmin):
    """The nine types."""

    list_display = ("type_number", "name", "description")
    ordering = ("type_number",)
    json_columns = ("attributes",)


class PersonRowAdmin(ReadOnlyAdmin):
    """A page of rows that are about one person each, found by their id."""

    search_fields = ("user_id",)
    search_help_text = "The id of a person"

    def found(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        """Look for a person."""
        given = an_id(text)
        return rows.none() if given is None else rows.filter(user_id=given)

    @admin.display
    def person(self, row: Any) -> SafeString | str:
        """Lead to the person's page."""
        return person_link(row.user_id)


@admin.register(Suspension)
class SuspensionAdmin(PersonRowAdmin):
    """Who is suspended, and until when; it is changed on the pages of people and cases."""

    list_display = ("user_id", "suspended_at", "until", "reason", "person")
    ordering = ("-suspended_at", "user_id")


@admin.register(ErasedAccount)
class ErasedAccountAdmin(PersonRowAdmin):
    """Who was erased and still has an account at Supabase; rows that grow old say that deleting them fails."""

    title = "Erased, waiting for Supabase"
    list_display = ("user_id", "erased_at")
    ordering = ("erased_at", "user_id")


@admin.register(StaffUser)
class StaffUserAdmin(ReadOnlyAdmin):
    """Who may enter the admin; roles are the profile's, so the one thing to do here is to take a second factor away."""

    title = "Staff"
    list_display = ("email", "name", "is_superuser", "is_active", "last_login")
    search_fields = ("email",)
    search_help_text = "A part of the name or address"
    ordering = ("email",)
    exclude = ("password",)
    admins_only = True
    change_form_template = "admin/staff_user.html"

    def found(self, rows: QuerySet[StaffUser], text: str) -> QuerySet[StaffUser]:
        """Look into names and addresses: there are few."""
        return rows.filter(email__icontains=text) | rows.filter(name__icontains=text)

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the account; a form that comes back takes the second factor away."""
        user = self.get_object(request, object_id)
        if request.method != "POST" or user is None or not self.has_view_permission(request):
            return super().change_view(request, object_id, *args, **kwargs)
        if "second_factor" not in request.POST:
            return super().change_view(request, object_id, *args, **kwargs)
        second_factor_remove(user=user)
        sign_in_note(user=user.email, visitor=visitor_of(request), outcome=SignInOutcome.TAKEN_AWAY)
        messages.success(request, f"The second factor of {user.email} is gone; the next sign-in sets up another.")
        return HttpResponseRedirect(request.path)


@admin.register(StaffSignIn)
class StaffSignInAdmin(ReadOnlyAdmin):
    """Who tried to enter the admin, and how it went."""

    list_display = ("at", "email", "outcome", "ip", "agent")
    list_filter = ("outcome",)
    search_fields = ("email",)
    search_help_text = "A whole e-mail address, or an address of the network"
    ordering = ("-at", "-id")
    period = "at"
    admins_only = True

    def found(self, rows: QuerySet[StaffSignIn], text: str) -> QuerySet[StaffSignIn]:
        """Look for one address of either kind."""
        if "@" in text:
            return rows.filter(email=text.lower())
        return rows.filter(ip=text) if _is_ip(text) else rows.none()


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _connections(user_id: uuid.UUID) -> list[Line]:
    sides = (("requester_id", "receiver_id", "asked"), ("receiver_id", "requester_id", "was asked"))
    found: list[tuple[Any, uuid.UUID, str, str]] = []
    for own, other, word in sides:
        rows = UserConnection.objects.filter(**{own: user_id}).order_by("-updated_at")[: SHOWN + 1]
        found += [(row.updated_at, getattr(row, other), str(row.status), word) for row in rows]
    found.sort(reverse=True, key=lambda one: one[0])
    names = names_of(other for _, other, _, _ in found)
    return [
        Line(
            names.get(other, str(other)),
            at,
            reverse("admin:person", args=[other]),
            "blocked them" if status == ConnectionStatus.BLOCKED and word == "asked"
            else "blocked by them" if status == ConnectionStatus.BLOCKED
            else f"{status}, {word}",
        )
        for at, other, status, word in found[: SHOWN + 1]
    ]  # fmt: skip


register_figure(
    Figure(
        "signups",
        "New people",
        # Its times have no zone, and mean UTC.
        "SELECT created_at::date, count(*) FROM public.user_profiles WHERE created_at >= %(since)s GROUP BY 1",
        place=10,
    ),
    Figure("active", "People who wrote something", active_people, is_mean=True, place=20),
)
register_panel(Panel("connections", "Connections", _connections, place=50))
