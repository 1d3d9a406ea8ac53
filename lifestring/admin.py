"""What every admin page of ours starts from: looking is free of risk, changing goes through services.

A list costs the same whatever the size of its table: it is in one order, which an index keeps, counts up to a bound, and
searches by what there is an index for (deploy/sql/indexes.sql).
"""

import re
import uuid
from collections.abc import Callable
from typing import Any, cast

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet, TextField
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString

from lifestring.admin_pages import Page, is_admin, register_page
from lifestring.admin_periods import period_filter
from lifestring.dead_letters import dead_letters_view, waiting_jobs
from lifestring.expressions import TextKey
from lifestring.figures import Figure, register_figure

MOST_COUNTED = 10_000


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts rows up to a bound, so that a changelist of a large table opens as fast as one of a small."""

    @cached_property
    def count(self) -> int:
        """Return the number of rows, at most `MOST_COUNTED`."""
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]
        return rows.order_by().values("pk")[:MOST_COUNTED].count()


class OneOrder(ChangeList):
    """A list in the order of its page, whatever an address asks for: another one would sort the whole table."""

    model_admin: Any

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.title = self.model_admin.list_title

    def get_results(self, request: HttpRequest) -> None:
        """Read a page of rows, and what else the page shows of them."""
        super().get_results(request)
        self.result_list = list(self.result_list)
        self.model_admin.dress(self.result_list)

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        """Return the order of the page."""
        return list(self.model_admin.get_ordering(request))


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """A page to look at rows: staff see them; the admin itself never writes Supabase's tables.

    `admins_only` pages are not there for moderators. `json_columns` are shown as the database writes them: other clients
    may have stored what no program reads.
    """

    paginator = BoundedPaginator
    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = 50
    sortable_by = ()
    actions = None
    admins_only = False
    json_columns: tuple[str, ...] = ()
    # What people call the table; empty for the model's own name.
    title = ""
    # The column of time that the list is in the order of; there is a filter by it then.
    period = ""
    # What moderation calls such a row; a case can be opened about it then.
    target_type = ""
    change_list_template = "admin/list.html"
    change_form_template = "admin/looked_at.html"

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """Add what a case can be opened about, and the way back."""
        more = {"target_type": self.target_type, "list_title": self.list_title}
        return super().render_change_form(request, {**context, **more}, *args, **kwargs)

    @property
    def list_title(self) -> str:
        """What the list is called, at its head and on the way to it."""
        return self.title or str(self.opts.verbose_name_plural).capitalize()

    def get_urls(self) -> list[Any]:
        """Keep the list and the page of one row; there is nothing to add, delete or look back at."""
        return [route for route in super().get_urls() if str(route.name).endswith(("_changelist", "_change"))]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Return the list's class."""
        return OneOrder

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        """Add the filter by time."""
        return [*super().get_list_filter(request), *([period_filter(self.period)] if self.period else [])]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Leave JSON unread."""
        return super().get_queryset(request).defer(*self.json_columns)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Read JSON as text, for the page of one row."""
        found = self.get_queryset(request).annotate(
            **{f"{name}_text": Cast(name, TextField()) for name in self.json_columns}
        )
        try:
            return found.filter(pk=self.model._meta.pk.to_python(object_id)).first()
        except (ValueError, ValidationError):
            return None

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Show every column, those of JSON last."""
        hidden = {*self.json_columns, *(self.exclude or ())}
        columns = [field.name for field in self.model._meta.concrete_fields if field.name not in hidden]
        return [*columns, *(_json_shown(name) for name in self.json_columns)]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """All of them."""
        return self.get_fields(request, obj)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Narrow to what `found` finds."""
        text = search_term.replace("\0", "").strip()
        return (self.found(queryset, text) if text else queryset), False

    def dress(self, rows: list[Any]) -> None:
        """Add to the rows of one page what a query for all of them finds."""

    def found(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        """Return the rows a search is about; each page says what it can look for."""
        return rows.none()

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Show the app to those who may see a page of it."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Show the rows to all staff, or to admins."""
        is_staff = request.user.is_active and bool(getattr(request.user, "is_staff", False))
        return is_staff and (not self.admins_only or is_admin(request))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        return False


def an_id(text: str) -> uuid.UUID | None:
    """Return the uuid that somebody looks for, None where they look for something else."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def with_authors(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Add `author_name`; the database joins the people of one page only."""
    return cast("QuerySet[Any]", rows.annotate(author_name=TextKey("author__contact_info", "name")))


def person_link(user_id: uuid.UUID | None, name: str | None = None) -> SafeString | str:
    """Return a link to the page of a person."""
    if user_id is None:
        return "nobody"
    return format_html('<a href="{}">{}</a>', reverse("admin:person", args=[user_id]), name or user_id)


def _json_shown(name: str) -> Callable[[Model], SafeString]:
    def shown(row: Any) -> SafeString:
        return format_html('<pre class="json">{}</pre>', _in_lines(getattr(row, f"{name}_text") or ""))

    shown.short_description = name.replace("_", " ")  # type: ignore[attr-defined]
    shown.__name__ = f"{name}_shown"
    return shown


def _in_lines(text: str) -> str:
    """JSON with a line for each key of the outermost object, without reading what may not be readable."""
    return re.sub(r', (?="[^"\\]*": )', ",\n ", text)[:100_000]


register_figure(Figure("jobs", "Jobs that wait", level=waiting_jobs, admins_only=True, place=90))
register_page(Page("jobs", dead_letters_view, "dead-letters", door="Jobs", admins_only=True, place=90))
