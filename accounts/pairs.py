"""What stands between two people, read under the lock that every write between them takes first.

Both profiles are locked, in the order of their ids: whatever two people do to each other at the same instant happens one
after the other, and neither can be erased in between. Other clients write the table without it; what they leave (rows in
both directions, a connection beside a block) is read here as what counts most.
"""

import uuid
from dataclasses import dataclass

from accounts.models import ConnectionStatus, UserConnection, UserProfile
from lifestring.errors import BlockedError, NotFoundError


@dataclass(frozen=True, slots=True)
class Pair:
    """The statuses of the two rows there can be: the one somebody sent to another, and the one they received."""

    sent: ConnectionStatus | None
    received: ConnectionStatus | None

    @property
    def statuses(self) -> set[ConnectionStatus]:
        """What there is, in either direction."""
        return {status for status in (self.sent, self.received) if status is not None}

    def check_no_block(self) -> None:
        """Refuse where a block stands.

        Raises:
            BlockedError: it is one's own.
            NotFoundError: it is the other's, who must seem not to be there.
        """
        if self.sent == ConnectionStatus.BLOCKED:
            raise BlockedError
        if self.received == ConnectionStatus.BLOCKED:
            raise NotFoundError


def locked_pair(own_id: uuid.UUID, other_id: uuid.UUID) -> Pair:
    """Lock what stands between two people until the transaction ends, and return it.

    Raises:
        NotFoundError: one of the two does not exist, or they are the same.
    """
    there = UserProfile.objects.locked_together(own_id, other_id).values_list("user_id", flat=True)
    if len(there) < 2:
        raise NotFoundError
    # A statement of its own: it sees what whoever held the lock before us has written.
    rows = dict(UserConnection.objects.between(own_id, other_id).values_list("requester_id", "status"))
    return Pair(sent=_status(rows.get(own_id)), received=_status(rows.get(other_id)))


def _status(value: str | None) -> ConnectionStatus | None:
    return None if value is None else ConnectionStatus(value)
