"""Connections: asked for by one, answered by the other, ended by either; one row for two people.

Every write locks the pair first (accounts/pairs.py) and then changes a row only if it still is what was read: other
clients do not take the lock.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.db import connection

from accounts import reads
from accounts.assistant import is_assistant
from accounts.connection_shapes import CONNECTION_COLUMNS, ConnectionShape, connection_shape
from accounts.models import ConnectionStatus, UserConnection
from accounts.pairs import Pair, locked_pair
from accounts.realtime import connection_accepted, connection_requested, user_group
from accounts.shapes import PERSON_COLUMNS, AuthorShape, author_shape
from lifestring import rows
from lifestring.db import service
from lifestring.dispatch import broadcast_on_commit
from lifestring.errors import ConflictError, ForbiddenError, NotFoundError, ValidationFailedError

if TYPE_CHECKING:
    from accounts.callers import Caller

# The statement's time, not the transaction's: rows written one after the other sort that way.
_REQUEST = f"""
INSERT INTO public.user_connections (requester_id, receiver_id, status, created_at, updated_at)
VALUES (%(me)s, %(other)s, 'pending', statement_timestamp(), statement_timestamp())
ON CONFLICT (requester_id, receiver_id) DO NOTHING
RETURNING {", ".join(CONNECTION_COLUMNS)}
"""  # noqa: S608 - constants only
_ANSWER = f"""
UPDATE public.user_connections SET status = %(status)s, updated_at = statement_timestamp()
 WHERE requester_id = %(other)s AND receiver_id = %(me)s AND status = 'pending'
RETURNING {", ".join(CONNECTION_COLUMNS)}
"""  # noqa: S608 - constants only

UNKNOWN = "There is no such person."
ONESELF = "You cannot connect with yourself."
ASSISTANT = "The assistant answers everybody; nobody needs a connection to it."
CONNECTED = "You are connected with this person."
ASKED = "You have asked this person already."
ASKED_YOU = "This person has asked you already; answer their request."
DECLINED = "This person has declined your request."
ANSWERED = "This request has been answered already."


@service
def connection_request(*, caller: Caller, receiver_id: uuid.UUID) -> ConnectionShape:
    """Ask somebody for a connection, and tell them live.

    Whoever declined may ask in turn, which takes the declined request's place; whoever was declined may not ask again.

    Args:
        caller: who asks.
        receiver_id: whom, by user id.

    Raises:
        ValidationFailedError: it is the caller, the assistant, or nobody the caller can see.
        BlockedError: the caller blocks them.
        ConflictError: something stands between the two already.
    """
    if receiver_id == caller.user_id:
        raise ValidationFailedError({"receiver_id": [ONESELF]})
    if is_assistant(receiver_id):
        raise ValidationFailedError({"receiver_id": [ASSISTANT]})
    try:
        pair = locked_pair(caller.user_id, receiver_id)
        pair.check_no_block()
    except NotFoundError:
        raise ValidationFailedError({"receiver_id": [UNKNOWN]}) from None
    _check_may_ask(pair)
    UserConnection.objects.between(caller.user_id, receiver_id).filter(status=ConnectionStatus.DECLINED).delete()
    found = _written(_REQUEST, caller, receiver_id)
    if found is None:
        raise _conflict(ASKED)
    broadcast_on_commit(user_group(receiver_id), connection_requested(found, _author(caller.user_id)))
    return found


@service
def connection_respond(*, caller: Caller, user_id: uuid.UUID, accept: bool) -> ConnectionShape:
    """Accept or decline the request somebody sent to the caller; acceptance is told them live.

    Args:
        caller: who was asked.
        user_id: who asked.
        accept: whether the two are connected from now on.

    Raises:
        NotFoundError: there is no such person or no connection for the caller.
        BlockedError: the caller blocks them.
        ForbiddenError: it is the caller who asked.
        ConflictError: it has been answered.
    """
    pair = locked_pair(caller.user_id, user_id)
    pair.check_no_block()
    if pair.received is None:
        raise ForbiddenError if pair.sent is not None else NotFoundError
    if pair.received != ConnectionStatus.PENDING or pair.sent == ConnectionStatus.ACCEPTED:
        raise ConflictError(ANSWERED)
    status = ConnectionStatus.ACCEPTED if accept else ConnectionStatus.DECLINED
    found = _written(_ANSWER, caller, user_id, status=status)
    if found is None:
        raise ConflictError(ANSWERED)
    # Both had asked, by way of another client: the answer stands for the two of them.
    UserConnection.objects.filter(requester_id=caller.user_id, receiver_id=user_id).exclude(status="blocked").delete()
    if accept:
        broadcast_on_commit(user_group(user_id), connection_accepted(found, _author(caller.user_id)))
    return found


@service
def connection_remove(*, caller: Caller, user_id: uuid.UUID) -> None:
    """End a connection, take a request back, or clear an answered one away; either of the two may.

    Raises:
        NotFoundError: there is no such person or no connection for the caller.
        BlockedError: the caller blocks them, which is lifted by `block_lift` alone.
    """
    pair = locked_pair(caller.user_id, user_id)
    pair.check_no_block()
    if not pair.statuses:
        raise NotFoundError
    UserConnection.objects.between(caller.user_id, user_id).exclude(status=ConnectionStatus.BLOCKED).delete()


def _check_may_ask(pair: Pair) -> None:
    if ConnectionStatus.ACCEPTED in pair.statuses:
        raise _conflict(CONNECTED)
    if pair.received == ConnectionStatus.PENDING:
        raise _conflict(ASKED_YOU)
    if pair.sent == ConnectionStatus.PENDING:
        raise _conflict(ASKED)
    if pair.sent == ConnectionStatus.DECLINED:
        raise _conflict(DECLINED)


def _conflict(message: str) -> ConflictError:
    return ConflictError(message, errors={"receiver_id": [message]})


def _written(statement: str, caller: Caller, other: uuid.UUID, **values: str) -> ConnectionShape | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"me": caller.user_id, "other": other, **values})
        row = cursor.fetchone()
    return None if row is None else connection_shape(row)


def _author(user_id: uuid.UUID) -> AuthorShape | None:
    row = rows.fetch(reads.cards, ((user_id,),), PERSON_COLUMNS)[0]
    return author_shape(user_id, row[1:])
