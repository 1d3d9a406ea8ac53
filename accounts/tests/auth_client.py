"""A client that speaks Supabase Auth's protocol to local mode, as supabase-js does."""

import json
from typing import Any

from django.conf import settings
from django.test import Client

VERSION = "2024-01-01"
PASSWORD = "a long passphrase"


class AuthClient:
    """Sends JSON to /auth/v1 and reads JSON back."""

    def __init__(self, *, version: str | None = VERSION) -> None:
        self.client = Client()
        self.version = version

    def send(
        self, method: str, path: str, body: Any = None, *, token: str | None = None, raw: bytes | None = None
    ) -> Any:
        """Return the response; `raw` is sent as it is in place of `body`."""
        headers = {"apikey": settings.SUPABASE_ANON_KEY}
        if self.version:
            headers["X-Supabase-Api-Version"] = self.version
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        content = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        return self.client.generic(
            method, f"/auth/v1/{path}", content, content_type="application/json;charset=UTF-8", headers=headers
        )

    def post(self, path: str, body: Any = None, **how: Any) -> Any:
        """POST."""
        return self.send("POST", path, body, **how)

    def get(self, path: str, **how: Any) -> Any:
        """GET."""
        return self.send("GET", path, **how)

    def put(self, path: str, body: Any = None, **how: Any) -> Any:
        """PUT."""
        return self.send("PUT", path, body, **how)

    def sign_up(self, email: str, password: str = PASSWORD, *, data: dict[str, Any] | None = None) -> dict[str, Any]:
        """Sign up and return the session."""
        response = self.post("signup", {"email": email, "password": password, "data": data or {}})
        assert response.status_code == 200, response.content
        return response.json()

    def sign_in(self, email: str, password: str = PASSWORD) -> Any:
        """Try to sign in."""
        return self.post("token?grant_type=password", {"email": email, "password": password})

    def refresh(self, refresh_token: str) -> Any:
        """Try to refresh."""
        return self.post("token?grant_type=refresh_token", {"refresh_token": refresh_token})


def refusal(response: Any) -> tuple[int, str]:
    """Return status and code of a refusal in the newer form."""
    assert set(response.json()) >= {"code", "message"}, response.content
    assert response["X-Supabase-Api-Version"] == VERSION
    assert response["X-Sb-Error-Code"] == response.json()["code"]
    return response.status_code, response.json()["code"]
