"""Jobs about people: arguments are ids, each may run twice (docs/architecture.md, A job)."""

import uuid

import dramatiq
from dramatiq_crontab import cron

from accounts.auth_gateway import AuthError, auth_gateway
from accounts.services import erasure_finish, erasures_resume, orphans_sweep, user_erase_again
from accounts.services.sign_ins import sign_ins_forget

MINUTE_MS = 60_000


@dramatiq.actor(actor_name="accounts.delete_supabase_user", queue_name="accounts", max_retries=5, time_limit=MINUTE_MS)
def delete_supabase_user(user_id: str) -> None:
    """Delete an erased person's Supabase account; retried for some minutes, then left to the hourly sweep.

    Whatever the person did since is erased first: Supabase deletes no account that has a profile, strings or events.
    """
    erased = uuid.UUID(user_id)
    user_erase_again(user_id=erased)
    try:
        auth_gateway().user_delete(user_id=str(erased))
    except AuthError as error:
        if error.status != 404:
            raise
    erasure_finish(user_id=erased)


@cron("47 * * * *")
@dramatiq.actor(actor_name="accounts.resume_erasures", queue_name="accounts", max_retries=3, time_limit=5 * MINUTE_MS)
def resume_erasures() -> None:
    """Ask again for the deletions whose job was lost or given up."""
    erasures_resume()


@cron("17 * * * *")
@dramatiq.actor(actor_name="accounts.sweep_orphans", queue_name="accounts", max_retries=3, time_limit=5 * MINUTE_MS)
def sweep_orphans() -> None:
    """Remove what we keep about accounts that were deleted in Supabase, and what is kept for a while only."""
    orphans_sweep()
    sign_ins_forget()
