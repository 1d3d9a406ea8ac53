"""A worker of the queue of embeddings in a process of its own, on the test's servers, to be killed."""

import os
import subprocess
import sys
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.db import connection

from lifestring.local.state import PROJECT

# Claims of the dead end sooner here than they need to in production.
_RUN = """
import threading
import django
django.setup()
import ai.claims, dramatiq
ai.claims.LEASE_SECONDS = 2
dramatiq.Worker(dramatiq.get_broker(), queues={"embeddings"}, worker_threads=1).start()
threading.Event().wait()
"""


def start_worker() -> subprocess.Popen[Any]:
    """Start it."""
    database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "lifestring.settings",
        "DATABASE_URL": urlunsplit(database),
        "REDIS_URL": settings.REDIS_URL,
        "EMBED_BASE_URL": settings.EMBED_BASE_URL,
        "EMBED_API_KEY": settings.EMBED_API_KEY,
    }
    return subprocess.Popen(
        [sys.executable, "-c", _RUN], cwd=PROJECT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
