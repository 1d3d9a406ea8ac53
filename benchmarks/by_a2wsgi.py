"""The same routes as WSGI, run by a2wsgi under the ASGI server (pip install a2wsgi), beside the one-hop handler."""

import os
from typing import Any, cast

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lifestring.settings")

from a2wsgi import WSGIMiddleware  # noqa: E402 - the settings module must be named first
from django.core.wsgi import get_wsgi_application  # noqa: E402

application = WSGIMiddleware(cast(Any, get_wsgi_application()), workers=4)
