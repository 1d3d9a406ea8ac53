"""Jobs of the project's own code (docs/architecture.md, A job)."""

import dramatiq
from dramatiq_crontab import cron

from lifestring.services import figures_roll_up

MINUTE_MS = 60_000


@cron("7 * * * *")
@dramatiq.actor(actor_name="lifestring.roll_up_figures", queue_name="figures", max_retries=3, time_limit=10 * MINUTE_MS)
def roll_up_figures() -> None:
    """Write down what the days came to, for the admin's overview."""
    figures_roll_up()
