"""The admin's site: who may enter, and where pages of their own are found."""

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.http import urlencode

from accounts.models import SignInOutcome
from accounts.services.sign_ins import sign_in_note
from accounts.staff import second_factor
from accounts.staff.forms import StaffSignInForm
from accounts.staff.reads import needs_second_factor
from accounts.staff.visitors import visitor_of


class StaffSite(AdminSite):
    """Django's admin for moderators and admins, who prove themselves by a password and a second factor."""

    site_header = site_title = "Lifestring"
    index_title = "Overview"
    login_form = StaffSignInForm

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether somebody is staff and has proved it; asked once per request."""
        known = getattr(request, "may_enter_admin", None)
        if known is None:
            user = request.user
            known = second_factor.is_staff(user) and (second_factor.is_proven(user) or not needs_second_factor(user))
            request.may_enter_admin = known  # type: ignore[attr-defined]
        return bool(known)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the form; whoever is in already lacks the second factor only."""
        if second_factor.is_staff(request.user) and not self.has_permission(request):
            query = urlencode({"next": second_factor.destination(request)})
            return HttpResponseRedirect(f"{reverse('admin:second-factor')}?{query}")
        return super().login(request, extra_context)

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """Sign out, and write that down."""
        if request.user.is_authenticated:
            sign_in_note(
                user=request.user.get_username(), visitor=visitor_of(request), outcome=SignInOutcome.SIGNED_OUT
            )
        return super().logout(request, extra_context)

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Add the pages of the second factor; whoever has not given a code may leave, too."""
        return [path("logout/", self.logout, name="logout"), *second_factor.urls(self), *super().get_urls()]
