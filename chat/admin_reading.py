"""Reading what is said in a room: with a reason, and never without a trace (docs/staff.md, Rooms)."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods

from accounts.staff.callers import staff_caller
from chat import reads
from chat.services import room_read_for_staff
from lifestring.admin import an_id
from lifestring.admin_pages import Page, register_page
from lifestring.errors import DomainError, NotFoundError


@require_http_methods(["GET", "POST"])
def reading_view(request: HttpRequest, room_id: uuid.UUID) -> HttpResponse:
    """Ask for the reason; a form that comes back is answered with messages, and the trail has who read them and why."""
    if not reads.is_there(room_id):
        raise Http404
    context: dict[str, Any] = {**admin.site.each_context(request), "title": "Read a room", "room_id": room_id}
    if request.method == "POST":
        user: Any = request.user
        reason = request.POST.get("reason", "").replace("\0", "")[:2000]
        before = an_id(request.POST.get("before", ""))
        try:
            lines = room_read_for_staff(caller=staff_caller(user), room_id=room_id, reason=reason, before=before)
        except NotFoundError as error:
            raise Http404 from error
        except DomainError as error:
            messages.error(request, error.message)
        else:
            oldest = lines[-1].id if lines else ""
            context |= {"lines": lines[::-1], "oldest": oldest, "reason": reason, "was_read": True}
    return TemplateResponse(request, "admin/room_reading.html", context)


register_page(Page("rooms/<uuid:room_id>/reading/", reading_view, "room-reading"))
