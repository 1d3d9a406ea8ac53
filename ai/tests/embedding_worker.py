"""What embeds in a process of its own, on the test's servers, to be killed."""

import os
import subprocess
import sys
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.db import connection

from lifestring.local.state import PROJECT

# Claims of the dead end sooner here than they need to in production.
_BEGIN = """
import threading
import django
django.setup()
import ai.claims, dramatiq
ai.claims.LEASE_SECONDS = 2
"""
_WORK = """
dramatiq.Worker(dramatiq.get_broker(), queues={"embeddings"}, worker_threads=1).start()
threading.Event().wait()
"""


_COMMAND = """
from django.core.management import call_command
call_command("embed", "--strings")
"""


def start_worker() -> subprocess.Popen[Any]:
    """Start a worker of the queue."""
    return _start(_WORK)


def start_command() -> subprocess.Popen[Any]:
    """Start `manage.py embed --strings`."""
    return _start(_COMMAND)


def _start(code: str) -> subprocess.Popen[Any]:
    database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "lifestring.settings",
        "DATABASE_URL": urlunsplit(database),
        "REDIS_URL": settings.REDIS_URL,
        "EMBED_BASE_URL": settings.EMBED_BASE_URL,
        "EMBED_API_KEY": settings.EMBED_API_KEY,
    }
    arguments = [sys.executable, "-c", _BEGIN + code]
    nowhere = subprocess.DEVNULL
    return subprocess.Popen(arguments, cwd=PROJECT, env=environment, stdout=nowhere, stderr=nowhere)
