"""Writing, changing and deleting strings."""

import uuid
from typing import Any

from django.conf import settings
from django.db.models.functions import Now
from django.utils import timezone

from accounts.callers import Caller
from lifestring.db import service
from lifestring.dispatch import enqueue_on_commit
from lifestring.errors import ForbiddenError, NotFoundError, ValidationFailedError
from strings.models import String
from strings.serializers import NEITHER

NEEDS_KIND = "A stringable_id needs its stringable_type."


@service
def string_create(*, caller: Caller, string_id: uuid.UUID, values: dict[str, Any]) -> uuid.UUID:
    """Store a string; a second call with the same id stores nothing (docs/decisions/004-idempotency.md).

    Args:
        caller: the author.
        string_id: the new row's id.
        values: validated fields of `StringWriteSerializer`.

    Raises:
        ValidationFailedError: neither text nor images, or an attached id without its kind.
    """
    # The statement's time, not the transaction's: rows written one after the other sort that way.
    string = String(id=string_id, user_id=caller.user_id, created_at=Now(), updated_at=Now(), **values)
    _check(string, has_images=bool(string.content_images))
    String.objects.bulk_create([string], ignore_conflicts=True)
    if string.content_text:
        _embed(string_id)
    return string_id


@service
def string_update(*, caller: Caller, string_id: uuid.UUID, values: dict[str, Any]) -> None:
    """Change the given fields.

    Raises:
        NotFoundError: there is no such string.
        ForbiddenError: the caller is neither author nor staff.
        ValidationFailedError: nothing would be left of it.
    """
    string = _locked(string_id)
    _check_may_change(caller, string)
    has_images = bool(values["content_images"]) if "content_images" in values else string.has_images
    before = string.content_text
    for name, value in values.items():
        setattr(string, name, value)
    _check(string, has_images=has_images)
    string.updated_at = timezone.now()
    string.save(update_fields=[*values, "updated_at"])
    if string.content_text != before:
        _embed(string_id)


@service
def string_delete(*, caller: Caller, string_id: uuid.UUID) -> None:
    """Delete a string and, by the database, all that hangs on it.

    Raises:
        NotFoundError, ForbiddenError: as `string_update`.
    """
    string = _locked(string_id)
    _check_may_change(caller, string)
    String.objects.filter(id=string.id).delete()


def _embed(string_id: uuid.UUID) -> None:
    if settings.EMBEDDINGS:
        enqueue_on_commit("ai.embed_string", str(string_id))


def _locked(string_id: uuid.UUID) -> Any:
    # Without the images: another client may have written JSON there that cannot be parsed.
    found = String.objects.filter(id=string_id).knowing_of_images().defer("content_images")
    string = found.select_for_update(of=("self",)).first()
    if string is None:
        raise NotFoundError
    return string


def _check_may_change(caller: Caller, string: String) -> None:
    if string.user_id != caller.user_id and not caller.is_staff_member:
        raise ForbiddenError


def _check(string: String, *, has_images: bool) -> None:
    if not string.content_text and not has_images:
        raise ValidationFailedError({"content": [NEITHER]})
    if string.stringable_id and not string.stringable_type:
        raise ValidationFailedError({"stringable_type": [NEEDS_KIND]})
