"""The product with nothing counted, timed or logged of a request: what the watched one is compared with."""

import os
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from lifestring import settings


class NothingSeen:
    """In the place of `RequestContextMiddleware`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Serve one request."""
        return self.get_response(request)


def _application() -> Any:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lifestring.settings")
    # Before Django has read them.
    settings.MIDDLEWARE[0] = "benchmarks.unobserved.NothingSeen"

    from django.db.backends.utils import CursorWrapper

    from lifestring.asgi import application
    from lifestring.postgres.base import DatabaseWrapper

    DatabaseWrapper.make_cursor = lambda self, cursor: CursorWrapper(cursor, self)  # type: ignore[method-assign]
    return application


application = _application()
