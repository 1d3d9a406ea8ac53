"""What of a person goes out to whom (docs/api.md, Privacy), on every route that shows people."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from accounts.models import ConnectionStatus, UserConnection, UserProfile, UserRecommendation
from lifestring.testing.people import Person, connect, make_person
from lifestring.testing.rooms import make_room
from lifestring.testing.routes import routes

pytestmark = pytest.mark.django_db

# Each value is a word of its own, so that it is found wherever it leaks.
SECRETS = {
    "email": "owner-mail@secret.example",
    "phone": "owner-phone-4915112345",
    "birthday": "owner-birthday-1990",
    "address": "owner-address-street",
}
OPEN = {"name": "Olive", "location": "Lisbon", "website": "https://olive.example", "nick": {"email": "not the e-mail"}}
META = {"onboarded": "owner-meta-flag", "email": "owner-meta-mail"}

EVERYTHING = frozenset({*SECRETS, "meta"})
SEES: dict[str, frozenset[str]] = {
    "self": EVERYTHING,
    "admin": EVERYTHING,
    "accepted by the owner": frozenset({"email", "phone"}),
    "accepted by the viewer": frozenset({"email", "phone"}),
    "moderator": frozenset(),
    "moderator accepted": frozenset({"email", "phone"}),
    "stranger": frozenset(),
    "pending, asked by the owner": frozenset(),
    "pending, asked by the viewer": frozenset(),
    "declined by the owner": frozenset(),
    "declined by the viewer": frozenset(),
    "blocked by the viewer": frozenset(),
    "connected to a connection": frozenset(),
}


@pytest.fixture
def owner(db: None) -> Person:
    """Whose profile holds something in every field, and who has left something everywhere."""
    owner = make_person("Olive", contact_info={**OPEN, **SECRETS}, meta=META)
    string = owner.client.post("/api/strings", {"content_text": "Olive writes"}).json()["data"]
    comment = owner.client.post(f"/api/strings/{string['id']}/comments", {"content": "Olive comments"}).json()["data"]
    reply = {"content": "Olive replies", "parent_comment_id": comment["id"]}
    owner.client.post(f"/api/strings/{string['id']}/comments", reply)
    owner.client.put(f"/api/strings/{string['id']}/like")
    owner.client.post(f"/api/users/{owner.user_id}/enneagrams", {"enneagram_ids": [1]})
    event = {"title": "Olive invites", "start_time": "2050-06-01T18:00:00Z", "meta_data": {"is_join": True}}
    event_id = owner.client.post("/api/events", event).json()["data"]["id"]
    assert owner.client.put(f"/api/events/{event_id}/attendance", {"status": "going"}).status_code == 200
    return owner


def _viewer(kind: str, owner: Person) -> Person:
    pairs: dict[str, Callable[[Person], tuple[Person, Person, ConnectionStatus]]] = {
        "accepted by the owner": lambda v: (v, owner, ConnectionStatus.ACCEPTED),
        "accepted by the viewer": lambda v: (owner, v, ConnectionStatus.ACCEPTED),
        "moderator accepted": lambda v: (v, owner, ConnectionStatus.ACCEPTED),
        "pending, asked by the owner": lambda v: (owner, v, ConnectionStatus.PENDING),
        "pending, asked by the viewer": lambda v: (v, owner, ConnectionStatus.PENDING),
        "declined by the owner": lambda v: (v, owner, ConnectionStatus.DECLINED),
        "declined by the viewer": lambda v: (owner, v, ConnectionStatus.DECLINED),
        "blocked by the viewer": lambda v: (v, owner, ConnectionStatus.BLOCKED),
    }
    if kind == "self":
        return owner
    viewer = make_person("Viewer", is_admin=kind == "admin", is_mod=kind.startswith("moderator"))
    if kind in pairs:
        connect(*pairs[kind](viewer))
    if kind == "connected to a connection":
        between = make_person("Between")
        connect(owner, between)
        connect(between, viewer)
    return viewer


def _people_in(value: Any) -> Iterator[dict[str, Any]]:
    """Every profile anywhere in an answer."""
    if isinstance(value, dict):
        if "contact_info" in value:
            yield value
        for inner in value.values():
            yield from _people_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _people_in(inner)


def _things(viewer: Person, owner: Person) -> dict[str, Any]:
    """What of the owner's there is to look at, by the names that routes use; a room of the two and more included."""

    def first(path: str) -> str:
        found: str = owner.client.get(path).json()["data"][0]["id"]
        return found

    string_id, room_id = first("/api/my/strings"), make_room(*{owner.user_id: owner, viewer.user_id: viewer}.values())
    # Of the kind that all routes of rooms, the assistant's too, can read.
    owner.client.patch(f"/api/rooms/{room_id}", {"metadata": {"type": "ai_chat"}})
    owner.client.post(f"/api/rooms/{room_id}/messages", {"content": "Olive says"})
    found = {
        "user": owner.user_id,
        "string_id": string_id,
        "comment_id": first(f"/api/strings/{string_id}/comments"),
        "event_id": first("/api/my/events"),
        "room_id": room_id,
        "message_id": first(f"/api/rooms/{room_id}/messages"),
    }
    if viewer != owner:
        pair = {"user_id": viewer.user_id, "recommended_user_id": owner.user_id}
        found["recommendation_id"] = UserRecommendation.objects.create(**pair, similarity_score="0.5").id
    return found


def _everything_shown_to(viewer: Person, owner: Person) -> dict[str, Any]:
    """The answers of every route that can be read, with everything that can be included."""
    things = _things(viewer, owner)
    includes = (
        "enneagrams,user,comments,likes,replies,replies.user,parentComment,participants,contact_info,meta,auth_user,"
        "requester,receiver,messages,messages.user,recommendedUser"
    )
    answers = {}
    for route in routes():
        if "get" in route.methods and not route.is_open:
            url = route.url(**things)
            query = {"include": includes, "withCount": includes, "q": "Olive", "per_page": 100, "include_replies": "1"}
            answer = viewer.client.get(url, query)
            assert answer.status_code in {200, 404}, (url, answer.content)
            is_json = answer["Content-Type"] == "application/json"
            answers[url] = answer.json() if is_json else answer.content.decode()
    for url in (
        "/api/users?cursor=",
        "/api/users?search=Olive",
        f"/api/users/{owner.profile.id}",
        "/api/search?q=Olive",
    ):
        answers[url] = viewer.client.get(url).json()
    return answers


@pytest.mark.parametrize("kind", SEES)
def test_each_field_reaches_those_it_may(owner: Person, kind: str):
    viewer = _viewer(kind, owner)
    answers = _everything_shown_to(viewer, owner)
    assert {"/api/users", "/api/search", f"/api/users/{owner.user_id}", "/api/strings"} <= answers.keys()
    seen = 0
    for url, answer in answers.items():
        for person in _people_in(answer):
            if person["user_id"] == str(owner.user_id):
                seen += 1
                allowed = {name: value for name, value in SECRETS.items() if name in SEES[kind]}
                assert person["contact_info"] == {**OPEN, **allowed}, url
                assert ("meta" in person) is ("meta" in SEES[kind]), url
                assert person.get("meta", META) == META, url
        text = json.dumps(answer)
        for name, value in SECRETS.items():
            assert name in SEES[kind] or value not in text, (name, url)
        for value in META.values():
            assert "meta" in SEES[kind] or value not in text, url
    # Lists leave out whom the viewer blocked; their own route shows them still.
    assert seen >= (2 if kind == "blocked by the viewer" else 5)


@pytest.mark.parametrize("kind", ["stranger", "accepted by the owner", "moderator"])
def test_what_is_hidden_cannot_be_searched_for(owner: Person, kind: str):
    viewer = _viewer(kind, owner)
    for secret in [*SECRETS.values(), *META.values(), "secret.example", "4915112345"]:
        found = viewer.client.get("/api/search", {"q": secret}).json()["data"]
        assert found == {"strings": [], "people": [], "events": []}
        assert viewer.client.get("/api/users", {"search": secret}).json()["data"] == []


def test_answers_to_writes_hide_it_too(owner: Person, charlie: Person):
    string_id = owner.client.get("/api/my/strings").json()["data"][0]["id"]
    texts = [
        charlie.client.post(f"/api/strings/{string_id}/comments?include=user,parentComment", {"content": "x"}),
        charlie.client.post(f"/api/strings/{string_id}/like"),
        charlie.client.put(f"/api/users/{owner.user_id}", {"meta": {}}),
        charlie.client.patch(f"/api/users/{owner.user_id}", {"contact_info": {"email": "x"}}),
    ]
    for text in (answer.content.decode() for answer in texts):
        assert not any(value in text for value in (*SECRETS.values(), *META.values()))


def test_an_admin_s_write_is_answered_as_an_admin_may_see_it(owner: Person, admin: Person):
    data = admin.client.patch(f"/api/users/{owner.user_id}", {"meta": {"more": 1}}).json()["data"]
    assert data["contact_info"] == {**OPEN, **SECRETS}
    assert data["meta"] == {**META, "more": 1}


def test_a_connection_that_ends_hides_it_again(owner: Person, charlie: Person):
    def email() -> str | None:
        return charlie.client.get(f"/api/users/{owner.user_id}").json()["data"]["contact_info"].get("email")

    seen = []
    connect(owner, charlie)
    for status in ("pending", "accepted", "declined", "accepted", "blocked"):
        UserConnection.objects.filter(requester_id=owner.user_id).update(status=status)
        seen.append(email() if status != "blocked" else charlie.client.get(f"/api/users/{owner.user_id}").status_code)
    UserConnection.objects.all().delete()
    assert [*seen, email()] == [None, SECRETS["email"], None, SECRETS["email"], 404, None]


@pytest.mark.parametrize("odd", [[SECRETS], json.dumps(SECRETS), [["email", SECRETS["email"]]], 5, True])
def test_contact_data_in_an_unknown_shape_goes_to_nobody_else(owner: Person, odd: Any):
    UserProfile.objects.filter(user_id=owner.user_id).update(contact_info=odd)
    for kind in ("stranger", "accepted by the owner", "moderator"):
        for answer in _everything_shown_to(_viewer(kind, owner), owner).values():
            assert all(p["contact_info"] is None for p in _people_in(answer) if p["user_id"] == str(owner.user_id))
            assert "owner-" not in json.dumps(answer)
    for kind in ("self", "admin"):
        data = _viewer(kind, owner).client.get(f"/api/users/{owner.user_id}").json()["data"]
        assert data["contact_info"] == odd
