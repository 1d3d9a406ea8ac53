"""What `makemigrations` looks at: our own tables only (docs/database.md).

Unmanaged models follow Supabase's tables, never the other way round. In migrations they would be copies nobody may act
on, and that go stale; what holds them to the tables is lifestring/schema_drift.py.
"""

from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.questioner import MigrationQuestioner
from django.db.migrations.state import ProjectState


class ManagedAutodetector(MigrationAutodetector):
    """Finds the changes of managed models; a managed model must therefore not reference an unmanaged one."""

    def __init__(
        self, from_state: ProjectState, to_state: ProjectState, questioner: MigrationQuestioner | None = None
    ) -> None:
        for (app_label, model_name), model in list(to_state.models.items()):
            if not model.options.get("managed", True):
                to_state.remove_model(app_label, model_name)
        super().__init__(from_state, to_state, questioner)
