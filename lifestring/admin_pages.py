"""Pages of the admin that are no table: each is registered where it lives, and the site shows it to whom it is for."""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest
from django.http.response import HttpResponseBase


@dataclass(frozen=True, slots=True)
class Page:
    """A page of its own.

    Args:
        route: below /admin/, as `django.urls.path` takes it.
        view: what answers; staff only come to it.
        name: of the route, below `admin:`.
        door: what the link at the top of every page says; empty for a page that is reached from another.
        admins_only: moderators neither see nor open it.
        place: of its link among the others, from left to right.
    """

    route: str
    view: Callable[..., HttpResponseBase]
    name: str
    door: str = ""
    admins_only: bool = False
    place: int = 50


_pages: dict[str, Page] = {}


def register_page(*pages: Page) -> None:
    """Have these pages in the admin."""
    _pages.update({page.name: page for page in pages})


def registered_pages() -> list[Page]:
    """Return the pages in the order of their links."""
    return sorted(_pages.values(), key=lambda page: (page.place, page.name))


def is_admin(request: HttpRequest) -> bool:
    """Whether staff may see and change what only admins may: roles, settings, money."""
    return bool(request.user.is_active and getattr(request.user, "is_superuser", False))
