"""The page of a person: who they are, all there is of them in short, and what staff may do (docs/staff.md, People)."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from functools import wraps
from itertools import chain
from typing import NamedTuple

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.callers import Caller
from accounts.exporting import export_chunks
from accounts.services import profile_merge, user_erase
from accounts.services.exports import export_note
from accounts.services.profiles import JSON_COLUMNS
from accounts.services.sessions import sessions_end
from accounts.staff.callers import staff_caller
from accounts.staff.panels import SHOWN, Line, Panel, registered_panels
from accounts.staff.profile_fields import columns_of, patches
from accounts.staff.reads import person_of
from lifestring.admin_pages import Page, is_admin, register_page
from lifestring.errors import DomainError, ValidationFailedError

STILL_OPEN = (
    "Signed out. The database role may not end Supabase's sessions, so their apps get in again by themselves: "
    "suspend them, or grant DELETE on auth.sessions (and BYPASSRLS)."
)

Act = Callable[[HttpRequest, Caller, uuid.UUID], HttpResponseBase | None]


class Shown(NamedTuple):
    """A panel with its lines; `rest` is the address of more, empty where these are all."""

    panel: Panel
    lines: list[Line]
    rest: str


@require_GET
def person_view(request: HttpRequest, user_id: uuid.UUID) -> HttpResponse:
    """Show it."""
    return _answer(request, user_id)


def _answer(request: HttpRequest, user_id: uuid.UUID, errors: dict[str, list[str]] | None = None) -> HttpResponse:
    person = person_of(user_id)
    if person is None:
        raise Http404
    may_change = is_admin(request)
    context = {
        **admin.site.each_context(request),
        "title": person.name or "Without a name",
        "person": person,
        "columns": columns_of(person.columns) if person.has_profile else [],
        "column_names": JSON_COLUMNS,
        "panels": list(_panels(user_id, may_see_all=may_change)),
        "may_change": may_change,
        "errors": errors or {},
        "posted": request.POST if errors else {},
    }
    return TemplateResponse(request, "admin/person.html", context, status=422 if errors else 200)


def _panels(user_id: uuid.UUID, *, may_see_all: bool) -> Iterable[Shown]:
    for panel in registered_panels():
        if may_see_all or not panel.admins_only:
            lines = list(panel.lines(user_id))
            rest = panel.more(user_id) if panel.more and len(lines) > SHOWN else ""
            yield Shown(panel, lines[:SHOWN], rest)


def _act(act: Act) -> Callable[..., HttpResponseBase]:
    """Run what a form asks for as the caller staff are; what a service refuses is said on the person's page."""

    @require_POST
    @wraps(act)
    def view(request: HttpRequest, user_id: uuid.UUID) -> HttpResponseBase:
        try:
            answer = act(request, staff_caller(request.user), user_id)  # type: ignore[arg-type]
        except ValidationFailedError as error:
            return _answer(request, user_id, error.errors)
        except DomainError as error:
            messages.error(request, error.message)
            answer = None
        return answer or HttpResponseRedirect(reverse("admin:person", args=[user_id]))

    return view


@_act
def change_view(request: HttpRequest, caller: Caller, user_id: uuid.UUID) -> None:
    """Change fields of the profile."""
    person = person_of(user_id)
    if person is None:
        raise Http404
    found = patches(columns_of(person.columns), request.POST)
    profile_merge(caller=caller, user_id=user_id, values=found, why=_why(request))
    messages.success(request, "The profile was changed." if found else "Nothing was changed.")


@_act
def sign_out_view(request: HttpRequest, caller: Caller, user_id: uuid.UUID) -> None:
    """End every session."""
    ended = sessions_end(caller=caller, user_id=user_id, why=_why(request))
    messages.add_message(
        request, messages.SUCCESS if ended else messages.WARNING, "Signed out." if ended else STILL_OPEN
    )


@_act
def export_view(request: HttpRequest, caller: Caller, user_id: uuid.UUID) -> HttpResponseBase:
    """Download everything there is about them."""
    export_note(caller=caller, user_id=user_id, why=_why(request))
    chunks = export_chunks(user_id)
    answer = StreamingHttpResponse(chain([next(chunks)], chunks), content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="lifestring-{user_id}-{timezone.now():%Y-%m-%d}.json"'
    answer["Cache-Control"] = "no-store"
    return answer


@_act
def erase_view(request: HttpRequest, caller: Caller, user_id: uuid.UUID) -> HttpResponseBase | None:
    """Erase them, if the id was typed."""
    if request.POST.get("typed", "").strip() != str(user_id):
        messages.error(request, "Nothing was erased: the id that was typed is another one.")
        return None
    user_erase(caller=caller, user_id=user_id, why=_why(request))
    messages.success(request, "Erased: everything the product held about them is gone.")
    return HttpResponseRedirect(reverse("admin:accounts_userprofile_changelist"))


def _why(request: HttpRequest) -> str:
    why = request.POST.get("why", "").replace("\0", "").strip()[:2000]
    if not why:
        raise ValidationFailedError({"why": ["Say why; it goes into the trail."]})
    return why


register_page(
    Page("people/<uuid:user_id>/", person_view, "person"),
    Page("people/<uuid:user_id>/sign-out/", sign_out_view, "person-sign-out"),
    Page("people/<uuid:user_id>/change/", change_view, "person-change", admins_only=True),
    Page("people/<uuid:user_id>/export/", export_view, "person-export", admins_only=True),
    Page("people/<uuid:user_id>/erase/", erase_view, "person-erase", admins_only=True),
)
