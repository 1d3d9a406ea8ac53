"""The same routes behind Django's own ASGI handler, to see what the one-hop handler saves."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lifestring.settings")

from django.core.asgi import get_asgi_application

application = get_asgi_application()
