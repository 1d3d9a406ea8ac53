"""What the OpenAPI document says of people."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import extend_schema

from accounts.answers import BOB_ID, ENNEAGRAM, OWN_PROFILE, PROFILE, EnneagramAnswer, UserAnswer
from accounts.serializers import EnneagramIdsSerializer, ProfileCreateSerializer, ProfileWriteSerializer
from lifestring.openapi import parameters
from lifestring.openapi.envelopes import one, page_examples, page_of
from lifestring.openapi.fields import JSON_BOUNDS
from lifestring.openapi.operations import answer, body, describe, document, forbidden, nothing

TAGS = ["People"]
PRIVACY = (
    "`contact_info.birthday`, `.address` and all of `meta` go out only to the person and to admins; `.email` and "
    "`.phone` to accepted connections as well."
)
REPLACES = "Replaces the JSON objects given as a whole and leaves the others alone. Roles cannot be set."
MERGES = (
    "Merges into the JSON objects given (RFC 7396): `null` removes a key, keys not named stay. Roles cannot be set."
)
NOT_YOURS = "It is somebody else's profile and the caller is no admin (moderators may not either)."
INCLUDE = parameters.include("`enneagrams` the types a person chose.", "enneagrams")
USER = parameters.in_path("user", "The person's `user_id`; the profile's own id is understood too.")


class SupabaseScheme(OpenApiAuthenticationExtension):
    """How callers sign in."""

    target_class = "accounts.authentication.SupabaseAuthentication"
    name = "bearerAuth"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """Return the security scheme."""
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "An access token of Supabase Auth, of a user who is not anonymous. API keys are refused.",
        }


describe(
    ProfileWriteSerializer,
    contact_info=f"Name, e-mail, phone, location, birthday, website, address … {JSON_BOUNDS}",
    social_links=f"Handles by network. {JSON_BOUNDS}",
    attributes=f"Interests, passions, hobbies, skills … {JSON_BOUNDS}",
    biography=f"Bio, work, education, goals … {JSON_BOUNDS}",
    meta=f"Whatever the client wants to keep for the person; nobody else but admins sees it. {JSON_BOUNDS}",
)
describe(ProfileCreateSerializer, user_id="An account without a profile.")
describe(EnneagramIdsSerializer, enneagram_ids="Ids of types (see `GET /api/enneagrams`).")

_OWN = answer(one(UserAnswer), "The caller's profile.", profile={"data": OWN_PROFILE})
_CHANGED = answer(one(UserAnswer), "The profile as it is now.", profile={"data": OWN_PROFILE})
_REPLACE = body("replace", {"social_links": {"instagram": "alice.climbs"}}, "All social links anew")
_MERGE = body("merge", {"contact_info": {"location": "Lisbon", "website": None}}, "Move, and drop the website")

me_docs = document(
    retrieve=extend_schema(
        operation_id="show_me",
        tags=TAGS,
        summary="Show your own profile",
        description="A first call makes the profile, should the account have none yet.",
        parameters=[INCLUDE],
        responses={200: _OWN},
    ),
    replace=extend_schema(
        operation_id="replace_me",
        tags=TAGS,
        summary="Replace parts of your own profile",
        description=REPLACES,
        parameters=[INCLUDE],
        request=ProfileWriteSerializer,
        examples=[_REPLACE],
        responses={200: _CHANGED},
    ),
    merge=extend_schema(
        operation_id="merge_me",
        tags=TAGS,
        summary="Change your own profile",
        description=MERGES,
        parameters=[INCLUDE],
        request=ProfileWriteSerializer,
        examples=[_MERGE],
        responses={200: _CHANGED},
    ),
    erase=extend_schema(
        operation_id="erase_me",
        tags=TAGS,
        summary="Erase your account",
        description=(
            "Erases the profile and everything the person left: strings, comments, likes, events, rooms left empty. "
            "The Supabase account follows where the service may delete it. This cannot be undone."
        ),
        responses={204: nothing("Erased.")},
    ),
)

user_docs = document(
    list=extend_schema(
        operation_id="list_users",
        tags=TAGS,
        summary="List people",
        description=f"Everybody but those a block stands between. {PRIVACY}",
        parameters=[
            *parameters.paging("created_at", "updated_at", default="created_at"),
            parameters.text(
                "search", "People in whose name each of these words begins a word, whatever case and accents."
            ),
            INCLUDE,
        ],
        responses={200: answer(page_of(UserAnswer), "People.", **page_examples("/api/users", PROFILE))},
    ),
    create=extend_schema(
        operation_id="create_user",
        tags=TAGS,
        summary="Make a profile for an account (admins)",
        description="For an account that has none; 422 where there is no such account or it has a profile already.",
        parameters=[INCLUDE],
        request=ProfileCreateSerializer,
        examples=[body("create", {"user_id": BOB_ID, "contact_info": {"name": "Bob"}})],
        responses={
            201: answer(one(UserAnswer), "The new profile.", profile={"data": OWN_PROFILE}),
            403: forbidden("The caller is no admin."),
        },
    ),
    retrieve=extend_schema(
        operation_id="show_user",
        tags=TAGS,
        summary="Show a person",
        description=PRIVACY,
        parameters=[USER, INCLUDE],
        responses={200: answer(one(UserAnswer), "The person.", profile={"data": PROFILE})},
    ),
    replace=extend_schema(
        operation_id="replace_user",
        tags=TAGS,
        summary="Replace parts of a profile",
        description=f"{REPLACES} For the person and admins.",
        parameters=[USER, INCLUDE],
        request=ProfileWriteSerializer,
        examples=[_REPLACE],
        responses={200: _CHANGED, 403: forbidden(NOT_YOURS)},
    ),
    merge=extend_schema(
        operation_id="merge_user",
        tags=TAGS,
        summary="Change a profile",
        description=f"{MERGES} For the person and admins.",
        parameters=[USER, INCLUDE],
        request=ProfileWriteSerializer,
        examples=[_MERGE],
        responses={200: _CHANGED, 403: forbidden(NOT_YOURS)},
    ),
    erase=extend_schema(
        operation_id="erase_user",
        tags=TAGS,
        summary="Erase a person",
        description="As `DELETE /api/me`, for the person and admins. This cannot be undone.",
        parameters=[USER],
        responses={204: nothing("Erased."), 403: forbidden(NOT_YOURS)},
    ),
)

_PAGING = parameters.paging("type_number", default="type_number", descending=False)
_TYPES = answer(
    page_of(EnneagramAnswer), "The person's types.", **page_examples(f"/api/users/{BOB_ID}/enneagrams", ENNEAGRAM)
)
_IDS = body("types", {"enneagram_ids": [5]})

enneagram_docs = document(
    list=extend_schema(
        operation_id="list_user_enneagrams",
        tags=TAGS,
        summary="List a person's enneagram types",
        description="By type number.",
        parameters=[USER, *_PAGING],
        responses={200: _TYPES},
    ),
    replace=extend_schema(
        operation_id="set_user_enneagrams",
        tags=TAGS,
        summary="Set a person's enneagram types",
        description="Exactly these become the person's types; 422 where one does not exist. For the person and admins.",
        parameters=[USER, *_PAGING],
        request=EnneagramIdsSerializer,
        examples=[_IDS],
        responses={200: _TYPES, 403: forbidden(NOT_YOURS)},
    ),
    remove=extend_schema(
        operation_id="remove_user_enneagrams",
        tags=TAGS,
        summary="Remove enneagram types from a person",
        description="Takes these away; those not chosen are passed over. For the person and admins.",
        parameters=[USER],
        request=EnneagramIdsSerializer,
        examples=[_IDS],
        responses={204: nothing("Removed."), 403: forbidden(NOT_YOURS)},
    ),
    types=extend_schema(
        operation_id="list_enneagrams",
        tags=TAGS,
        summary="List the enneagram types there are",
        description="The nine to choose from, by type number.",
        parameters=_PAGING,
        responses={200: answer(page_of(EnneagramAnswer), "All types.", **page_examples("/api/enneagrams", ENNEAGRAM))},
    ),
)
