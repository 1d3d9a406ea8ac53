"""What was removed is kept for a while, and not for ever."""

from django.utils import timezone

from lifestring.db import service
from moderation.models import Snapshot


@service
def snapshots_expire() -> int:
    """Delete what cannot be put back any more; returns how much."""
    return int(Snapshot.objects.expired(timezone.now()).delete()[0])
