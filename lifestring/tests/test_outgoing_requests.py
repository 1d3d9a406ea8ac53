"""Nothing that anybody names in a request is fetched: whom the service calls, its operators have set (docs/threats.md)."""

import json
import socket
from typing import Any

import jwt
import pytest
from rest_framework.test import APIClient

from lifestring.testing.people import Person
from lifestring.tests.source import modules

# What opens connections to anywhere, as a program imports it.
CLIENTS = ("aiohttp", "asyncssh", "ftplib", "http.client", "httpx", "httpx2", "imaplib", "openai", "paramiko", "poplib",
           "pycurl", "requests", "sentry_sdk", "smtplib", "socket", "telnetlib", "urllib.request", "urllib3", "websocket",
           "websockets", "xmlrpc.client", "opentelemetry.exporter.otlp.proto.http.trace_exporter")  # fmt: skip
# Every module that has one, and the settings its addresses come from; "" where it opens none.
ADDRESSES = {
    "accounts/doctor.py": "settings.SUPABASE_URL",
    "accounts/jwks.py": "self.url",  # SUPABASE_JWKS_URL, as is seen below
    "accounts/supabase_auth.py": "settings.SUPABASE_URL",
    "ai/clients/connections.py": "settings.OPENAI_BASE_URL",
    "ai/clients/embeddings.py": "settings.EMBED_BASE_URL",
    **dict.fromkeys(
        (f"ai/clients/{name}.py" for name in ("chat", "moderation", "parameters", "refusals", "streams")), ""
    ),
    "lifestring/local/options.py": "",
    "lifestring/local/ports.py": "",
    "lifestring/local/supervisor.py": "self._options.port",
    "lifestring/telemetry/errors.py": "dsn",
    "lifestring/telemetry/exporting.py": "",  # OTEL_EXPORTER_OTLP_ENDPOINT, which the exporter reads itself
}
ELSEWHERE = "evil.example"


def test_whatever_calls_out_is_known_and_its_address_is_a_setting():
    found = {
        str(module): module
        for module in modules()
        if any(name == client or name.startswith(f"{client}.") for _, name in module.imports() for client in CLIENTS)
    }
    assert found.keys() == ADDRESSES.keys()
    for name, address in ADDRESSES.items():
        assert address in found[name].text, name
    made = [str(module) for module in modules() for _, name, _ in module.calls if name == "published"]
    [verifier] = [
        module for module in modules() if "KeySet(settings." in module.text and module.within("accounts/tokens.py")
    ]
    assert "KeySet(settings.SUPABASE_JWKS_URL" in verifier.text
    assert set(made) <= {"accounts/doctor.py", "accounts/tokens.py"}


@pytest.fixture
def reached(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What this process looked up or connected to, by Python's own means."""
    asked: list[str] = []
    look_up, connect = socket.getaddrinfo, socket.socket.connect

    def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        asked.append(str(host))
        return look_up(host, *args, **kwargs)

    def connecting(self: socket.socket, address: Any) -> None:
        asked.append(str(address))
        connect(self, address)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(socket.socket, "connect", connecting)
    return asked


@pytest.mark.django_db
def test_addresses_in_what_people_write_are_kept_and_never_asked(alice: Person, bob: Person, reached: list[str]):
    schemes = ("http", "https", "ftp", "file", "gopher")
    urls = [f"{scheme}://{ELSEWHERE}/x.png" for scheme in schemes] + [
        "http://169.254.169.254/latest/meta-data",
        f"//{ELSEWHERE}",
    ]
    for url in urls:
        writes: list[tuple[str, str, dict[str, Any]]] = [
            ("post", "/api/strings", {"content_text": url, "content_images": [url]}),
            ("post", "/api/strings", {"content_text": f"![look]({url}) <img src='{url}'>"}),
            ("patch", "/api/me", {"biography": url, "attributes": {"avatar": url}, "meta": {"picture": url}}),
            (
                "post",
                "/api/events",
                {"title": url, "description": url, "location": url, "start_time": "2027-01-01T10:00:00Z"},
            ),
            ("post", "/api/rooms", {"name": url, "metadata": {"icon": url}, "participant_ids": [str(bob.user_id)]}),
            (
                "post",
                "/api/reports",
                {"target_type": "user", "target_id": str(bob.user_id), "reason": "spam", "text": url},
            ),
            ("get", f"/api/strings?search={url}", {}),
            ("get", f"/api/users?search={url}", {}),
            ("post", "/api/auth/recover", {"email": f"x@{ELSEWHERE}", "redirect_to": url}),
        ]
        for method, path, body in writes:
            answer = getattr(alice.client, method)(path, body, headers={"referer": url, "x-forwarded-host": ELSEWHERE})
            assert answer.status_code < 500 or answer.json()["code"] == "auth_unavailable", (
                method,
                path,
                answer.content,
            )
    rooms = alice.client.get("/api/rooms").json()["data"]
    assert rooms
    said = alice.client.post(f"/api/rooms/{rooms[0]['id']}/messages", {"content": urls[0]})
    assert said.status_code == 201
    for path in ("/api/strings", "/api/me", "/api/events", "/api/my/events.ics", "/api/me/export"):
        assert alice.client.get(path).status_code == 200
    assert any("127.0.0.1" in where for where in reached), "Supabase Auth, of which nothing was seen"
    assert not [where for where in reached if ELSEWHERE in where or "169.254" in where], reached


def test_a_token_does_not_say_where_its_key_is(reached: list[str], settings: Any):
    settings.SUPABASE_JWKS = None
    headers = dict.fromkeys(("jku", "x5u"), f"https://{ELSEWHERE}/keys") | {
        "jwk": {"kty": "oct", "k": "eHl6"},
        "kid": "x",
    }
    token = jwt.encode(
        {"sub": "x", "iss": f"https://{ELSEWHERE}"}, "a secret that is long enough for this one", headers=headers
    )
    unsigned = token.split(".")[0]
    assert ELSEWHERE in json.dumps(jwt.get_unverified_header(token)), unsigned
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    assert client.get("/api/me").status_code == 401
    assert not [where for where in reached if ELSEWHERE in where], reached
