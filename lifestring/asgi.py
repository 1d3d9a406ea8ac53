"""The ASGI application: REST in one thread hop, sockets asynchronously, on one port (docs/architecture.md)."""

import gc
import logging
import os

# Of what is being imported nothing is garbage; a collector that looks at all of it again and again costs the start dearly.
gc.disable()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lifestring.settings")

import django  # noqa: E402 - with its settings named

django.setup()

from channels.routing import ProtocolTypeRouter  # noqa: E402 - models need django.setup()
from django.conf import settings  # noqa: E402
from django.urls import get_resolver  # noqa: E402

from lifestring import draining  # noqa: E402
from lifestring.health import log_schema_problems  # noqa: E402
from lifestring.log_filters import TokenFilter  # noqa: E402
from lifestring.rest_handler import RestHandler  # noqa: E402
from lifestring.routing import websocket_application  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": RestHandler(
            threads=settings.REST_THREADS,
            max_body_bytes=settings.MAX_BODY_BYTES,
            request_seconds=settings.REQUEST_SECONDS,
        ),
        "websocket": websocket_application,
        "lifespan": draining.lifespan,
    }
)
# Off in our own commands; whoever turns it on keeps the server's handlers, which settings would take away.
logging.getLogger("uvicorn.access").addFilter(TokenFilter())
log_schema_problems()
# What is loaded now stays: the first request need not import the views, nor the collector look at any of it again.
get_resolver().url_patterns  # noqa: B018 - reading it imports them
gc.collect()
gc.freeze()
gc.enable()
