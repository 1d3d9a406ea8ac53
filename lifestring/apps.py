"""Django's entry for the project's own parts."""

from django.apps import AppConfig, apps
from django.db.models.signals import pre_migrate


class LifestringConfig(AppConfig):
    """The shared code: job broker, schema preparation, system checks."""

    name = "lifestring"

    def ready(self) -> None:
        """Connect what has to run with Django itself."""
        from lifestring import checks, jobs, schema_setup

        jobs.set_up_broker()
        checks.register()
        # Django announces migrations per app that has models; accounts is the first of ours.
        pre_migrate.connect(schema_setup.prepare_schemas, sender=apps.get_app_config("accounts"))
