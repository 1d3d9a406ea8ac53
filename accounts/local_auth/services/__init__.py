"""Every write to local mode's accounts and sessions."""

from accounts.local_auth.services.accounts import (
    UserChanges,
    admin_user_create,
    admin_user_delete,
    admin_user_update,
    user_update,
)
from accounts.local_auth.services.sessions import session_end, session_refresh, session_start, user_sign_up

__all__ = [
    "UserChanges",
    "admin_user_create",
    "admin_user_delete",
    "admin_user_update",
    "session_end",
    "session_refresh",
    "session_start",
    "user_sign_up",
    "user_update",
]
