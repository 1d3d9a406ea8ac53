"""POST /ai/execute-action: what the same REST call would do, with its checks, errors and status (docs/api.md, AI)."""

from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Suspension, UserConnection
from events.models import Event
from lifestring.testing.asserts import assert_error
from lifestring.testing.documented import assert_documented
from lifestring.testing.fixtures import Together
from lifestring.testing.people import Person, block, client_for
from strings.models import String
from strings.tests.posts import UNKNOWN

URL = "/api/ai/execute-action"
SOON = "2030-05-01T18:00:00Z"


def do(person: Person, action_type: Any, key: str = "", **data: Any) -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return person.client.post(URL, {"action_type": action_type, "action_data": data}, headers=headers)


def done(person: Person, action_type: str, expected: int = 200, **data: Any) -> Any:
    answer = do(person, action_type, **data)
    assert answer.status_code == expected, answer.content
    assert_documented(answer)
    assert answer.json()["action_type"] == action_type
    return answer.json()["data"]


def invite(person: Person, **values: Any) -> Event:
    return Event.objects.create(
        user_id=person.user_id, title="Chess in the park", start_time=timezone.now(), **{"meta_data": {}, **values}
    )


@pytest.mark.django_db
class TestEachActionIsItsRoute:
    def test_creating_answers_201_and_what_the_route_shows(self, alice: Person):
        string = done(alice, "create_string", 201, content_text="hello", content_images=["https://i.example/a.jpg"])
        assert string == alice.client.get(f"/api/strings/{string['id']}").json()["data"]

        event = done(alice, "create_event", 201, title="Chess", start_time=SOON, meta_data={"max_participants": 3})
        assert event == alice.client.get(f"/api/events/{event['id']}").json()["data"]

        join = done(alice, "create_join", 201, title="Chess", tags=["chess"], max_participants=4)
        assert join == alice.client.get(f"/api/joins/{join['id']}").json()

    def test_answering_an_event_is_going_unless_told_otherwise(self, alice: Person, bob: Person):
        event = invite(alice)
        going = done(bob, "join_event", event_id=str(event.id))
        assert (going["status"], going["current_participants"]) == ("going", 1)
        assert done(bob, "join_event", event_id=str(event.id), status="declined")["status"] == "declined"

    def test_asking_for_a_connection_answers_the_connection(self, alice: Person, charlie: Person):
        asked = done(alice, "send_connection_request", 201, receiver_id=str(charlie.user_id))
        assert asked == alice.client.get(f"/api/connections/{charlie.user_id}").json()["connection"]

    def test_a_profile_is_merged_into(self, alice: Person):
        alice.client.put("/api/me", {"attributes": {"interests": ["chess"], "skills": ["cooking"]}})
        profile = done(alice, "update_profile", attributes={"interests": ["chess", "go"], "skills": None})
        assert profile == alice.client.get("/api/me").json()["data"]
        assert profile["attributes"] == {"interests": ["chess", "go"]}

    def test_searching_answers_what_search_finds_in_its_order(self, alice: Person, bob: Person, charlie: Person):
        for person in (bob, charlie):
            person.client.patch("/api/me", {"attributes": {"interests": ["chess"]}})
            person.client.post("/api/strings", {"content_text": "chess tonight"})
        found = alice.client.get("/api/search?q=chess").json()["data"]

        for action, kind in (("search_users", "people"), ("search_strings", "strings")):
            plain = [{k: v for k, v in item.items() if k not in {"score", "highlight"}} for item in found[kind]]
            assert done(alice, action, query="chess") == plain
            assert len(done(alice, action, query="chess", limit=1)) == 1
            assert done(alice, action, query="unheard of") == []

    def test_events_are_found_as_the_list_filters_them(self, alice: Person, bob: Person):
        past = invite(bob, location="Lisbon")
        later = invite(bob, location="Lisbon")
        Event.objects.filter(id=later.id).update(start_time="2030-06-01T10:00Z")
        other = invite(bob, location="Porto")
        Event.objects.filter(id=other.id).update(start_time="2030-05-01T10:00Z")

        def ids(**data: Any) -> list[str]:
            return [event["id"] for event in done(alice, "find_events", **data)]

        assert ids() == [str(other.id), str(later.id)]
        assert ids(query="chess", location="lisb") == [str(later.id)]
        assert ids(query="", location=None, start_from="2030-05-15T00:00:00Z") == [str(later.id)]
        assert ids(start_to="2030-05-15T00:00:00Z", upcoming_only=False) == [str(past.id), str(other.id)]


@pytest.mark.django_db
class TestTheSameChecks:
    def test_the_routes_own_errors_come_with_the_fields_place(self, alice: Person, bob: Person):
        bad: list[tuple[str, dict[str, Any], str]] = [
            ("create_string", {}, "content"),
            ("create_string", {"content_text": 1.5e9, "stringable_id": UNKNOWN}, "stringable_type"),
            ("create_string", {"content_text": "x" * 10_001}, "content_text"),
            ("create_string", {"content_images": ["ftp://x"]}, "content_images.0"),
            ("create_event", {"title": "x", "start_time": "soon"}, "start_time"),
            ("create_event", {"title": "x", "start_time": SOON, "end_time": "2029-01-01T00:00:00Z"}, "end_time"),
            (
                "create_event",
                {"title": "x", "start_time": SOON, "meta_data": {"time_zone": "Mars"}},
                "meta_data.time_zone",
            ),
            ("create_join", {"title": "x", "max_participants": 0}, "max_participants"),
            ("join_event", {}, "event_id"),
            ("join_event", {"event_id": 1, "status": "perhaps"}, "status"),
            ("send_connection_request", {"receiver_id": UNKNOWN}, "receiver_id"),
            ("send_connection_request", {"receiver_id": str(alice.user_id)}, "receiver_id"),
            ("update_profile", {"attributes": []}, "attributes"),
            ("search_users", {"query": " "}, "query"),
            ("search_strings", {"query": "x", "limit": 51}, "limit"),
            ("find_events", {"start_from": "0001-01-01T00:00:00+23:00"}, "start_from"),
        ]
        for action, data, field in bad:
            answer = do(alice, action, **data)
            assert_documented(answer)
            assert_error(answer, 422, "validation_failed", field=f"action_data.{field}")
        asked = do(alice, "send_connection_request", receiver_id=str(bob.user_id))
        assert_error(asked, 422, "conflict", field="action_data.receiver_id")
        assert not String.objects.exists()
        assert not Event.objects.exists()

    def test_what_is_no_action_is_422(self, alice: Person):
        for body in (
            {},
            {"action_type": "delete_everything", "action_data": {}},
            {"action_type": ["create_string"]},
            {"action_type": None},
            {"action_type": "create_string", "action_data": "x"},
            {"action_type": "create_string", "action_data": None},
            {"action_type": "CREATE_STRING", "action_data": {"content_text": "x"}},
        ):
            answer = alice.client.post(URL, body)
            assert_documented(answer)
            field = "action_data" if body.get("action_type") == "create_string" else "action_type"
            assert_error(answer, 422, "validation_failed", field=field)
        raw = '{"action_type": "create_string", "action_data": {"content_text": "a\\u0000b", "stringable_type": "\\ud800"}}'
        answer = alice.client.generic("POST", URL, raw, content_type="application/json")
        assert_error(answer, 422, "validation_failed", field="action_data.content_text")
        assert not String.objects.exists()

    def test_a_block_holds_in_both_directions(self, alice: Person, bob: Person, charlie: Person):
        event = invite(alice)
        alice.client.patch("/api/me", {"attributes": {"interests": ["chess"]}})
        alice.client.post("/api/strings", {"content_text": "chess"})
        block(alice, charlie)

        assert_error(do(charlie, "join_event", event_id=str(event.id)), 403, "blocked")
        asked = do(charlie, "send_connection_request", receiver_id=str(alice.user_id))
        assert_error(asked, 422, "validation_failed", field="action_data.receiver_id")
        assert_error(do(alice, "send_connection_request", receiver_id=str(charlie.user_id)), 403, "blocked")
        for action in ("search_users", "search_strings", "find_events"):
            assert done(charlie, action, query="chess", upcoming_only=False) == []
            assert done(bob, action, query="chess", upcoming_only=False) != []

    def test_places_and_times_of_events_hold(self, alice: Person, bob: Person, charlie: Person):
        event = invite(alice, meta_data={"max_participants": 1})
        done(bob, "join_event", event_id=str(event.id))
        assert_error(do(charlie, "join_event", event_id=str(event.id)), 422, "full")
        assert done(charlie, "join_event", event_id=str(event.id), wait=True)["waiting_place"] == 1
        assert_error(do(alice, "join_event", event_id=UNKNOWN), 404, "not_found")

    def test_contact_data_stays_hidden_and_roles_cannot_be_set(self, alice: Person, charlie: Person):
        alice.client.patch(
            "/api/me", {"contact_info": {"phone": "123-secret"}, "meta": {"x": 1}, "attributes": {"hobbies": ["chess"]}}
        )
        found = done(charlie, "search_users", query="chess")[0]
        assert "123-secret" not in str(found)
        assert "meta" not in found
        profile = done(alice, "update_profile", is_admin=True, is_mod=True, user_id=str(charlie.user_id))
        assert (profile["user_id"], profile["is_admin"], profile["is_mod"]) == (str(alice.user_id), False, False)

    def test_whoever_is_suspended_does_nothing(self, alice: Person, charlie: Person):
        Suspension.objects.create(user_id=alice.user_id)
        for action, data in (("create_string", {"content_text": "x"}), ("search_users", {"query": "x"})):
            assert_error(do(alice, action, **data), 403, "suspended")
        assert not String.objects.exists()


@pytest.mark.django_db
def test_a_repeated_confirmation_creates_once(alice: Person, bob: Person):
    def made(person: Person, action: str, **data: Any) -> Any:
        answers = [do(person, action, key="confirmed", **data) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [201, 201]
        assert answers[0].json() == answers[1].json()
        return answers[0].json()["data"]["id"]

    strings = {made(person, "create_string", content_text="x") for person in (alice, bob)}
    made(alice, "create_join", title="x")
    made(bob, "create_event", title="x", start_time=SOON)
    assert (String.objects.count(), Event.objects.count(), len(strings)) == (2, 2, 2)
    assert_error(do(alice, "create_string", key="k" * 201, content_text="x"), 422, field="Idempotency-Key")
    plain = alice.client.post("/api/strings", {"content_text": "x"}, headers={"Idempotency-Key": "confirmed"}).json()
    assert plain["data"]["id"] not in strings


@pytest.mark.django_db(transaction=True)
def test_confirmations_in_flight_at_once_create_once(alice: Person, charlie: Person, together: Together):
    def confirm(action: str, **data: Any) -> Any:
        speaker = Person(alice.user_id, alice.name, client_for(alice.user_id))
        return lambda: do(speaker, action, key="confirmed", **data).status_code

    created = together(*[confirm("create_string", content_text="x")] * 4, *[confirm("create_join", title="x")] * 4)
    asked = together(*[confirm("send_connection_request", receiver_id=str(charlie.user_id))] * 4)
    assert created == [201] * 8
    assert sorted(asked) == [201, 422, 422, 422]
    assert (String.objects.count(), Event.objects.count()) == (1, 1)
    assert UserConnection.objects.filter(requester_id=alice.user_id).count() == 1
