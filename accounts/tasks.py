"""Jobs about people: arguments are ids, each may run twice (docs/architecture.md, A job)."""

import uuid

import dramatiq
from dramatiq_crontab import cron

from accounts.auth_gateway import AuthError, auth_gateway
from accounts.services import orphans_sweep, user_erase_again

MINUTE_MS = 60_000


@dramatiq.actor(actor_name="accounts.delete_supabase_user", queue_name="accounts", max_retries=20, time_limit=MINUTE_MS)
def delete_supabase_user(user_id: str) -> None:
    """Delete an erased person's Supabase account; retried while Supabase Auth is away, done when it is gone.

    Whatever the person did since is erased first: Supabase deletes no account that has a profile, strings or events.
    """
    erased = uuid.UUID(user_id)
    user_erase_again(user_id=erased)
    try:
        auth_gateway().user_delete(user_id=str(erased))
    except AuthError as error:
        if error.status != 404:
            raise


@cron("17 * * * *")
@dramatiq.actor(actor_name="accounts.sweep_orphans", queue_name="accounts", max_retries=3, time_limit=5 * MINUTE_MS)
def sweep_orphans() -> None:
    """Remove what we keep about accounts that were deleted in Supabase."""
    orphans_sweep()
