"""The admin's site: who may enter, and where pages of their own are found."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.http import urlencode

from accounts.models import SignInOutcome
from accounts.services.sign_ins import sign_in_note
from accounts.staff import second_factor
from accounts.staff.forms import StaffSignInForm
from accounts.staff.reads import needs_second_factor
from accounts.staff.visitors import visitor_of
from lifestring.admin_pages import Page, is_admin, registered_pages
from lifestring.figures import chart_of, last_days, registered_figures

APPS = ("moderation", "accounts", "strings", "chat", "events", "ai")


class StaffSite(AdminSite):
    """Django's admin for moderators and admins, who prove themselves by a password and a second factor."""

    site_header = site_title = "Lifestring"
    index_title = "Overview"
    login_form = StaffSignInForm
    index_template = app_index_template = "admin/overview.html"

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

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """Show what the last days came to, and all tables."""
        figures = [figure for figure in registered_figures() if not figure.admins_only or is_admin(request)]
        days = last_days(figure.name for figure in figures)
        charts = [chart_of(figure, days[figure.name]) for figure in figures]
        return super().index(request, {"charts": charts, "is_overview": True, **(extra_context or {})})

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Add pages that are no tables; whoever has not given a code may leave, too."""
        own = [path(page.route, self.admin_view(_for(page)), name=page.name) for page in registered_pages()]
        return [path("logout/", self.logout, name="logout"), *second_factor.urls(self), *own, *super().get_urls()]

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Return the tables by what staff come for most, under the names people use."""
        found = super().get_app_list(request, app_label)
        for app in found:
            for model in app["models"]:
                model["name"] = getattr(self._registry[model["model"]], "title", "") or model["name"]
        return sorted(found, key=lambda app: APPS.index(app["app_label"]) if app["app_label"] in APPS else len(APPS))

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Add the links at the top."""
        open_to = [page for page in registered_pages() if page.door and (not page.admins_only or is_admin(request))]
        doors = [{"title": page.door, "address": reverse(f"admin:{page.name}")} for page in open_to]
        home = {"title": self.index_title, "address": reverse("admin:index")}
        return {**super().each_context(request), "doors": [home, *doors]}


def _for(page: Page) -> Callable[..., HttpResponseBase]:
    """Return the page's view, which moderators do not come to where it is for admins."""

    @wraps(page.view)
    def view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if page.admins_only and not is_admin(request):
            raise PermissionDenied
        return page.view(request, *args, **kwargs)

    return view
