"""The same routes as WSGI, run by a2wsgi under the ASGI server (pip install a2wsgi), beside the one-hop handler."""

import os
from typing import Any, cast

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lifestring.settings")

from a2wsgi import WSGIMiddleware
from django.core.wsgi import get_wsgi_application

application = WSGIMiddleware(cast(Any, get_wsgi_application()), workers=4)
