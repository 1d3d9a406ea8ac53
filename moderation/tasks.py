"""Jobs of moderation: arguments are ids, each may run twice (docs/architecture.md, A job)."""

import uuid

import dramatiq
from django.conf import settings
from dramatiq_crontab import cron

from accounts.auth_gateway import AuthError, auth_gateway
from moderation.rules import apply_rules
from moderation.services import (
    ban_ask,
    ban_forget,
    bans_sweep,
    cases_forget,
    moderation_orphans_sweep,
    snapshots_expire,
)

MINUTE_MS = 60_000


@dramatiq.actor(actor_name="moderation.follow_suspension", queue_name="moderation", max_retries=8, time_limit=MINUTE_MS)
def follow_suspension(user_id: str) -> None:
    """Have Supabase ban or unban an account as we have suspended the person; nothing without the service key.

    Tried again with growing pauses while Supabase is away, and then left to the sweep.
    """
    if not settings.SUPABASE_SERVICE_KEY:
        return
    person_id = uuid.UUID(user_id)
    ask = ban_ask(user_id=person_id)
    if ask is None:
        return
    try:
        auth_gateway().user_update(user_id=user_id, changes={"ban_duration": ask.duration})
    except AuthError as error:
        # The account is gone, and nothing is left to ban.
        if error.status != 404:
            raise
    if ask.lifts:
        ban_forget(user_id=person_id, until=ask.until)


@cron("*/10 * * * *")
@dramatiq.actor(
    actor_name="moderation.follow_suspensions", queue_name="moderation", max_retries=3, time_limit=5 * MINUTE_MS
)
def follow_suspensions() -> None:
    """Find bans whose job was lost or given up."""
    bans_sweep()


@cron("23 * * * *")
@dramatiq.actor(
    actor_name="moderation.expire_snapshots", queue_name="moderation", max_retries=3, time_limit=5 * MINUTE_MS
)
def expire_snapshots() -> None:
    """Delete what was removed too long ago to be put back."""
    snapshots_expire()


@cron("43 * * * *")
@dramatiq.actor(actor_name="moderation.forget_cases", queue_name="moderation", max_retries=3, time_limit=5 * MINUTE_MS)
def forget_cases() -> None:
    """Delete cases that were decided long ago, and what was done to people without one."""
    while cases_forget():
        pass


@cron("37 * * * *")
@dramatiq.actor(actor_name="moderation.sweep_orphans", queue_name="moderation", max_retries=3, time_limit=5 * MINUTE_MS)
def sweep_orphans() -> None:
    """Forget people whose account was deleted in Supabase."""
    while moderation_orphans_sweep():
        pass


@cron("*/10 * * * *")
@dramatiq.actor(actor_name="moderation.apply_rules", queue_name="moderation", max_retries=3, time_limit=5 * MINUTE_MS)
def look_for_floods() -> None:
    """Ask moderators to look at whoever floods the place."""
    apply_rules()
