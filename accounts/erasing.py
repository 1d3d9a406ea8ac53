"""Erasures take turns, and whoever needs that none is under way can keep them off for the rest of a transaction.

Two people who liked, recommended and blocked each other would lock the same rows in no one order; and so would a moderator
who removes what many have a part in, and whoever of them is being erased.
"""

from django.db import connection

_TAKE_TURNS = "SELECT pg_advisory_xact_lock(7201947)"
_HOLD_OFF = "SELECT pg_advisory_xact_lock_shared(7201947)"


def take_turns() -> None:
    """Wait until no other erasure is under way, and keep others waiting until the transaction ends."""
    _run(_TAKE_TURNS)


def hold_off_erasures() -> None:
    """Wait until no erasure is under way, and keep them waiting until the transaction ends; others may do so as well."""
    _run(_HOLD_OFF)


def _run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
