"""Every write to people."""

from accounts.services.blocks import block_lift, block_set
from accounts.services.connections import connection_remove, connection_request, connection_respond
from accounts.services.enneagrams import enneagrams_remove, enneagrams_set
from accounts.services.erasure import erasure_finish, erasures_resume, register_eraser, user_erase, user_erase_again
from accounts.services.orphans import orphans_sweep
from accounts.services.profiles import profile_create, profile_ensure, profile_merge, profile_replace

__all__ = [
    "block_lift",
    "block_set",
    "connection_remove",
    "connection_request",
    "connection_respond",
    "enneagrams_remove",
    "enneagrams_set",
    "erasure_finish",
    "erasures_resume",
    "orphans_sweep",
    "profile_create",
    "profile_ensure",
    "profile_merge",
    "profile_replace",
    "register_eraser",
    "user_erase",
    "user_erase_again",
]
