"""Jobs about rooms, all by the clock; each may run twice and ends when nothing is left (docs/architecture.md, A job)."""

import dramatiq
from dramatiq_crontab import cron

from chat.services import room_log_sweep, room_log_trim, room_orphans_sweep

MINUTE_MS = 60_000


@cron("* * * * *")
@dramatiq.actor(actor_name="chat.sweep_room_log", queue_name="chat", max_retries=0, time_limit=10 * MINUTE_MS)
def sweep_room_log() -> None:
    """Give what other clients wrote its place in the rooms' logs."""
    while room_log_sweep():
        pass


@cron("41 * * * *")
@dramatiq.actor(actor_name="chat.trim_room_log", queue_name="chat", max_retries=3, time_limit=30 * MINUTE_MS)
def trim_room_log() -> None:
    """Remove entries that are too old."""
    while room_log_trim():
        pass


@cron("47 * * * *")
@dramatiq.actor(actor_name="chat.sweep_orphans", queue_name="chat", max_retries=3, time_limit=5 * MINUTE_MS)
def sweep_orphans() -> None:
    """Remove what we keep of rooms that are gone."""
    room_orphans_sweep()
