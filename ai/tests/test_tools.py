"""What a model may call, what it gets, and what becomes of nonsense (docs/decisions/021-tools.md)."""

import json
import uuid
from typing import Any, NamedTuple

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from accounts.models import Suspension, UserConnection
from ai.tools import ACTIONS, ToolOutcome, run_tool, tool_definitions
from events.models import Event
from lifestring.testing.documented import openapi, resolved
from lifestring.testing.people import Person, block
from lifestring.testing.rooms import make_room
from strings.models import String
from strings.tests.posts import UNKNOWN

# The route whose body an action's data is; the others take a query.
ROUTES = {
    "create_string": ("/api/strings", "post"),
    "create_event": ("/api/events", "post"),
    "create_join": ("/api/joins", "post"),
    "join_event": ("/api/events/{event_id}/attendance", "put"),
    "send_connection_request": ("/api/connections", "post"),
    "update_profile": ("/api/me", "patch"),
}
READ = {"search_users", "search_strings", "find_events"}


class Call(NamedTuple):
    name: str
    arguments: str


def run(person: Person, name: str, arguments: Any = None, **where: Any) -> ToolOutcome:
    text = arguments if isinstance(arguments, str) else json.dumps(arguments or {})
    return run_tool(person.caller, Call(name, text), **where)


def nothing_is_written() -> bool:
    return not (String.objects.exists() or Event.objects.exists() or UserConnection.objects.exists())


class TestDefinitions:
    def test_every_action_is_a_tool_with_a_schema(self):
        tools = {tool["function"]["name"]: tool["function"] for tool in tool_definitions()}
        assert tools.keys() == ACTIONS.keys() == ROUTES.keys() | READ
        for tool in tools.values():
            Draft202012Validator.check_schema(tool["parameters"])
            assert tool["parameters"]["additionalProperties"] is False
            assert tool["description"].endswith(".")
        assert json.dumps(tool_definitions()) == json.dumps(tool_definitions())
        assert {name for name, action in ACTIONS.items() if not action.writes} == READ

    def test_schemas_agree_with_the_bodies_of_the_routes(self):
        for name, (path, method) in ROUTES.items():
            body = openapi()["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"]
            documented = resolved(body)
            schema = next(t["function"]["parameters"] for t in tool_definitions() if t["function"]["name"] == name)
            for field, offered in schema["properties"].items():
                if (name, field) == ("join_event", "event_id"):
                    continue  # there it stands in the path
                known = resolved(documented["properties"][field])
                kinds = known["type"] if isinstance(known["type"], list) else [known["type"]]
                assert offered["type"] in kinds, (name, field)
                for bound in ("maxLength", "maxItems", "minimum", "maximum", "format", "enum"):
                    given = offered.get(bound)
                    expected = known.get(bound)
                    assert given == expected, (name, field, bound)
            required = set(documented.get("required", [])) | ({"event_id"} if name == "join_event" else set())
            assert set(schema["required"]) == required - ({"status"} if name == "join_event" else set()), name

    def test_a_model_is_offered_neither_contact_data_nor_addresses_that_readers_fetch(self):
        offered = json.dumps(tool_definitions())
        for word in (
            "contact_info",
            "content_images",
            'meta"',
            "profile_photo",
            "social_links",
            "is_admin",
            'user_id"',
        ):
            assert word not in offered


@pytest.mark.django_db
class TestReading:
    def test_results_are_short_and_say_only_what_everybody_may_see(self, alice: Person, bob: Person):
        said = {"attributes": {"interests": ["chess"], "private_key": "s3cret-a"}, "biography": {"bio": "chess " * 200}}
        private = {
            "contact_info": {"name": "Bob", "phone": "s3cret-b", "email": "s3cret-c@x.example"},
            "meta": {"a": "s3cret-d"},
        }
        bob.client.patch("/api/me", {**said, **private})
        string = bob.client.post("/api/strings", {"content_text": "chess\n" * 300}).json()["data"]["id"]
        event = {"title": "chess", "start_time": "2030-01-01T10:00:00Z", "custom_fields": {"door": "s3cret-e"}}
        made = bob.client.post("/api/events", event).json()["data"]["id"]

        outcomes = {name: run(alice, name, {"query": "chess"}) for name in sorted(READ)}
        people = outcomes["search_users"].result["people"]
        assert [(person["id"], person["name"]) for person in people] == [(str(bob.user_id), "Bob")]
        assert [found["id"] for found in outcomes["search_strings"].result["strings"]] == [string]
        assert [found["id"] for found in outcomes["find_events"].result["events"]] == [made]
        for outcome in outcomes.values():
            text = json.dumps(outcome.result)
            assert "s3cret" not in text
            assert len(text) < 1200
            assert not outcome.actions
        sources = [(source.type, str(source.id)) for outcome in outcomes.values() for source in outcome.sources]
        assert sources == [("event", made), ("string", string), ("user", str(bob.user_id))]

    def test_blocked_people_are_not_there(self, alice: Person, charlie: Person):
        charlie.client.patch("/api/me", {"attributes": {"interests": ["chess"]}})
        charlie.client.post("/api/strings", {"content_text": "chess"})
        charlie.client.post("/api/events", {"title": "chess", "start_time": "2030-01-01T10:00:00Z"})
        block(charlie, alice)
        for name, kind in (("search_users", "people"), ("search_strings", "strings"), ("find_events", "events")):
            assert run(alice, name, {"query": "chess"}).result[kind] == []

    def test_a_suspended_person_goes_on_reading(self, alice: Person):
        Suspension.objects.create(user_id=alice.user_id)
        assert run(alice, "find_events").result["events"] == []
        assert "suspended" in run(alice, "create_string", {"content_text": "x"}).result["error"]


WRITES: dict[str, dict[str, Any]] = {
    "create_string": {"content_text": "Who plays chess?"},
    "create_event": {"title": "Chess", "start_time": "2030-01-01T10:00:00Z", "meta_data": {"max_participants": 4}},
    "create_join": {"title": "Chess", "tags": ["chess"]},
    "update_profile": {"attributes": {"interests": ["chess"]}},
}


@pytest.mark.django_db
class TestWriting:
    def test_it_is_proposed_and_done_when_confirmed(self, alice: Person, bob: Person, charlie: Person):
        event = bob.client.post("/api/events", {"title": "Go club", "start_time": "2030-01-01T10:00:00Z"}).json()[
            "data"
        ]
        writes = WRITES | {
            "join_event": {"event_id": event["id"]},
            "send_connection_request": {"receiver_id": str(charlie.user_id)},
        }
        labels = {}
        for name, arguments in writes.items():
            outcome = run(alice, name, arguments)
            (action,) = outcome.actions
            assert outcome.result["status"] == "proposed"
            assert (action["action_type"], action["action_data"]) == (name, arguments)
            labels[name] = action["label"]
            assert not String.objects.exists()

            key = {"Idempotency-Key": action["idempotency_key"]}
            confirmed = alice.client.post("/api/ai/execute-action", action, headers=key)
            assert confirmed.status_code in {200, 201}, confirmed.content
            String.objects.all().delete()
        assert labels == {
            "create_string": "Post “Who plays chess?”",
            "create_event": "Invite to “Chess” on 2030-01-01, 10:00 UTC",
            "create_join": "Look for company: “Chess”",
            "update_profile": "Change your profile: interests",
            "join_event": "Say that you come to “Go club”",
            "send_connection_request": "Ask Charlie for a connection",
        }

    def test_what_could_not_be_done_is_not_proposed(self, alice: Person, charlie: Person):
        event = charlie.client.post("/api/events", {"title": "x", "start_time": "2030-01-01T10:00:00Z"}).json()["data"]
        block(charlie, alice)
        for name, arguments in (
            ("create_string", {}),
            ("create_string", {"content_images": ["https://i.example/a.jpg"]}),
            ("create_event", {"title": "x", "start_time": "tomorrow"}),
            ("join_event", {"event_id": UNKNOWN}),
            ("join_event", {"event_id": event["id"]}),
            ("send_connection_request", {"receiver_id": UNKNOWN}),
            ("send_connection_request", {"receiver_id": str(charlie.user_id)}),
            ("send_connection_request", {"receiver_id": str(alice.user_id)}),
            ("update_profile", {}),
            ("update_profile", {"contact_info": {"phone": "1"}, "meta": {"a": 1}}),
        ):
            outcome = run(alice, name, arguments)
            assert outcome.result["error"], name
            assert not outcome.actions

    def test_what_the_model_was_not_told_of_is_left_out(self, alice: Person):
        about = {"attributes": {"interests": ["chess"], "profile_photo": "https://x.example"}, "contact_info": {"a": 1}}
        assert run(alice, "update_profile", about).actions[0]["action_data"] == {"attributes": {"interests": ["chess"]}}
        posted = {"content_text": "x", "content_images": ["https://x.example/?q=secret"], "user_id": UNKNOWN}
        assert run(alice, "create_string", posted).actions[0]["action_data"] == {"content_text": "x"}

    def test_null_counts_as_not_given(self, alice: Person):
        arguments = {"title": "Chess", "start_time": "2030-01-01T10:00:00Z", "end_time": None, "meta_data": None}
        (action,) = run(alice, "create_event", arguments).actions
        assert action["action_data"] == {"title": "Chess", "start_time": "2030-01-01T10:00:00Z"}
        assert run(alice, "find_events", {"query": None, "location": None}).result["events"] == []

    def test_the_same_action_in_the_same_answer_has_the_same_key(self, alice: Person):
        answer = uuid.uuid4()
        keys = [
            run(alice, "create_string", {"content_text": text}, answer_id=answer_id).actions[0]["idempotency_key"]
            for text, answer_id in (("x", answer), ("x", answer), ("y", answer), ("x", uuid.uuid4()))
        ]
        assert keys[0] == keys[1]
        assert len(set(keys)) == 3


@pytest.mark.django_db
class TestActingWithoutAsking:
    def test_it_acts_for_whom_has_allowed_it_there_and_nobody_else(self, alice: Person, bob: Person, charlie: Person):
        room = make_room(alice, bob, metadata={"assistant": {"may_act": [str(alice.user_id), str(charlie.user_id)]}})
        answer = uuid.uuid4()

        for _ in range(2):
            outcome = run(alice, "create_string", {"content_text": "chess"}, room_id=room, answer_id=answer)
            assert (outcome.result["status"], outcome.actions) == ("done", [])
        string = String.objects.get()
        assert (string.user_id, outcome.result["id"]) == (alice.user_id, str(string.id))
        assert [(source.type, source.id, source.title) for source in outcome.sources] == [
            ("string", string.id, "chess")
        ]

        for person in (bob, charlie):
            assert run(person, "create_string", {"content_text": "x"}, room_id=room).result["status"] == "proposed"
        assert run(alice, "create_string", {"content_text": "x"}, room_id=make_room(alice)).actions
        assert String.objects.count() == 1

    def test_every_write_is_done_as_the_asker(self, alice: Person, bob: Person, charlie: Person):
        room = make_room(alice, metadata={"assistant": {"may_act": [str(alice.user_id)]}})
        event = bob.client.post("/api/events", {"title": "Go club", "start_time": "2030-01-01T10:00:00Z"}).json()[
            "data"
        ]
        writes = WRITES | {
            "join_event": {"event_id": event["id"]},
            "send_connection_request": {"receiver_id": str(charlie.user_id)},
        }
        for name, arguments in writes.items():
            assert run(alice, name, arguments, room_id=room).result["status"] == "done", name
        assert alice.profile.attributes["interests"] == ["chess"]
        assert Event.objects.filter(user_id=alice.user_id).count() == 2
        assert UserConnection.objects.filter(requester_id=alice.user_id, receiver_id=charlie.user_id).exists()
        again = run(alice, "send_connection_request", {"receiver_id": str(charlie.user_id)}, room_id=room)
        assert again.result == {
            "error": "You have asked this person already.",
            "errors": {"receiver_id": ["You have asked this person already."]},
        }

    @pytest.mark.parametrize("odd", [True, "yes", {"may_act": 1}, [], None, [None], {}])
    def test_other_clients_metadata_allows_nothing(self, alice: Person, odd: Any):
        for metadata in ({"assistant": {"may_act": odd}}, {"assistant": odd}, odd):
            room = make_room(alice, metadata=metadata)
            assert run(alice, "create_string", {"content_text": "x"}, room_id=room).result["status"] == "proposed"
        assert nothing_is_written()


@pytest.mark.django_db
def test_nonsense_is_answered_and_nothing_else(alice: Person):
    deep = '{"title": ' + "[" * 50_000 + "]" * 50_000 + "}"
    for name, arguments in (
        ("drop_tables", "{}"),
        ("", "{}"),
        ("__class__", "{}"),
        ("create_string", "{"),
        ("create_string", "[]"),
        ("create_string", "null"),
        ("create_string", '"content_text"'),
        ("create_string", '{"content_text": NaN}'),
        ("create_string", '{"content_text": "a\\u0000b"}'),
        ("create_string", '{"content_text": "a\x00b"}'),
        ("create_string", '{"content_text": "\\ud800"}'),
        ("create_string", '{"content_text": "\ud800"}'),
        ("create_string", '{"content_text": ["x"]}'),
        ("create_string", '{"content_text": "' + "x" * 10_001 + '"}'),
        ("create_string", '{"content_text": "' + "x" * 40_000 + '"}'),
        ("create_join", deep[:30_000]),
        ("create_join", deep),
        ("create_join", '{"title": "x", "max_participants": ' + "9" * 500 + "}"),
        ("create_join", '{"title": "x", "max_participants": 99999999999999999999}'),
        ("create_event", '{"title": "x", "start_time": "2030-01-01T10:00:00Z", "meta_data": "chess"}'),
        ("join_event", '{"event_id": true}'),
        ("join_event", '{"event_id": "x"}'),
        ("update_profile", '{"attributes": "chess"}'),
        ("search_users", ""),
        ("search_strings", '{"query": {}}'),
        ("find_events", '{"start_from": "9999-12-31T23:59:59-23:00"}'),
    ):
        outcome = run(alice, name, arguments)
        assert outcome.result["error"], (name, arguments[:60])
        assert not [*outcome.actions, *outcome.sources]
        assert len(json.dumps(outcome.result)) < 500
    assert nothing_is_written()
    assert run(alice, "find_events", "").result["events"] == []
