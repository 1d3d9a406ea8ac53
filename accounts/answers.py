"""What people look like in answers, for the OpenAPI document; accounts/shapes.py renders them."""

from typing import Any

from rest_framework import serializers

from lifestring.openapi.fields import Answer, FreeObjectField

Json = dict[str, Any]


class AuthorAnswer(Answer):
    """The short form of a person inside other resources."""

    id = serializers.UUIDField(help_text="The profile's own id.")
    user_id = serializers.UUIDField(help_text="The account's id, which everything else refers to.")
    name = serializers.CharField(allow_null=True)
    is_admin = serializers.BooleanField()
    is_mod = serializers.BooleanField()


class EnneagramAnswer(Answer):
    """One of the nine personality types."""

    id = serializers.IntegerField()
    type_number = serializers.IntegerField(min_value=1, max_value=9)
    name = serializers.CharField()
    description = serializers.CharField(allow_null=True)
    attributes = FreeObjectField()


class UserAnswer(Answer):
    """A person's profile, with what the caller may see of it."""

    id = serializers.UUIDField(help_text="The profile's own id.")
    user_id = serializers.UUIDField(help_text="The account's id, which paths and everything else refer to.")
    name = serializers.CharField(allow_null=True, help_text="`contact_info.name`.")
    is_admin = serializers.BooleanField()
    is_mod = serializers.BooleanField()
    contact_info = FreeObjectField(
        help_text=(
            "Usually `name`, `email`, `phone`, `location`, `birthday`, `website`. `birthday` and `address` only for "
            "the person and admins; `email` and `phone` for accepted connections as well."
        ),
    )
    social_links = FreeObjectField(help_text="Usually `instagram`, `twitter`, `linkedin`.")
    attributes = FreeObjectField(help_text="Usually `interests`, `passions`, `hobbies`, `skills` …")
    biography = FreeObjectField(help_text="Usually `bio`, `work`, `education`, `goals`, `dreams` …")
    meta = FreeObjectField(required=False, help_text="The person's own store. Left out but for the person and admins.")
    created_at = serializers.DateTimeField(allow_null=True)
    updated_at = serializers.DateTimeField(allow_null=True)
    enneagrams = EnneagramAnswer(many=True, required=False, help_text="With `include=enneagrams`, by type number.")


ALICE_ID = "f0e2a6a4-6f0a-4c3e-8d53-6c2f0f1d9b11"
BOB_ID = "3b7c1f0d-52d8-4e0b-9a86-0f6f2f8f5a72"
AUTHOR: Json = {
    "id": "9d1c7b52-30a4-4a57-8f51-1f6b0a2f4e33",
    "user_id": ALICE_ID,
    "name": "Alice",
    "is_admin": False,
    "is_mod": False,
}
ENNEAGRAM: Json = {
    "id": 5,
    "type_number": 5,
    "name": "Newton",
    "description": "Curious and independent.",
    "attributes": {"strengths": ["Analysis", "Focus"], "challenges": ["Detachment"]},
}
OWN_PROFILE: Json = {
    **AUTHOR,
    "contact_info": {
        "name": "Alice",
        "email": "alice@lifestring.example",
        "phone": None,
        "location": "Lisbon",
        "birthday": "1994-05-01",
        "website": "",
    },
    "social_links": {"instagram": "alice.climbs", "twitter": "", "linkedin": ""},
    "attributes": {"interests": ["climbing", "chess"], "skills": ["cooking"]},
    "biography": {"bio": "Climbs on weekdays, cooks at weekends.", "work": "Nurse"},
    "meta": {"onboarded": True},
    "created_at": "2026-11-20T09:00:00.000000Z",
    "updated_at": "2026-11-23T09:57:00.000000Z",
}
PROFILE: Json = {
    **{name: value for name, value in OWN_PROFILE.items() if name != "meta"},
    "contact_info": {"name": "Alice", "location": "Lisbon", "website": ""},
}
