"""Passwords as Supabase Auth keeps them: bcrypt in Go's `$2a$` form, at least 6 characters, at most 72 bytes."""

from functools import cache

import bcrypt

from accounts.auth_gateway import AuthError

MIN_LENGTH = 6
MAX_BYTES = 72
COST = 10


def check_password(password: str) -> None:
    """Refuse what Supabase Auth would refuse.

    Raises:
        AuthError: too short (422 `weak_password`) or longer than bcrypt reads (400 `validation_failed`).
    """
    if len(password) < MIN_LENGTH:
        message = f"Password should be at least {MIN_LENGTH} characters."
        raise AuthError(message, code="weak_password", status=422, reasons=["length"])
    if len(password.encode()) > MAX_BYTES:
        raise AuthError(f"Password cannot be longer than {MAX_BYTES} characters", code="validation_failed")


def hash_password(password: str) -> str:
    """Return the hash to store; takes tens of milliseconds, so call it outside of transactions."""
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(COST, prefix=b"2a")).decode("ascii")


def password_matches(password: str, stored: str | None) -> bool:
    """Compare; without a stored hash (no such user, no password) it takes as long as with one."""
    given = password.encode()
    comparable = len(given) <= MAX_BYTES
    try:
        same = bcrypt.checkpw(given[:MAX_BYTES], (stored or _nobodys_hash()).encode())
    except ValueError:
        return False
    return same and comparable and bool(stored)


@cache
def _nobodys_hash() -> str:
    return hash_password("nobody has this password")
