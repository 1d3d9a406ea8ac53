"""Every write to people."""

from accounts.services.enneagrams import enneagrams_remove, enneagrams_set
from accounts.services.erasure import user_erase
from accounts.services.profiles import profile_create, profile_ensure, profile_merge, profile_replace

__all__ = [
    "enneagrams_remove",
    "enneagrams_set",
    "profile_create",
    "profile_ensure",
    "profile_merge",
    "profile_replace",
    "user_erase",
]
