"""What a worker process loads: `dramatiq lifestring.worker`."""

import os

import django
from django.utils.module_loading import autodiscover_modules

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lifestring.settings")
django.setup()
autodiscover_modules("tasks")
