"""Jobs about events; each may run twice (docs/architecture.md, A job)."""

import dramatiq
from dramatiq_crontab import cron

from events.services import attendance_sweep

MINUTE_MS = 60_000


@cron("*/10 * * * *")
@dramatiq.actor(actor_name="events.sweep_attendance", queue_name="events", max_retries=3, time_limit=5 * MINUTE_MS)
def sweep_attendance() -> None:
    """Put attendance right where other clients wrote past the services."""
    attendance_sweep()
