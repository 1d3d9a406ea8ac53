"""Stopping everything of a data folder from outside: after a run was killed, and before the folder is deleted."""

from pathlib import Path

from lifestring.local.folder import end_services
from lifestring.local.postgres import EmbeddedPostgres
from lifestring.local.redis import EmbeddedRedis
from lifestring.local.state import LocalState


def stop_everything(data: Path) -> None:
    """End the services first, since they use the servers, then Redis, then PostgreSQL."""
    end_services(data)
    LocalState.remove(data)
    EmbeddedRedis(data).stop()
    EmbeddedPostgres(data).stop()
