"""Pages of accounts, as Supabase Auth lists them: `page` and `per_page`, a total and links in the headers."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest

from accounts.auth_gateway import AuthError
from accounts.local_auth.models import AuthAccount

PER_PAGE = 50
MAX_PER_PAGE = 1000
MAX_PAGE = 1_000_000


@dataclass(frozen=True)
class AccountsPage:
    """One page, newest accounts first; `links` is the Link header's value (RFC 8288)."""

    accounts: Sequence[AuthAccount]
    total: int
    links: str


def accounts_page(request: HttpRequest) -> AccountsPage:
    """Return the page a request asks for.

    Raises:
        AuthError: a page number that is none (400 `validation_failed`).
    """
    page = _number(request, "page", 1, MAX_PAGE)
    per_page = _number(request, "per_page", PER_PAGE, MAX_PER_PAGE)
    accounts = AuthAccount.objects.order_by("-created_at", "id")
    total = accounts.count()
    last = max(1, -(-total // per_page))
    numbers = {"next": page + 1, "last": last} if page < last else {"last": last}
    base = f"/admin/users?per_page={per_page}&page="
    links = ", ".join(f'<{base}{number}>; rel="{relation}"' for relation, number in numbers.items())
    return AccountsPage(list(accounts[(page - 1) * per_page : page * per_page]), total, links)


def _number(request: HttpRequest, name: str, default: int, most: int) -> int:
    given = request.GET.get(name) or str(default)
    if not (given.isascii() and given.isdigit() and len(given) <= 9) or int(given) < 1:
        raise AuthError(f"Bad Pagination Parameters: {name} must be a positive number", code="validation_failed")
    return min(int(given), most)
