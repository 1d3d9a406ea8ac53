"""Every page of the admin for everybody: who is nobody, who is no staff (any more), who moderates, who administers."""

import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import ErasedAccount, StaffSignIn, StaffUser, Suspension
from ai.models import StringEmbedding, UsageEntry, UserEmbedding
from chat.models import Room
from events.models import Event
from lifestring.testing.matrix import rolled_back
from lifestring.testing.people import Person
from lifestring.tests.admin_matrix import MATRIX, ROLES
from moderation import services
from moderation.models import AuditEntry
from moderation.tests.acts import case_about
from strings.models import StringComment

pytestmark = pytest.mark.django_db

BACKEND = "django.contrib.auth.backends.ModelBackend"
VECTOR = [0.5] * 1536


@dataclass(frozen=True)
class Route:
    """A route below /admin/: its name, or what stands for one, and its address with ids to fill in."""

    name: str
    address: str


def routes() -> dict[str, Route]:
    """Every route there is below /admin/."""
    found = [Route(name, address) for address, name in _walk(get_resolver().url_patterns, "/")]
    return {route.name: route for route in found if route.address.startswith("/admin/")}


def _walk(patterns: Any, before: str) -> Iterator[tuple[str, str]]:
    for pattern in patterns:
        address = before + str(pattern.pattern).lstrip("^").rstrip("$")
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, address)
        elif isinstance(pattern, URLPattern):
            yield address, pattern.name or "anything-else"


def lines() -> dict[tuple[str, str], tuple[int, ...]]:
    """The table, by verb and name."""
    rows = [line.split() for line in MATRIX.strip().splitlines()]
    return {(verb, name): tuple(map(int, statuses)) for verb, name, *statuses in rows}


@pytest.fixture
def clients(mod: Person, admin: Person) -> dict[str, Client]:
    found = {"anonymous": Client()}
    rights = {"user": {}, "moderator": {"is_staff": True}, "admin": {"is_staff": True, "is_superuser": True}}
    accounts = {"user": None, "moderator": mod.user_id, "admin": admin.user_id}
    for role, given in rights.items():
        user = StaffUser.objects.create_user(f"{role}@x.example", supabase_user_id=accounts[role], **given)
        found[role] = Client(raise_request_exception=False)
        found[role].force_login(user, BACKEND)
    return found


@pytest.fixture
def ids(alice: Person, bob: Person, mod: Person) -> dict[str, str]:
    """Something for every route to be about."""
    string = alice.client.post("/api/strings", {"content_text": "x"}).json()["data"]["id"]
    case = case_about(bob, "string", string)
    services.case_note(caller=mod.caller, case_id=case.id, text="x")
    services.person_warn(caller=mod.caller, user_id=alice.user_id, message="x")
    StringComment.objects.create(string_id=string, user_id=bob.user_id, content="x")
    StringEmbedding.objects.create(string_id=string, embedding=VECTOR, content_hash="x")
    UserEmbedding.objects.create(user_id=alice.user_id, embedding=VECTOR, content_hash="x")
    Event.objects.create(user_id=alice.user_id, title="x", start_time="2026-12-01T10:00Z")
    asked = {"purpose": "chat", "reserved": 1, "day": "2026-12-01", "expires_at": "2026-12-01T10:00Z"}
    UsageEntry.objects.create(user_id=alice.user_id, **asked)
    Suspension.objects.create(user_id=bob.user_id)
    ErasedAccount.objects.create(user_id=string)
    StaffSignIn.objects.create(email="x@x.example", agent="", outcome="refused")
    room = Room.objects.create(name="x")
    assert AuditEntry.objects.exists()
    known = {"user_id": alice.user_id, "case_id": case.id, "room_id": room.id, "content_type_id": 1}
    return {name: str(value) for name, value in {**known, "app_label": "strings", "url": "nothing"}.items()}


def address_of(route: Route, ids: dict[str, str]) -> str:
    """A route's address with ids in it; a table's row is its first."""
    found = dict(ids)
    if match := re.match(r"/admin/(\w+)/(\w+)/<path:object_id>", route.address):
        found["object_id"] = str(
            apps.get_model(match[1], match[2]).objects.order_by("pk").values_list("pk", flat=True)[0]
        )
    known = re.sub(r"<\w+:(\w+)>", lambda name: found.get(name[1], "1"), route.address)
    return re.sub(r"\(\?P<(\w+)>[^)]*\)", lambda name: found[name[1]], known)


def test_every_route_has_its_lines_and_no_line_is_about_nothing():
    wanted = {(verb, name) for name in routes() for verb in ("GET", "POST")}
    assert lines().keys() == wanted


def test_everybody_gets_what_the_table_says(clients: dict[str, Client], ids: dict[str, str]):
    """In a world that is rolled back after each cell: an act of one must not be missing for the next."""
    wrong = []
    for (verb, name), expected in lines().items():
        address = address_of(routes()[name], ids)
        found = []
        for role in ROLES:
            cookies = deepcopy(clients[role].cookies)
            with rolled_back():
                answer = getattr(clients[role], verb.lower())(address)
                found.append(answer.status_code)
                if answer.streaming:
                    b"".join(answer.streaming_content)
            clients[role].cookies = cookies
        if tuple(found) != expected:
            wrong.append(f"{verb} {name} {' '.join(map(str, found))}")
    assert not wrong, "\n".join(wrong)


def test_nobody_without_rights_is_told_anything(clients: dict[str, Client], ids: dict[str, str]):
    for role in ("anonymous", "user"):
        for route in routes().values():
            answer = clients[role].get(address_of(route, ids))
            if answer.status_code == 302:
                assert answer["Location"].startswith(("/admin/login/", "/admin/")), route
                assert not answer.content, route


def test_roles_settings_and_money_are_nowhere_on_a_moderators_pages(clients: dict[str, Client], ids: dict[str, str]):
    """Neither as a link nor as a button."""
    for_admins = {name for (verb, name), statuses in lines().items() if statuses[2] == 403 and statuses[3] != 403}
    assert for_admins >= {"person-erase", "person-change", "person-export", "dead-letters", "accounts_staffuser_change"}
    hidden = [address_of(routes()[name], ids) for name in for_admins]
    for name in ("index", "queue", "person", "accounts_userprofile_changelist", "case"):
        shown = clients["moderator"].get(address_of(routes()[name], ids)).content.decode()
        assert not [address for address in hidden if f'"{address}"' in shown], name
        seen = clients["admin"].get(address_of(routes()[name], ids)).content.decode()
        assert name != "person" or [address for address in hidden if f'"{address}"' in seen]
