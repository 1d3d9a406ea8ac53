"""The pages moderators work on: the queue with the case in hand beside it, a case, appeals, and the trail as a file."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.callers import Caller
from accounts.staff.callers import operator_id, staff_caller
from lifestring.admin import an_id
from lifestring.admin_pages import Page, register_page
from lifestring.errors import DomainError
from moderation import services
from moderation.admin_acts import SUSPENSIONS, act_on, chosen_cases, note_on
from moderation.admin_reads import one_case, queue, waiting_appeals
from moderation.models import AuditEntry, Reason, Source, TargetType
from moderation.querysets import AuditEntryQuerySet
from moderation.staff import moderators
from moderation.trail import audit_csv

FILTERS = ("whose", "kind", "page")


@require_GET
def queue_view(request: HttpRequest) -> HttpResponse:
    """Show what is to be decided, and the case in hand: the one the address names, or the first."""
    user: Any = request.user
    kind = request.GET.get("kind", "")
    kind = kind if kind in TargetType.values else ""
    page = _page(request.GET.get("page", ""))
    rows, has_more = queue(operator_id(user), request.GET.get("whose", ""), kind, page)
    chosen = an_id(request.GET.get("case", "")) or (rows[0].case.id if rows else None)
    ids = [row.case.id for row in rows]
    place = ids.index(chosen) if chosen in ids else -1
    context = {
        "title": "Queue",
        "rows": rows,
        "page": page,
        "has_more": has_more,
        "kinds": TargetType.values,
        "kind": kind,
        "whose": request.GET.get("whose", ""),
        "kept": _kept(request.GET),
        "next_case": ids[place + 1] if place + 1 < len(ids) else "",
        "previous_case": ids[place - 1] if place > 0 else "",
        **_case_context(chosen, user),
    }
    return _answer(request, "queue", context)


@require_GET
def case_view(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """Show one case, decided or not."""
    context = _case_context(case_id, request.user)
    if context["view"] is None:
        raise Http404
    return _answer(request, "case", {"title": "Case", **context})


@require_POST
def act_view(request: HttpRequest) -> HttpResponse:
    """Do something with one case or several, and go on with the next."""
    caller = _caller(request)
    cases = chosen_cases(request.POST)
    if caller is None:
        return HttpResponseRedirect(reverse("admin:queue"))
    is_done = act_on(request, caller, cases)
    here = request.POST.get("here", "")
    if here == "case" and len(cases) == 1:
        return HttpResponseRedirect(reverse("admin:case", args=[next(iter(cases))]))
    stays = request.POST.get("act") in {"claim", "release", "hand-over", "note"} or not is_done
    following = next(iter(cases), None) if stays else an_id(request.POST.get("next_case", ""))
    return _to_queue(request, following)


@require_POST
def note_view(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """Note something for the other moderators."""
    caller = _caller(request)
    if caller is not None:
        note_on(request, caller, case_id)
    if request.POST.get("here") == "case":
        return HttpResponseRedirect(reverse("admin:case", args=[case_id]))
    return _to_queue(request, case_id)


@require_POST
def open_view(request: HttpRequest) -> HttpResponse:
    """Open the case of a thing that nobody has reported, or go to the one that is open."""
    kind, given = request.POST.get("target_type", ""), an_id(request.POST.get("target_id", ""))
    if kind not in TargetType.values or given is None:
        raise Http404
    user: Any = request.user
    details = f"Opened by {user.get_full_name()}."
    try:
        case_id = services.content_flag(
            source=Source.PERSON, target_type=kind, target_id=given, reason=Reason.OTHER, details=details
        )
    except DomainError as error:
        messages.error(request, error.message)
        return HttpResponseRedirect(reverse("admin:queue"))
    return HttpResponseRedirect(reverse("admin:case", args=[case_id]))


@require_http_methods(["GET", "POST"])
def appeals_view(request: HttpRequest) -> HttpResponse:
    """Show what people say to their sanctions; a form that comes back decides about one."""
    user: Any = request.user
    if request.method == "POST":
        _decide(request)
        return HttpResponseRedirect(reverse("admin:appeals"))
    context = {"title": "Appeals", "appeals": waiting_appeals(), "own_id": operator_id(user)}
    return _answer(request, "appeals", context)


@require_GET
def trail_view(request: HttpRequest) -> StreamingHttpResponse:
    """Send the trail, or what of it is about one id, as CSV."""
    answer = StreamingHttpResponse(
        audit_csv(trail_about(AuditEntry.objects.all(), request.GET.get("q", ""))),
        content_type="text/csv; charset=utf-8",
    )
    answer["Content-Disposition"] = 'attachment; filename="lifestring-trail.csv"'
    answer["Cache-Control"] = "no-store"
    return answer


@require_POST
def sanction_view(request: HttpRequest, user_id: uuid.UUID) -> HttpResponse:
    """Warn or suspend somebody without a case, or end what was imposed."""
    caller = _caller(request)
    if caller is not None:
        try:
            _sanction(request, caller, user_id)
        except DomainError as error:
            messages.error(request, error.message)
    return HttpResponseRedirect(reverse("admin:person", args=[user_id]))


def trail_about(entries: AuditEntryQuerySet, text: str) -> AuditEntryQuerySet:
    """Narrow the trail to what is about one id: a person, a thing, a case, or whoever did it."""
    if not text.strip():
        return entries
    given = an_id(text.strip())
    if given is None:
        return entries.none()
    # Each by its own index; a UNION, since OR would read the whole trail.
    found = [{name: given} for name in ("actor_id", "person_id", "case_id", "target_id")]
    ids = (
        AuditEntry.objects.filter(**found[0])
        .values("id")
        .union(*(AuditEntry.objects.filter(**one).values("id") for one in found[1:]))
    )
    return entries.filter(id__in=ids)


def _sanction(request: HttpRequest, caller: Caller, user_id: uuid.UUID) -> None:
    form = request.POST
    act = form.get("act", "")
    message, why = form.get("message", "").replace("\0", ""), form.get("why", "").replace("\0", "")
    if act == "lift":
        services.sanction_lift(caller=caller, sanction_id=an_id(form.get("sanction", "")) or uuid.UUID(int=0), why=why)
    elif act == "warn":
        services.person_warn(caller=caller, user_id=user_id, message=message, why=why)
    elif act in SUSPENSIONS:
        services.person_suspend(caller=caller, user_id=user_id, days=SUSPENSIONS[act], message=message, why=why)
    else:
        raise DomainError("Choose what to do.")
    messages.success(request, "Done.")


def _decide(request: HttpRequest) -> None:
    caller = _caller(request)
    if caller is None:
        return
    try:
        services.appeal_decide(
            caller=caller,
            appeal_id=an_id(request.POST.get("appeal", "")) or uuid.UUID(int=0),
            grant=request.POST.get("act") == "grant",
            answer=request.POST.get("answer", "").replace("\0", ""),
        )
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "Decided.")


def _caller(request: HttpRequest) -> Caller | None:
    user: Any = request.user
    try:
        return staff_caller(user)
    except DomainError as error:
        messages.error(request, error.message)
        return None


def _case_context(case_id: uuid.UUID | None, user: Any) -> dict[str, Any]:
    view = None if case_id is None else one_case(case_id, operator_id(user))
    own_id = operator_id(user)
    others = [(moderator, name) for moderator, name in moderators() if moderator != own_id] if view else []
    reason = view.row.reasons[0][0] if view and view.row.reasons else ""
    kind = view.case.target_type if view else ""
    return {
        "view": view,
        "others": others,
        "is_own": bool(view and view.case.person_id == own_id),
        "why": f"Reported for {reason}" if reason and reason != "other" else "Breaks the rules",
        "message": _message(kind, reason),
    }


def _message(kind: str, reason: str) -> str:
    """What a person is told unless the moderator writes something else."""
    what = "Your profile" if kind == "user" else "A room of yours" if kind == "room" else f"Your {kind}"
    return f"{what} breaks the rules of Lifestring" + (f": {reason}." if reason and reason != "other" else ".")


def _answer(request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    shown = {**admin.site.each_context(request), "is_nav_sidebar_enabled": False, **context}
    return TemplateResponse(request, f"admin/moderation/{name}.html", shown)


def _to_queue(request: HttpRequest, case_id: uuid.UUID | None) -> HttpResponse:
    query = _kept(request.POST) + (f"&case={case_id}" if case_id else "")
    return HttpResponseRedirect(f"{reverse('admin:queue')}?{query.lstrip('&')}")


def _kept(given: Any) -> str:
    return urlencode({name: given[name] for name in FILTERS if given.get(name)})


def _page(text: str) -> int:
    return min(int(text), 200) if text.isascii() and text.isdecimal() and len(text) < 5 else 0


register_page(
    Page("queue/", queue_view, "queue", door="Queue", place=10),
    Page("queue/act/", act_view, "queue-act"),
    Page("cases/open/", open_view, "case-open"),
    Page("cases/<uuid:case_id>/", case_view, "case"),
    Page("cases/<uuid:case_id>/note/", note_view, "case-note"),
    Page("appeals/", appeals_view, "appeals", door="Appeals", place=20),
    Page("trail/export/", trail_view, "trail-export"),
    Page("people/<uuid:user_id>/sanction/", sanction_view, "person-sanction"),
)
