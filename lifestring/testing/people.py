"""Making people, tokens and clients for tests, the way real ones come about: an account, whose trigger makes the profile."""

import json
import time
import uuid
from dataclasses import dataclass
from functools import partial
from typing import Any

import jwt
from django.conf import settings
from django.http import HttpResponse
from rest_framework.test import APIClient

from accounts.authentication import load_caller
from accounts.callers import Caller
from accounts.models import AuthUser, ConnectionStatus, UserConnection, UserProfile
from lifestring.later import LaterResponse
from lifestring.testing.later import wait_for


@dataclass(frozen=True)
class Person:
    """Somebody with an account; `client` speaks for them over REST."""

    user_id: uuid.UUID
    name: str
    client: APIClient

    @property
    def caller(self) -> Caller:
        """The person as services see them, read anew."""
        return load_caller(self.user_id)

    @property
    def profile(self) -> UserProfile:
        """The person's profile, read anew."""
        return UserProfile.objects.get(user_id=self.user_id)


def make_token(user_id: uuid.UUID | str, *, secret: str | None = None, **changes: Any) -> str:
    """Sign an access token as Supabase does with the legacy secret; a claim set to None is left out."""
    now = int(time.time())
    claims = {
        "iss": settings.SUPABASE_JWT_ISSUER,
        "sub": str(user_id),
        "aud": "authenticated",
        "role": "authenticated",
        "iat": now,
        "exp": now + 3600,
        "is_anonymous": False,
        **changes,
    }
    present = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(present, secret or settings.SUPABASE_JWT_SECRET, algorithm="HS256")


def make_person(name: str, *, is_admin: bool = False, is_mod: bool = False, **profile: Any) -> Person:
    """Make an account and what its profile says beyond the trigger's defaults."""
    account = AuthUser.objects.create(
        email=f"{name.lower()}-{uuid.uuid4().hex[:8]}@lifestring.example", raw_user_meta_data={"name": name}
    )
    values = {**profile, **({"is_admin": True} if is_admin else {}), **({"is_mod": True} if is_mod else {})}
    if values:
        UserProfile.objects.filter(user_id=account.id).update(**values)
    return Person(account.id, name, client_for(account.id))


class ReadingClient(APIClient):
    """A client that waits for what an event loop makes, and reads a streamed answer to its end; `was_streamed` tells."""

    def request(self, **request: Any) -> Any:
        """Send a request and return the whole answer."""
        response: Any = super().request(**request)
        if isinstance(response, LaterResponse):
            wait_for(response.settle)
        if not response.streaming:
            return response
        chunks = wait_for(partial(_collected, response)) if response.is_async else response
        whole: Any = HttpResponse(b"".join(chunks), status=response.status_code, headers=dict(response.items()))
        for name in ("request", "wsgi_request", "resolver_match"):
            setattr(whole, name, getattr(response, name))
        whole.json, whole.was_streamed = lambda: json.loads(whole.content), True
        return whole


async def _collected(response: Any) -> list[bytes]:
    return [chunk async for chunk in response.streaming_content]


def client_for(user_id: uuid.UUID) -> APIClient:
    """Return a client that sends this person's token."""
    client = ReadingClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {make_token(user_id)}")
    return client


def connect(one: Person, other: Person, status: ConnectionStatus = ConnectionStatus.ACCEPTED) -> None:
    """Put a connection from one to the other into the database."""
    UserConnection.objects.create(requester_id=one.user_id, receiver_id=other.user_id, status=status)


def block(blocker: Person, blocked: Person) -> None:
    """Have one person block another."""
    connect(blocker, blocked, ConnectionStatus.BLOCKED)
