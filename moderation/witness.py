"""The trail of what staff do to people's accounts and profiles, whichever door they come by."""

from accounts.witnesses import Deed
from moderation.models import Action
from moderation.services.locked import Act


def write_down(deed: Deed) -> None:
    """Enter an act into the trail, in the transaction that does it; of somebody erased, only that somebody was."""
    action = Action(deed.action)
    is_gone = action == Action.PERSON_ERASED
    Act(deed.caller, deed.why).record(
        action,
        person_id=None if is_gone else deed.user_id,
        target=None if is_gone else ("user", deed.user_id),
        before=dict(deed.before) or None,
        after=dict(deed.after) or None,
    )
