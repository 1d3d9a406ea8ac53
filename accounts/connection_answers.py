"""What connections look like in answers, for the OpenAPI document; accounts/connection_shapes.py renders them."""

from typing import Any

from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework import serializers

from accounts.answers import ALICE_ID, AUTHOR, BOB_ID, PROFILE, AuthorAnswer, UserAnswer
from accounts.models import ConnectionStatus
from lifestring.listing import MAX_PER_PAGE
from lifestring.openapi.envelopes import page_of
from lifestring.openapi.fields import Answer
from lifestring.pagination import MAX_COUNTED

Json = dict[str, Any]


class ConnectionAnswer(Answer):
    """What stands between two people."""

    requester_id = serializers.UUIDField(help_text="Who asked, or who blocks.")
    receiver_id = serializers.UUIDField(help_text="Who was asked, or is blocked.")
    status = serializers.ChoiceField(
        choices=ConnectionStatus.values, help_text="`blocked` is seen by the blocker alone."
    )
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    requester = UserAnswer(required=False, help_text="With `include=requester`, as the caller may see them.")
    receiver = UserAnswer(required=False, help_text="With `include=receiver`, as the caller may see them.")


class ConnectionEnvelopeAnswer(Answer):
    """One connection."""

    connection = ConnectionAnswer()


class ConnectionRequestedAnswer(Answer):
    """What was asked for."""

    message = serializers.CharField()
    connection = ConnectionAnswer()


class ConnectionCardAnswer(Answer):
    """A connection as the web frontend reads it."""

    id = serializers.UUIDField(help_text="The other person's `user_id`.")
    name = serializers.CharField(allow_null=True)
    bio = serializers.CharField(allow_null=True, help_text="`biography.bio`.")
    location = serializers.CharField(allow_null=True, help_text="`contact_info.location`.")
    work = serializers.CharField(allow_null=True, help_text="`biography.work`.")
    interests = serializers.ListField(child=serializers.CharField(), help_text="`attributes.interests`.")
    profileImage = serializers.CharField(  # noqa: N815 - the frontend's name
        allow_null=True, help_text="Where the installation keeps photos: the profile's, or else the first."
    )
    status = serializers.ChoiceField(choices=["pending", "accepted", "declined"])
    created_at = serializers.DateTimeField()


class ConnectionCardsAnswer(Answer):
    """A page of connections as the web frontend reads it."""

    connections = ConnectionCardAnswer(many=True)
    total = serializers.IntegerField(min_value=0, max_value=MAX_COUNTED)
    page = serializers.IntegerField(min_value=1)
    per_page = serializers.IntegerField(min_value=1, max_value=MAX_PER_PAGE)


class BlockAnswer(Answer):
    """Somebody the caller blocks."""

    user_id = serializers.UUIDField()
    created_at = serializers.DateTimeField()
    user = AuthorAnswer()


class MatchAnswer(UserAnswer):
    """Somebody the caller might like to meet."""

    profile_photo = serializers.CharField(
        allow_null=True, help_text="Where the installation keeps photos: the profile's, or else the first."
    )
    photos = serializers.ListField(child=serializers.CharField())
    match_score = serializers.FloatField(
        min_value=0,
        max_value=1,
        help_text="Of all interests, passions and hobbies that either of the two named, the part that both did.",
    )


# A list's envelope, or, with `status_filter`, the frontend's.
CONNECTION_LISTS = PolymorphicProxySerializer(
    "ConnectionLists", [*page_of(ConnectionAnswer).serializers, ConnectionCardsAnswer], None, many=False
)
CONNECTION: Json = {
    "requester_id": ALICE_ID,
    "receiver_id": BOB_ID,
    "status": "pending",
    "created_at": "2026-11-23T09:57:00.000000Z",
    "updated_at": "2026-11-23T09:57:00.000000Z",
}
ACCEPTED: Json = {**CONNECTION, "status": "accepted", "updated_at": "2026-11-23T10:02:00.000000Z"}
CARD: Json = {
    "id": ALICE_ID,
    "name": "Alice",
    "bio": "Climbs on weekdays, cooks at weekends.",
    "location": "Lisbon",
    "work": "Nurse",
    "interests": ["climbing", "chess"],
    "profileImage": "https://images.example/alice.jpg",
    "status": "pending",
    "created_at": "2026-11-23T09:57:00.000000Z",
}
BLOCK: Json = {"user_id": ALICE_ID, "created_at": "2026-11-23T09:57:00.000000Z", "user": AUTHOR}
MATCH: Json = {
    **PROFILE,
    "profile_photo": "https://images.example/alice.jpg",
    "photos": ["https://images.example/alice.jpg"],
    "match_score": 0.3333,
}
