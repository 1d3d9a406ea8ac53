"""What an export holds of the account and the profile (docs/api.md, People).

Of other people only ids go out, and of those who blocked the person nothing, unless they were blocked in turn: a
connection or recommendation that is in the export and in no list would tell of the block.
"""

import uuid
from collections.abc import Iterator

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Lower

from accounts.detailed_profiles import written_detailed_profiles
from accounts.exporting import Part, after, table
from accounts.models import (
    AuthUser,
    ConnectionStatus,
    SignedOut,
    StaffSignIn,
    StaffUser,
    Suspension,
    UserConnection,
    UserEnneagram,
    UserProfile,
    UserRecommendation,
)
from lifestring.rendering import json_text


def _account(user_id: uuid.UUID, last: uuid.UUID | None) -> QuerySet[AuthUser]:
    return after(AuthUser.objects.filter(id=user_id), "id", last)


def _profile(user_id: uuid.UUID, last: uuid.UUID | None) -> QuerySet[UserProfile]:
    return after(UserProfile.objects.filter(user_id=user_id), "id", last)


def _enneagrams(user_id: uuid.UUID, last: int | None) -> QuerySet[UserEnneagram]:
    return after(UserEnneagram.objects.filter(user_id=user_id), "enneagram_id", last)


def _blocks_by(other: str, user_id: uuid.UUID) -> Exists:
    blocks = UserConnection.objects.filter(status=ConnectionStatus.BLOCKED)
    return Exists(blocks.filter(requester_id=OuterRef(other), receiver_id=user_id))


def _sent(user_id: uuid.UUID, last: uuid.UUID | None) -> QuerySet[UserConnection]:
    # One's own blocks are told of whatever the other did: a block that was missing would tell of theirs.
    told = Q(status=ConnectionStatus.BLOCKED) | ~_blocks_by("receiver_id", user_id)
    found = UserConnection.objects.filter(told, requester_id=user_id)
    return after(found, "receiver_id", last)


def _received(user_id: uuid.UUID, last: uuid.UUID | None) -> QuerySet[UserConnection]:
    found = UserConnection.objects.filter(~_blocks_by("requester_id", user_id), receiver_id=user_id)
    return after(found, "requester_id", last)


def _recommendations(user_id: uuid.UUID, last: uuid.UUID | None) -> QuerySet[UserRecommendation]:
    found = UserRecommendation.objects.filter(~_blocks_by("recommended_user_id", user_id), user_id=user_id)
    return after(found, "id", last)


def _suspension(user_id: uuid.UUID, last: uuid.UUID | None) -> QuerySet[Suspension]:
    return after(Suspension.objects.filter(user_id=user_id), "user_id", last)


def _signed_out(user_id: uuid.UUID, last: uuid.UUID | None) -> QuerySet[SignedOut]:
    return after(SignedOut.objects.filter(user_id=user_id), "user_id", last)


def _staff_account(user_id: uuid.UUID, last: int | None) -> QuerySet[StaffUser]:
    return after(StaffUser.objects.filter(supabase_user_id=user_id), "id", last)


def _staff_sign_ins(user_id: uuid.UUID, last: int | None) -> QuerySet[StaffSignIn]:
    of_account = AuthUser.objects.filter(id=user_id).values(address=Lower("email"))
    return after(StaffSignIn.objects.filter(email__in=of_account), "id", last)


_TIMES = ("created_at", "updated_at")
_sent_rows = table(_sent, "receiver_id", "requester_id", "status", *_TIMES)
_received_rows = table(_received, "requester_id", "receiver_id", "status", *_TIMES)


def _connections(user_id: uuid.UUID) -> Iterator[object]:
    yield from _sent_rows(user_id)
    yield from _received_rows(user_id)


def _detailed_profile(user_id: uuid.UUID) -> Iterator[object]:
    yield from map(json_text, written_detailed_profiles(user_id))


EXPORTS = (
    Part(
        "account",
        "The account as Supabase Auth keeps it, without its password and tokens.",
        table(
            _account,
            *("id", "email", "phone", "email_confirmed_at", "last_sign_in_at", "banned_until", *_TIMES),
            json=("user_metadata", "app_metadata"),
            user_metadata="raw_user_meta_data",
            app_metadata="raw_app_meta_data",
        ),
    ),
    Part(
        "profile",
        "The profile, private parts included.",
        table(
            _profile,
            *("id", "user_id", "is_admin", "is_mod", *_TIMES),
            *("contact_info", "social_links", "attributes", "biography", "meta"),
            json=("contact_info", "social_links", "attributes", "biography", "meta"),
        ),
    ),
    Part("detailed_profile", "The longer profile of other clients, in installations that have it.", _detailed_profile),
    Part(
        "enneagrams",
        "The enneagram types chosen.",
        table(_enneagrams, "enneagram_id", type_number="enneagram__type_number", name="enneagram__name"),
    ),
    Part("connections", "Connections, requests and own blocks, in either direction.", _connections),
    Part(
        "recommendations",
        "People who were recommended, and why.",
        table(
            _recommendations,
            *("id", "recommended_user_id", "similarity_score", "status", "context", *_TIMES),
            json=("context",),
        ),
    ),
    Part(
        "suspension",
        "A suspension, also one that is over.",
        table(_suspension, "user_id", "suspended_at", "until", "reason"),
    ),
    Part("signed_out", "When staff last ended every session.", table(_signed_out, "user_id", "at")),
    Part(
        "staff_account",
        "The account that opens the admin, for moderators and admins.",
        table(
            _staff_account,
            *("id", "email", "name", "is_staff", "is_superuser", "is_active", "date_joined", "last_login"),
        ),
    ),
    Part(
        "staff_sign_ins",
        "Attempts to enter the admin under the account's address, of the last months.",
        table(_staff_sign_ins, "id", "at", "email", "ip", "agent", "outcome"),
    ),
)
