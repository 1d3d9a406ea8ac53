"""Blocks: a connection of status `blocked` whose requester is the blocker (docs/api.md, Blocks).

Every write locks the pair first (accounts/pairs.py). Two people may block each other; that makes two rows.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.db import connection

from accounts.assistant import is_assistant
from accounts.models import ConnectionStatus, UserConnection
from accounts.pairs import locked_pair
from lifestring.db import service
from lifestring.errors import NotFoundError, ValidationFailedError

if TYPE_CHECKING:
    from accounts.callers import Caller

ONESELF = "You cannot block yourself."
ASSISTANT = "The assistant cannot be blocked; leave its room, or delete it."

# A request or connection in the same direction becomes the block; a block that stands already keeps its time.
_BLOCK = """
INSERT INTO public.user_connections AS c (requester_id, receiver_id, status, created_at, updated_at)
VALUES (%s, %s, 'blocked', statement_timestamp(), statement_timestamp())
ON CONFLICT (requester_id, receiver_id) DO UPDATE
   SET status = 'blocked', created_at = EXCLUDED.created_at, updated_at = EXCLUDED.updated_at
 WHERE c.status <> 'blocked'
"""


@service
def block_set(*, caller: Caller, user_id: uuid.UUID) -> None:
    """Block somebody, which ends whatever else stands between the two; again changes nothing.

    A block that the other sets at the same instant is no hindrance, and the answer does not tell of it.

    Raises:
        ValidationFailedError: it is the caller, or the assistant.
        NotFoundError: there is no such person, or none for the caller.
    """
    if user_id == caller.user_id:
        raise ValidationFailedError({"user": [ONESELF]})
    if is_assistant(user_id):
        raise ValidationFailedError({"user": [ASSISTANT]})
    _check_there(caller, user_id)
    locked_pair(caller.user_id, user_id)
    _remove_connections(caller, user_id)
    with connection.cursor() as cursor:
        cursor.execute(_BLOCK, [caller.user_id, user_id])


@service
def block_lift(*, caller: Caller, user_id: uuid.UUID) -> None:
    """Lift the caller's own block; where there is none nothing changes.

    What another client wrote beside the block goes with it, so that lifting it connects nobody.

    Raises:
        NotFoundError: there is no such person, or none for the caller.
    """
    _check_there(caller, user_id)
    if locked_pair(caller.user_id, user_id).sent == ConnectionStatus.BLOCKED:
        _remove_connections(caller, user_id)
        UserConnection.objects.blocks_by(caller.user_id).filter(receiver_id=user_id).delete()


def _check_there(caller: Caller, user_id: uuid.UUID) -> None:
    if user_id in caller.blocked_by_ids and user_id not in caller.blocked_ids:
        raise NotFoundError


def _remove_connections(caller: Caller, user_id: uuid.UUID) -> None:
    UserConnection.objects.between(caller.user_id, user_id).exclude(status=ConnectionStatus.BLOCKED).delete()
