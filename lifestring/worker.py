"""What a worker process loads: `dramatiq lifestring.worker`."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lifestring.settings")
# Which declares every app's actors (lifestring/apps.py).
django.setup()
