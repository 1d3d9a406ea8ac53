"""What the OpenAPI document says of `/api/auth`."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, PolymorphicProxySerializer, extend_schema

from accounts.auth_serializers import (
    LoginSerializer,
    RecoverSerializer,
    RefreshSerializer,
    RegisterSerializer,
    SessionSerializer,
    SessionUserSerializer,
)
from lifestring.openapi.operations import document

TAGS = ["Auth"]
SESSION: dict[str, Any] = {
    "access_token": "eyJhbGciOiJFUzI1NiIsImtpZCI6IjZkMGYiLCJ0eXAiOiJKV1QifQ.eyJzdWIiOiJmMGUyIn0.c2lnbmF0dXJl",
    "token_type": "bearer",
    "expires_in": 3600,
    "expires_at": 1795172400,
    "refresh_token": "l3tMe1nAga1n",
    "user": {
        "id": "f0e2a6a4-6f0a-4c3e-8d53-6c2f0f1d9b11",
        "aud": "authenticated",
        "role": "authenticated",
        "email": "alice@lifestring.example",
        "phone": "",
        "app_metadata": {"provider": "email", "providers": ["email"]},
        "user_metadata": {"name": "Alice"},
        "created_at": "2026-11-20T09:00:00.000000Z",
    },
}


def _refusal(message: str, code: str, **more: Any) -> dict[str, Any]:
    return {"message": message, "detail": message, "code": code, "request_id": "0c2f8a5e7d3b4c19", **more}


def _refused(description: str, message: str, code: str, **more: Any) -> OpenApiResponse:
    example = OpenApiExample(code, value=_refusal(message, code, **more), response_only=True)
    return OpenApiResponse(OpenApiTypes.OBJECT, description=description, examples=[example])


def _request(**value: str) -> OpenApiExample:
    return OpenApiExample("request", value=value, request_only=True)


def _session(description: str) -> OpenApiResponse:
    example = OpenApiExample("session", value=SESSION, response_only=True)
    return OpenApiResponse(SessionSerializer, description=description, examples=[example])


_UNAVAILABLE = _refused(
    "Supabase Auth does not answer.",
    "Signing in and up is not possible right now; try again shortly.",
    "auth_unavailable",
)
_INVALID = _refused(
    "A field is missing or malformed.",
    "Enter a valid email address.",
    "validation_failed",
    errors={"email": ["Enter a valid email address."]},
)
_RATE = _refused("Too many attempts; `Retry-After` says when.", "Request rate limit reached", "over_request_rate_limit")
_COMMON = {422: _INVALID, 429: _RATE, 503: _UNAVAILABLE}

_SIGNED_UP = OpenApiResponse(
    PolymorphicProxySerializer("SignedUp", [SessionSerializer, SessionUserSerializer], None, many=False),
    description="The account exists: its session, or only the user while the address is unconfirmed.",
    examples=[
        OpenApiExample("session", value=SESSION, response_only=True),
        OpenApiExample("unconfirmed", value=SESSION["user"], response_only=True),
    ],
)

auth_docs = document(
    register=extend_schema(
        tags=TAGS,
        summary="Sign up",
        description=(
            "Creates an account and, by a trigger, its profile. Where the project wants addresses confirmed first, the "
            "answer is the user object alone, without a session."
        ),
        auth=[],
        request=RegisterSerializer,
        examples=[_request(name="Alice", email="alice@lifestring.example", password="a long passphrase")],  # noqa: S106
        responses={
            201: _SIGNED_UP,
            **_COMMON,
            422: _refused(
                "The address is taken (`user_already_exists`), the password weak (`weak_password`), a field malformed.",
                "User already registered",
                "user_already_exists",
                errors={"email": ["User already registered"]},
            ),
        },
    ),
    login=extend_schema(
        tags=TAGS,
        summary="Sign in",
        description="Exchanges e-mail and password for a session.",
        auth=[],
        request=LoginSerializer,
        examples=[_request(email="alice@lifestring.example", password="a long passphrase")],  # noqa: S106
        responses={
            200: _session("A new session, as Supabase Auth answers it."),
            400: _refused("Wrong e-mail or password.", "Invalid login credentials", "invalid_credentials"),
            **_COMMON,
        },
    ),
    refresh=extend_schema(
        tags=TAGS,
        summary="Refresh a session",
        description="Exchanges a refresh token for new tokens; a refresh token is good for one exchange.",
        auth=[],
        request=RefreshSerializer,
        examples=[_request(refresh_token="l3tMe1nAga1n")],  # noqa: S106
        responses={
            200: _session("The session with new tokens."),
            400: _refused(
                "The token is unknown, was used already, or its session is over.",
                "Invalid Refresh Token: Already Used",
                "refresh_token_already_used",
            ),
            **_COMMON,
        },
    ),
    logout=extend_schema(
        tags=TAGS,
        summary="Sign out",
        description="Ends all sessions of the token's user. Access tokens expire by themselves within the hour.",
        auth=[{"bearerAuth": []}],  # type: ignore[list-item]
        request=None,
        responses={
            204: OpenApiResponse(description="Signed out."),
            401: _refused("No access token, or a bad one.", "The access token has expired.", "token_expired"),
            429: _RATE,
            503: _UNAVAILABLE,
        },
    ),
    recover=extend_schema(
        tags=TAGS,
        summary="Recover a password",
        description="Has Supabase Auth send a recovery link, if somebody has this address. Local mode sends no mail.",
        auth=[],
        request=RecoverSerializer,
        examples=[_request(email="alice@lifestring.example")],
        responses={
            200: OpenApiResponse(
                OpenApiTypes.OBJECT,
                description="Accepted; says nothing about whether the address is known.",
                examples=[OpenApiExample("accepted", value={}, response_only=True)],
            ),
            **_COMMON,
        },
    ),
)
