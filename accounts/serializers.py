"""What clients may write about people (docs/api.md, People)."""

from rest_framework import serializers

from lifestring.json_fields import IdField, JSONObjectField, ShortListField

MAX_ENNEAGRAM = 2**31 - 1
# `dismissed` is what the old backend called it.
ANSWERS = {"accepted": True, "declined": False, "dismissed": False}


class ProfileWriteSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """The JSON columns of a profile; roles are not among them."""

    contact_info = JSONObjectField(required=False)
    social_links = JSONObjectField(required=False)
    attributes = JSONObjectField(required=False)
    biography = JSONObjectField(required=False)
    meta = JSONObjectField(required=False)


class ProfileCreateSerializer(ProfileWriteSerializer):
    """The body of POST /users."""

    user_id = serializers.UUIDField()


class EnneagramIdsSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """The body of POST and DELETE of a person's enneagrams."""

    enneagram_ids = ShortListField(child=serializers.IntegerField(min_value=1, max_value=MAX_ENNEAGRAM), max_length=100)


class ConnectionRequestSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """The body of POST /connections."""

    receiver_id = IdField()


class ConnectionAnswerSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """The body of PUT /connections/{user}."""

    status = serializers.ChoiceField(choices=list(ANSWERS))


class ConnectionRespondSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """The body of PUT /connections/{user}/respond, whose field may stand in the query instead."""

    accept = serializers.BooleanField(required=False)
