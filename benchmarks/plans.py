"""What the benchmarks ask, of whom, and the SQL the bare app runs for it: taken from the product's own querysets."""

import uuid
from hashlib import md5
from typing import Any

from django.conf import settings
from django.db import connection

from accounts.authentication import _LOAD, load_caller
from accounts.callers import Caller
from accounts.models import UserProfile
from accounts.shapes import USER_COLUMNS
from benchmarks.processes import UVICORN
from lifestring.testing.people import make_token
from strings.models import String
from strings.services.likes import _LIKE
from strings.shapes import STRING_COLUMNS


def _md5(text: str) -> uuid.UUID:
    return uuid.UUID(md5(text.encode(), usedforsecurity=False).hexdigest())


ME = _md5("user1")
STRING = _md5("string77")
ROUTES = {
    "feed (page and total)": "GET /api/strings",
    "feed (cursor)": "GET /api/strings?cursor=",
    "one string": f"GET /api/strings/{STRING}",
    "me": "GET /api/me",
    "like": f"PUT /api/strings/{STRING}/like",
}


def token() -> str:
    """Return a token of the person who asks."""
    return make_token(ME)


def database_url() -> str:
    """Return the database's address with the product's search_path."""
    base = settings.CONFIG.database_url
    return f"{base}{'&' if '?' in base else '?'}options=-c%20search_path%3Ddjango%2Cpublic%2Cextensions"


def servers(*, everything: bool) -> dict[str, list[str]]:
    """Return the servers to compare, the limit first: name to `python -m` arguments."""
    found = {
        "bare, same statements": [*UVICORN, "benchmarks.bare:app"],
        "lifestring (uvicorn)": [*UVICORN, "lifestring.asgi:application"],
    }
    if everything:
        found["lifestring (daphne)"] = ["daphne", "-p", "{port}", "-v", "0", "lifestring.asgi:application"]
        found["django ASGI (uvicorn)"] = [*UVICORN, "benchmarks.django_asgi:application"]
        found["django ASGI (daphne)"] = ["daphne", "-p", "{port}", "-v", "0", "benchmarks.django_asgi:application"]
        found["WSGI by a2wsgi (uvicorn)"] = [*UVICORN, "benchmarks.by_a2wsgi:application"]
    return found


def bare_plan() -> dict[str, Any]:
    """Return the bare app's plan: the statements our routes run, with their parameters in place."""
    caller = load_caller(ME)
    who = _inline(_LOAD, {"user": ME, "issued": None, "session": None})
    feed = String.objects.for_page(caller).order_by("-created_at", "-id")
    page = _compiled(feed.values_list(*STRING_COLUMNS)[:15])
    cursor = _compiled(feed.values_list(*STRING_COLUMNS, "created_at", "id")[:16])
    count = "SELECT count(*) FROM (SELECT 1 FROM strings LIMIT 10001) t"
    names = [f"c{n}" for n in range(len(STRING_COLUMNS))]
    routes = {
        ROUTES["feed (page and total)"]: {"statements": [who, page, count], "page": 1, "names": names},
        "GET /api/strings?cursor=": {"statements": [who, cursor], "page": 1, "names": names},
        ROUTES["one string"]: {"statements": [who, _one_string(caller)], "page": 1, "names": names},
        ROUTES["me"]: {
            "statements": [who, _me(caller)],
            "page": 1,
            "names": [f"c{n}" for n in range(len(USER_COLUMNS))],
        },
        ROUTES["like"]: {
            "statements": [who, _inline(_LIKE, {"string": STRING, "user": ME})],
            "page": 1,
            "names": ["likes_count", "changed"],
        },
    }
    return {"secret": settings.SUPABASE_JWT_SECRET, "issuer": settings.SUPABASE_JWT_ISSUER, "routes": routes}


def _one_string(caller: Caller) -> str:
    return _compiled(String.objects.filter(id=STRING).for_page(caller).values_list(*STRING_COLUMNS))


def _me(caller: Caller) -> str:
    return _compiled(UserProfile.objects.known_as(ME).shown_to(caller).values_list(*USER_COLUMNS))


def _compiled(queryset: Any) -> str:
    return _inline(*queryset.query.sql_with_params())


def _inline(sql: str, params: Any) -> str:
    with connection.cursor() as cursor:
        return str(cursor.mogrify(sql, params))


__all__ = ["ROUTES", "bare_plan", "database_url", "servers", "token"]
