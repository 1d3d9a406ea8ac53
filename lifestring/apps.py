"""Django's entry for the project's own parts."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.module_loading import autodiscover_modules


class LifestringConfig(AppConfig):
    """The shared code: job broker, schema preparation, system checks."""

    name = "lifestring"

    def ready(self) -> None:
        """Connect what has to run with Django itself."""
        from django.conf import settings

        from lifestring import checks, jobs, schema_setup
        from lifestring.telemetry import tracing

        if settings.SENTRY_DSN:
            # A tenth of a second, for who uses it.
            from lifestring.telemetry import errors

            errors.report_to(settings.SENTRY_DSN)
        tracing.start(settings.TRACES_ENDPOINT)

        jobs.set_up_broker()
        # In every process: who enqueues a job by name needs its actor as well as the worker that runs it.
        autodiscover_modules("tasks")
        # What each app has looked up when somebody reads the metrics (lifestring/telemetry/looks.py).
        autodiscover_modules("metrics")
        checks.register()
        # Once per `migrate`: Django announces it app by app, and this one is the first.
        pre_migrate.connect(schema_setup.prepare_schemas, sender=self)
        post_migrate.connect(schema_setup.create_unmanaged_permissions)
