"""Profiles: made with the defaults Supabase's trigger uses, replaced or merged column by column."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection
from django.db.models import TextField
from django.db.models.functions import Cast
from django.utils import timezone

from accounts.models import AuthUser, ErasedAccount, UserProfile
from accounts.witnesses import Deed, tell_witnesses
from lifestring.db import service
from lifestring.dispatch import enqueue_on_commit
from lifestring.errors import ConflictError, ForbiddenError, NotFoundError, ValidationFailedError
from lifestring.json_merge import column_value, merged_column

if TYPE_CHECKING:
    from accounts.callers import Caller

JSON_COLUMNS = ("contact_info", "social_links", "attributes", "biography", "meta")
# What a person is about (docs/decisions/018-embeddings.md); never contact data.
EMBEDDED_COLUMNS = {"attributes", "biography"}

# Of each column that the trail keeps; a profile is 64 KiB a column at most where we wrote it.
WITNESSED_CHARACTERS = 65_536

# What the trigger on auth.users writes (docs/database.md), for accounts older than it or without their profile.
_CREATE = """
INSERT INTO public.user_profiles (user_id, contact_info, social_links, attributes, biography)
SELECT u.id,
       jsonb_build_object('name', u.raw_user_meta_data ->> 'name', 'email', u.email, 'phone', u.phone,
                          'location', '', 'birthday', NULL, 'website', ''),
       '{"instagram": "", "twitter": "", "linkedin": ""}',
       '{"passions": [], "hobbies": [], "questions": [], "interests": [], "skills": [], "enneagram": ""}',
       '{"bio": "", "ambitions": "", "dreams": "", "goals": "", "education": "", "work": "",
         "relationship_status": "", "looking_for": ""}'
  FROM auth.users u WHERE u.id = %s AND u.deleted_at IS NULL
ON CONFLICT (user_id) DO NOTHING
"""
# Asked after the insert, which waits for an erasure under way and did not see what that one wrote.
_UNMAKE_IF_ERASED = """
DELETE FROM public.user_profiles p USING django.accounts_erasedaccount e WHERE p.user_id = %s AND e.user_id = p.user_id
"""


@service
def profile_ensure(*, user_id: uuid.UUID) -> None:
    """Give an account its profile if it has none; once, also when many requests arrive together.

    Somebody who was erased gets none, and keeps none that came into being since.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CREATE, [user_id])
        cursor.execute(_UNMAKE_IF_ERASED, [user_id])


@service
def profile_create(*, caller: Caller, user_id: uuid.UUID, values: dict[str, Any]) -> None:
    """Make a profile for an account that has none; admins only.

    Raises:
        ForbiddenError: the caller is no admin.
        ValidationFailedError: there is no such account, or it is deleted or about to be.
        ConflictError: it has a profile.
    """
    if not caller.is_admin:
        raise ForbiddenError
    with connection.cursor() as cursor:
        cursor.execute(_CREATE, [user_id])
        made = cursor.rowcount
    # Asked after the insert, for the same reason as above.
    account = AuthUser.objects.filter(id=user_id, deleted_at=None)
    if not account.exists() or ErasedAccount.objects.filter(user_id=user_id).exists():
        raise ValidationFailedError({"user_id": ["There is no account with this id."]})
    if not made:
        raise ConflictError("This account has a profile already.", errors={"user_id": ["It has a profile already."]})
    if values:
        UserProfile.objects.filter(user_id=user_id).update(**values)
        _embed(user_id, values)


@service
def profile_replace(*, caller: Caller, user_id: uuid.UUID, values: dict[str, Any]) -> None:
    """Replace the JSON columns given.

    Args:
        caller: the person themself or an admin.
        user_id: whose profile.
        values: validated columns of `ProfileWriteSerializer`.

    Raises:
        NotFoundError: there is no such profile for the caller.
        ForbiddenError: it is somebody else's.
    """
    _lock_changeable(caller, user_id)
    _write(caller, user_id, values)


@service
def profile_merge(*, caller: Caller, user_id: uuid.UUID, values: dict[str, Any], why: str = "") -> None:
    """Merge into the JSON columns given, as RFC 7396 does: null removes a key.

    Args:
        caller: the person themself or an admin.
        user_id: whose profile.
        values: patches by column.
        why: what an admin says about it, for the trail.

    Raises:
        NotFoundError, ForbiddenError: as `profile_replace`.
        ValidationFailedError: the merged column would be too large or too deep.
    """
    _lock_changeable(caller, user_id)
    if not values:
        return
    columns = [Cast(name, TextField()) for name in values]
    stored = UserProfile.objects.filter(user_id=user_id).values_list(*columns).get()
    merged = {
        name: column_value(merged_column(name, text, patch))
        for (name, patch), text in zip(values.items(), stored, strict=True)
    }
    _write(caller, user_id, merged, why)


def _lock_changeable(caller: Caller, user_id: uuid.UUID) -> None:
    # Without the JSON columns: another client may have written what cannot be parsed.
    profile = UserProfile.objects.select_for_update(of=("self",)).filter(user_id=user_id).only("user_id").first()
    if profile is None or not caller.may_look_up(profile.user_id):
        raise NotFoundError
    if profile.user_id != caller.user_id and not caller.is_admin:
        raise ForbiddenError


def _write(caller: Caller, user_id: uuid.UUID, values: dict[str, Any], why: str = "") -> None:
    if not values:
        return
    before = {} if caller.user_id == user_id else _texts(user_id, values)
    UserProfile.objects.filter(user_id=user_id).update(**values, updated_at=timezone.now())
    _embed(user_id, values)
    if caller.user_id != user_id:
        tell_witnesses(Deed(caller, "profile.changed", user_id, why, before, _texts(user_id, values)))


def _texts(user_id: uuid.UUID, names: Collection[str]) -> dict[str, str]:
    """Columns as the database writes them: what another client put there need not be readable."""
    columns = [Cast(name, TextField()) for name in names]
    row = UserProfile.objects.filter(user_id=user_id).values_list(*columns).get()
    return {name: (text or "null")[:WITNESSED_CHARACTERS] for name, text in zip(names, row, strict=True)}


def _embed(user_id: uuid.UUID, values: dict[str, Any]) -> None:
    if settings.EMBEDDINGS and values.keys() & EMBEDDED_COLUMNS:
        enqueue_on_commit("ai.embed_user", str(user_id))
