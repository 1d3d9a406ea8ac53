"""What the admin says when something cannot be done: pages for people, where the API answers JSON (docs/staff.md)."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string

from lifestring.context import current_request_id

PLACE = "/admin/"
_SAID = {
    400: ("That was not understood", "What your browser sent could not be read. Nothing was done."),
    403: (
        "Not for you",
        "This is for people with other rights than yours; what only admins may do, ask one of them to.",
    ),
    404: ("Nothing is here", "There is nothing at this address, or what was here is gone."),
    405: ("Nothing was done", "This address takes what a form sends, and nothing came with it. Go back and try again."),
    500: (
        "Something went wrong",
        "It went wrong on our side, and what you did may not have been done. Try again shortly.",
    ),
}
_CSRF = (
    "The form was too old",
    "It was not taken, and nothing was done: it was open while somebody signed in or out in this browser, or the browser "
    "keeps no cookies. Go back, load the page anew and send it again.",
)


def is_admin_page(request: HttpRequest) -> bool:
    """Whether somebody looks at a page of the admin, and no program at the API."""
    return request.path_info.startswith(PLACE)


def error_page(request: HttpRequest, status: int, said: tuple[str, str] | None = None) -> HttpResponse:
    """Render a page in the admin's own look.

    Args:
        request: what cannot be done.
        status: the HTTP status.
        said: a heading and a sentence; the usual ones of the status where they are not given.
    """
    title, sentence = said or _SAID[status]
    # Known where the admin's site has let them in; to find it out here may be what went wrong.
    is_in = status < 500 and getattr(request, "may_enter_admin", False)
    around = admin.site.each_context(request) if is_in else {"site_header": admin.site.site_header}
    context = {**around, "site_title": admin.site.site_title, "is_nav_sidebar_enabled": False}
    context |= {"title": title, "sentence": sentence, "request_id": current_request_id(), "is_fault": status >= 500}
    page = render_to_string("admin/error.html", context, request if is_in else None)
    return HttpResponse(page, status=status, headers={"Cache-Control": "no-store"})


def csrf_failure(request: HttpRequest, **_: object) -> HttpResponse:
    """Django's CSRF_FAILURE_VIEW; only the admin has forms."""
    return error_page(request, 403, _CSRF)


def with_page(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """Return a page in place of Django's empty answer to a wrong method, which is a blank window."""
    if response.status_code != 405 or response.streaming:
        return response
    page = error_page(request, 405)
    page["Allow"] = response["Allow"]
    return page
