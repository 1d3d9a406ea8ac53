"""The ASGI application: REST in one thread hop, sockets asynchronously, on one port (docs/architecture.md)."""

import os

from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lifestring.settings")

import django

django.setup()

from channels.routing import ProtocolTypeRouter  # noqa: E402 - models need django.setup()

from lifestring.rest_handler import RestHandler  # noqa: E402
from lifestring.routing import websocket_application  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": RestHandler(threads=settings.REST_THREADS, max_body_bytes=settings.MAX_BODY_BYTES),
        "websocket": websocket_application,
    }
)
