"""Who is calling, as every layer knows them: the few facts each request needs (docs/decisions/003-auth-verifier.md)."""

import uuid
from dataclasses import dataclass
from typing import cast

from rest_framework.request import Request


@dataclass(frozen=True, slots=True)
class Caller:
    """The signed-in person a request acts for.

    Args:
        user_id: the auth.users id, which every table refers to.
        profile_id: the profile's own id.
        blocked_ids: people the caller blocked.
        blocked_by_ids: people who blocked the caller, who must never learn of it (an admin may).
        unlisted_ids: accounts that no list shows to anybody: the assistant's.
        token_expires_at: Unix time in seconds.
    """

    user_id: uuid.UUID
    profile_id: uuid.UUID
    is_admin: bool = False
    is_mod: bool = False
    is_suspended: bool = False
    blocked_ids: frozenset[uuid.UUID] = frozenset()
    blocked_by_ids: frozenset[uuid.UUID] = frozenset()
    unlisted_ids: frozenset[uuid.UUID] = frozenset()
    token_expires_at: float = 0.0

    is_authenticated = True
    is_active = True
    is_anonymous = False

    @property
    def pk(self) -> uuid.UUID:
        """The user id, as DRF and logging expect it."""
        return self.user_id

    @property
    def is_staff_member(self) -> bool:
        """Whether the caller may moderate."""
        return self.is_admin or self.is_mod

    def may_look_up(self, user_id: uuid.UUID) -> bool:
        """Whether a person's profile is there for the caller; a block hides its blocker from everybody but admins."""
        return self.is_admin or user_id not in self.blocked_by_ids

    @property
    def hidden_ids(self) -> frozenset[uuid.UUID]:
        """People who must not appear to the caller, nor the caller to them."""
        return self.blocked_ids | self.blocked_by_ids | self.unlisted_ids


def caller_of(request: Request) -> Caller:
    """Return the request's authenticated caller."""
    return cast(Caller, request.user)
