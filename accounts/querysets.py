"""Reads of people: who is visible to whom, and what of them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from django.apps import apps
from django.db.models import Case, Exists, F, Func, IntegerField, JSONField, OuterRef, Q, QuerySet, UUIDField, When
from django.db.models.expressions import Combinable

from accounts.callers import Caller
from lifestring import search

if TYPE_CHECKING:
    from accounts.models import UserConnection, UserEnneagram, UserProfile  # noqa: F401 - named in strings below

# docs/api.md, Privacy. Accepted connections see e-mail and phone on top of what everybody sees.
HIDDEN_FROM_CONNECTED = ("birthday", "address")
HIDDEN_FROM_OTHERS = (*HIDDEN_FROM_CONNECTED, "email", "phone")


class _Without(Func):
    """A JSONB object without some keys; null for a value that is no object, whose content nobody has vetted."""

    output_field = JSONField()

    def __init__(self, expression: Combinable | str, keys: tuple[str, ...]) -> None:
        listed = ",".join(f"'{key}'" for key in keys)
        super().__init__(
            expression,
            template=f"CASE WHEN jsonb_typeof(%(expressions)s) = 'object' THEN %(expressions)s - ARRAY[{listed}] END",
        )


class UserProfileQuerySet(QuerySet["UserProfile"]):
    """Profiles."""

    def visible_to(self, caller: Caller) -> UserProfileQuerySet:
        """Leave out people who blocked the caller: to the caller they do not exist, unless that is an admin.

        `Caller.may_look_up` is the same rule for one person.
        """
        if caller.is_admin or not caller.blocked_by_ids:
            return self
        return self.exclude(user_id__in=caller.blocked_by_ids)

    def reachable_by(self, caller: Caller) -> UserProfileQuerySet:
        """As `visible_to`, with people the caller blocks themself, whoever else blocks whom: a block can be lifted."""
        hidden = caller.blocked_by_ids - caller.blocked_ids
        return self.exclude(user_id__in=hidden) if hidden else self

    def locked_together(self, one: uuid.UUID, other: uuid.UUID) -> UserProfileQuerySet:
        """Two people, locked in the one order that everybody who locks two keeps to."""
        return self.filter(user_id__in=(one, other)).order_by("user_id").select_for_update(of=("self",), no_key=True)

    def listed_for(self, caller: Caller) -> UserProfileQuerySet:
        """Leave out both sides of every block, as lists do."""
        return self.exclude(user_id__in=caller.hidden_ids) if caller.hidden_ids else self

    def known_as(self, given: uuid.UUID) -> UserProfileQuerySet:
        """The profile with this user id or, for old links, this profile id; at most one row."""
        return self.filter(Q(user_id=given) | Q(id=given)).order_by(Case(When(user_id=given, then=0), default=1))[:1]

    def named(self, text: str) -> UserProfileQuerySet:
        """People in whose name each word of the text begins a word, whatever its case and accents."""
        return search.beginning(self, text, search.NAMES)

    def since(self, moment: datetime) -> UserProfileQuerySet:
        """People who came at a moment or later."""
        return self.filter(created_at__gte=moment)

    def matching(self, text: str) -> UserProfileQuerySet:
        """People whose name, biography or attributes answer a question; never contact data."""
        return search.matching(self, text, search.PEOPLE)

    def ranked(self, text: str, *, by_index: bool = False) -> UserProfileQuerySet:
        """The newest of those, with their `rank` (lifestring/search/matches.py)."""
        return search.ranked(self, text, search.PEOPLE, by_index=by_index, nulls_last=True)

    def shown_to(self, caller: Caller) -> UserProfileQuerySet:
        """Add `shown_contact_info` and `shown_meta`, with what the caller may see of each person."""
        if caller.is_admin:
            return self.annotate(shown_contact_info=F("contact_info"), shown_meta=F("meta"))
        own = Q(user_id=caller.user_id)
        # A row that another client left beside a block connects nobody.
        apart = [When(user_id__in=caller.hidden_ids, then=_Without(F("contact_info"), HIDDEN_FROM_OTHERS))]
        connections = apps.get_model("accounts", "UserConnection").objects
        connected = Exists(connections.accepted_between(caller.user_id, OuterRef("user_id")))
        return self.annotate(
            shown_contact_info=Case(
                When(own, then=F("contact_info")),
                *(apart if caller.hidden_ids else ()),
                When(connected, then=_Without(F("contact_info"), HIDDEN_FROM_CONNECTED)),
                default=_Without(F("contact_info"), HIDDEN_FROM_OTHERS),
                output_field=JSONField(),
            ),
            shown_meta=Case(When(own, then=F("meta")), output_field=JSONField()),
        )


class _Rank(Func):
    """Which of two rows between the same two people counts, where other clients wrote both."""

    template = (
        "array_position(ARRAY['declined', 'pending', 'accepted', 'blocked']::public.connection_status[], "
        "%(expressions)s)"
    )
    output_field = IntegerField()


class UserConnectionQuerySet(QuerySet["UserConnection"]):
    """Connections, whoever asked."""

    def between(self, one: uuid.UUID, other: uuid.UUID) -> UserConnectionQuerySet:
        """Whatever stands between two people, in either direction."""
        return self.filter(Q(requester_id=one, receiver_id=other) | Q(receiver_id=one, requester_id=other))

    def of(self, caller: Caller, *, sent: bool = True, received: bool = True) -> UserConnectionQuerySet:
        """The caller's connections, one row for each other person, whose id is `other_id`; blocks are none.

        Of two rows the further one counts, accepted before pending before declined, and of two alike the one that the
        caller received, which is theirs to answer.
        """
        me = caller.user_id
        reverse = self.model.objects.filter(requester_id=OuterRef("receiver_id"), receiver_id=OuterRef("requester_id"))
        outranks = Q(rank__gt=_Rank(OuterRef("status"))) | Q(rank=_Rank(OuterRef("status")), receiver_id=me)
        sides = (Q(requester_id=me) if sent else Q()) | (Q(receiver_id=me) if received else Q())
        found = self.filter(sides).exclude(status="blocked")
        if caller.hidden_ids:
            found = found.exclude(requester_id__in=caller.hidden_ids).exclude(receiver_id__in=caller.hidden_ids)
        other = Case(When(requester_id=me, then=F("receiver_id")), default=F("requester_id"), output_field=UUIDField())
        return found.filter(~Exists(reverse.annotate(rank=_Rank("status")).filter(outranks))).annotate(other_id=other)

    def blocks_by(self, user_id: uuid.UUID) -> UserConnectionQuerySet:
        """The blocks a person set, also those of people who block them."""
        return self.filter(requester_id=user_id, status="blocked")

    def accepted_between(self, one: uuid.UUID, other: uuid.UUID | OuterRef) -> UserConnectionQuerySet:
        """The accepted connection of two people, in either direction."""
        return self.filter(
            Q(requester_id=one, receiver_id=other) | Q(receiver_id=one, requester_id=other), status="accepted"
        )

    def blocks_between(self, some: Iterable[uuid.UUID], others: Iterable[uuid.UUID]) -> UserConnectionQuerySet:
        """The blocks between anybody of the one and anybody of the other, whoever blocked whom."""
        one, other = list(some), list(others)
        there = Q(requester_id__in=one, receiver_id__in=other) | Q(requester_id__in=other, receiver_id__in=one)
        return self.filter(there, status="blocked")


class UserEnneagramQuerySet(QuerySet["UserEnneagram"]):
    """Which types people chose."""

    def of_users(self, user_ids: Iterable[uuid.UUID]) -> UserEnneagramQuerySet:
        """The choices of these people, by type number."""
        return self.filter(user_id__in=list(user_ids)).order_by("enneagram__type_number")
