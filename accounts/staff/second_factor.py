"""The second factor's pages: a code at the door, setting an app up, recovery codes (docs/staff.md, Signing in)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeGuard

import django_otp
import segno
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods

from accounts.models import SignInOutcome, StaffUser
from accounts.services.second_factors import (
    recovery_codes_renew,
    second_factor_check,
    second_factor_confirm,
    second_factor_offer,
)
from accounts.services.sign_ins import sign_in_note
from accounts.staff.forms import CodeForm
from accounts.staff.reads import has_second_factor, recovery_codes_left
from accounts.staff.visitors import visitor_of

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite

WRONG = "That code is not right, or was used already. After a wrong one, wait a moment."

View = Callable[["AdminSite", HttpRequest, StaffUser], HttpResponse]


def is_staff(user: Any) -> TypeGuard[StaffUser]:
    """Whether somebody signed in with a password and is staff right now."""
    return bool(user.is_active and getattr(user, "is_staff", False))


def is_proven(user: Any) -> bool:
    """Whether they gave a code in this session."""
    return getattr(user, "otp_device", None) is not None


def destination(request: HttpRequest) -> str:
    """Where to go afterwards: a page of this admin, whatever the address says."""
    given = request.POST.get("next") or request.GET.get("next") or ""
    home = reverse("admin:index")
    if given.startswith(home) and url_has_allowed_host_and_scheme(given, allowed_hosts=None):
        return given
    return home


def urls(site: AdminSite) -> list[URLPattern]:
    """Return the routes of these pages."""
    return [
        path("second-factor/", _page(site, _enter), name="second-factor"),
        path("second-factor/set-up/", _page(site, _set_up), name="second-factor-set-up"),
        path("second-factor/codes/", _page(site, _codes), name="second-factor-codes"),
    ]


def _page(site: AdminSite, view: View) -> Callable[[HttpRequest], HttpResponse]:
    """Let in who signed in with a password; the rest of the admin waits for the code."""

    @wraps(view)
    @never_cache
    @csrf_protect
    @require_http_methods(["GET", "HEAD", "POST"])
    def wrapper(request: HttpRequest) -> HttpResponse:
        user: Any = request.user
        if not is_staff(user):
            return redirect_to_login(request.get_full_path(), reverse("admin:login"))
        return view(site, request, user)

    return wrapper


def _enter(site: AdminSite, request: HttpRequest, user: StaffUser) -> HttpResponse:
    if is_proven(user):
        return HttpResponseRedirect(destination(request))
    if not has_second_factor(user):
        return HttpResponseRedirect(reverse("admin:second-factor-set-up"))
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        device = second_factor_check(user=user, code=form.cleaned_data["code"])
        _note(request, user, SignInOutcome.WRONG_CODE if device is None else SignInOutcome.CODE)
        if device is not None:
            _prove(request, device)
            return HttpResponseRedirect(destination(request))
        form.add_error("code", WRONG)
    return _answer(site, request, "code", {"title": "Your code", "form": form, "next": destination(request)})


def _set_up(site: AdminSite, request: HttpRequest, user: StaffUser) -> HttpResponse:
    if not is_proven(user) and has_second_factor(user):
        return HttpResponseRedirect(reverse("admin:second-factor"))
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        done = second_factor_confirm(user=user, code=form.cleaned_data["code"])
        if done is not None:
            _note(request, user, SignInOutcome.SET_UP)
            _prove(request, done.device)
            return _answer(site, request, "codes", {"title": "Recovery codes", "codes": done.codes})
        _note(request, user, SignInOutcome.WRONG_CODE)
        form.add_error("code", WRONG)
    address = second_factor_offer(user=user).config_url
    context = {"title": "Set up your second factor", "form": form, "picture": _picture(address), "key": _key(address)}
    return _answer(site, request, "set_up", context)


def _codes(site: AdminSite, request: HttpRequest, user: StaffUser) -> HttpResponse:
    if not is_proven(user):
        return HttpResponseRedirect(reverse("admin:second-factor"))
    codes = None
    if request.method == "POST":
        codes = recovery_codes_renew(user=user)
        _note(request, user, SignInOutcome.RENEWED)
    context = {"title": "Recovery codes", "codes": codes, "left": recovery_codes_left(user)}
    return _answer(site, request, "codes", context)


def _answer(site: AdminSite, request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    return TemplateResponse(request, f"admin/second_factor/{name}.html", {**site.each_context(request), **context})


def _prove(request: HttpRequest, device: Any) -> None:
    # As at every change of what a session may do, it gets another key.
    request.session.cycle_key()
    django_otp.login(request, device)
    # Asked before the code was given.
    request.may_enter_admin = True  # type: ignore[attr-defined]


def _note(request: HttpRequest, user: StaffUser, outcome: SignInOutcome) -> None:
    sign_in_note(user=user.email, visitor=visitor_of(request), outcome=outcome)


def _picture(address: str) -> SafeString:
    """The address as a QR code in SVG, within the page: nobody else is asked to draw a secret."""
    svg = segno.make_qr(address, error="m").svg_inline(
        border=4, omitsize=True, dark="#000", light="#fff", title="QR code"
    )
    return mark_safe(svg)  # noqa: S308 - drawn here, out of squares


def _key(address: str) -> str:
    """The key in groups of four, for those who type it."""
    key = address.partition("secret=")[2].partition("&")[0].rstrip("=")
    return " ".join(key[start : start + 4] for start in range(0, len(key), 4))
