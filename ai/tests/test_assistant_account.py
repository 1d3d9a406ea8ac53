"""The account that speaks for the assistant: somebody to the database, and nobody to meet, to be or to be rid of."""

from typing import Any

import pytest
from django.conf import settings as django_settings

from accounts.models import UserProfile, UserRecommendation
from accounts.services import user_erase
from ai.tests.conversations import ask, open_chat
from chat.models import Room
from lifestring.errors import ConflictError
from lifestring.seeding.assistant import NAME, plant_assistant
from lifestring.testing.asserts import assert_error
from lifestring.testing.openai_server import ModelServer
from lifestring.testing.people import Person

pytestmark = pytest.mark.django_db

CHESS = {"attributes": {"interests": ["chess"]}, "biography": {"bio": "Plays chess."}}


def test_no_list_shows_it(bot: Person, alice: Person, bob: Person, charlie: Person):
    for person in (bot, alice, charlie):
        UserProfile.objects.filter(user_id=person.user_id).update(**CHESS)
    found: dict[str, Any] = {
        "users": alice.client.get("/api/users").json()["data"],
        "named": alice.client.get("/api/users?search=assistant").json()["data"],
        "discover": alice.client.get("/api/discover").json(),
        "search": alice.client.get("/api/search?q=chess").json()["data"]["people"],
        "alike": alice.client.get("/api/recommended/users").json()["data"],
    }
    shown = {name: {person["user_id"] for person in people} for name, people in found.items()}
    assert all(str(bot.user_id) not in people for people in shown.values())
    assert all(str(charlie.user_id) in shown[name] for name in ("users", "discover", "search", "alike"))
    assert shown["named"] == set()
    assert alice.client.post("/api/recommendations/generate").status_code == 200
    assert not UserRecommendation.objects.filter(recommended_user_id=bot.user_id).exists()
    assert alice.client.get(f"/api/users/{bot.user_id}").json()["data"]["name"] == "Lifestring Assistant"


def test_it_signs_nobody_in_and_stands_in_nobody_s_way(bot: Person, alice: Person, admin: Person):
    assert_error(bot.client.get("/api/me"), 403, "user_banned")
    assert_error(alice.client.post("/api/connections", {"receiver_id": str(bot.user_id)}), 422, field="receiver_id")
    assert_error(alice.client.post(f"/api/users/{bot.user_id}/block"), 422, field="user")
    assert_error(admin.client.delete(f"/api/users/{bot.user_id}"), 422, "conflict")
    with pytest.raises(ConflictError):
        user_erase(caller=admin.caller, user_id=bot.user_id)


def test_a_room_with_nobody_but_it_goes(assistant: ModelServer, alice: Person, bot: Person):
    room_id = open_chat(alice)
    ask(alice, room_id, "Hello")
    left = alice.client.delete(f"/api/rooms/{room_id}/participants/{alice.user_id}").json()
    assert left["room_deleted"] is True
    assert not Room.objects.filter(id=room_id).exists()


def test_an_account_that_does_not_exist_is_told_of(assistant: ModelServer, alice: Person, settings: Any):
    settings.AI_BOT_USER_ID = "5a0d9f0e-0000-4000-8000-000000000000"
    found = assert_error(alice.client.post("/api/ai/chat", {}), 503, "ai_unavailable")
    assert "AI_BOT_USER_ID" in found["message"]
    assert not Room.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_local_mode_makes_it_by_itself(settings: Any):
    settings.AI_BOT_USER_ID = "a1f5e57a-1d5f-4c0e-9a11-0c0ffee0b075"
    for _ in "ab":
        plant_assistant()
    profile = UserProfile.objects.get(user_id=django_settings.AI_BOT_USER_ID)
    assert profile.contact_info["name"] == NAME  # type: ignore[index]
