"""Inviting, reading, changing and deleting events (docs/api.md, Events)."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from events.models import Event
from events.tests.invitations import START, UNKNOWN, body_of, event_row, get, going, hours, invite
from lifestring.testing.asserts import assert_error
from lifestring.testing.documented import assert_documented
from lifestring.testing.fixtures import Together
from lifestring.testing.people import Person, block

pytestmark = pytest.mark.django_db

FIELDS = {
    *("id", "user_id", "title", "description", "start_time", "end_time", "location"),
    *("meta_data", "custom_fields", "created_at", "links"),
}
DEEP = json.loads('{"a":' * 11 + "1" + "}" * 11)


def titles(person: Person, url: str = "/api/events", **query: Any) -> list[str]:
    return [event["title"] for event in get(person, url, **query)["data"]]


def test_an_event_comes_out_as_it_went_in(alice: Person, bob: Person):
    body = {
        "title": "Chess in the park",
        "description": "Boards are there.\nBring a hat.",
        "start_time": "2050-11-29T14:00:00+01:00",
        "end_time": "2050-11-29T13:00:00Z",
        "location": "Jardim da Estrela",
        "meta_data": {
            "max_participants": 12,
            "time_zone": "Europe/Lisbon",
            "current_participants": 99,
            "own": [1, None],
        },
        "custom_fields": {"dress": "warm"},
        "user_id": str(bob.user_id),
        "unknown": 1,
    }
    answer = alice.client.post("/api/events", body)

    assert_documented(answer)
    made = body_of(answer, 201)["data"]
    assert set(made) == FIELDS
    assert made["user_id"] == str(alice.user_id)
    assert made["start_time"] == "2050-11-29T13:00:00.000000Z" == made["end_time"]
    assert made["meta_data"] == {**body["meta_data"], "current_participants": 0}
    assert made["links"]["self"].endswith(f"/api/events/{made['id']}")
    assert {name: made[name] for name in ("title", "description", "location", "custom_fields")} == {
        name: body[name] for name in ("title", "description", "location", "custom_fields")
    }
    assert get(bob, f"/api/events/{made['id']}")["data"] == made
    assert get(bob, f"/api/events/{made['id']}/", include="user,who")["data"]["user"]["name"] == "Alice"


def test_little_is_needed(alice: Person):
    event = get(alice, f"/api/events/{invite(alice)}")["data"]

    assert (event["end_time"], event["location"], event["description"], event["custom_fields"]) == (
        None,
        None,
        None,
        {},
    )
    assert event["meta_data"] == {"current_participants": 0}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": ""}, "title"), ({"title": "x" * 256}, "title"), ({"title": None}, "title"), ({"title": ["x"]}, "title"),
        ({"title": "nul \0"}, "title"), ({"title": "\ud800"}, "title"),
        ({"start_time": None}, "start_time"), ({"start_time": "soon"}, "start_time"), ({"start_time": 5}, "start_time"),
        ({"start_time": "0001-01-01T00:00:00+23:00"}, "start_time"), ({"start_time": []}, "start_time"),
        ({"end_time": hours(-0.001)}, "end_time"), ({"end_time": "9999-12-31T23:59:59-23:00"}, "end_time"),
        ({"location": "x" * 256}, "location"), ({"description": "x" * 20_001}, "description"), ({"description": {}}, "description"),
        ({"meta_data": []}, "meta_data"), ({"meta_data": None}, "meta_data"), ({"meta_data": DEEP}, "meta_data"),
        ({"custom_fields": "x"}, "custom_fields"), ({"custom_fields": {"a": "x" * 65_536}}, "custom_fields"),
        *(({"meta_data": {"max_participants": bad}}, "meta_data.max_participants")
          for bad in (0, -1, 1.5, 2.0, "12", True, [], {}, 10**9, 10**30)),
        *(({"meta_data": {"time_zone": bad}}, "meta_data.time_zone") for bad in ("Mars/Base", "", "europe/lisbon", 1, "../etc", [])),
        *(({"meta_data": {"recurrence": bad}}, "meta_data.recurrence")
          for bad in ("weekly", "", 7, {}, "FREQ=SECONDLY", "FREQ=WEEKLY;BYDAY=XX", "FREQ=WEEKLY;COUNT=0", "FREQ=DAILY;FREQ=DAILY",
                      "FREQ=WEEKLY;UNTIL=20261231", "FREQ=WEEKLY;COUNT=2;UNTIL=20261231T000000Z", "FREQ=MONTHLY;BYMONTHDAY=32",
                      "COUNT=3", "FREQ=WEEKLY;BYSETPOS=1", "FREQ=WEEKLY;UNTIL=20261331T000000Z", "FREQ=WEEKLY;BYDAY=2MO",
                      "FREQ=WEEKLY\nATTACH:x", "FREQ=YEARLY;BYWEEKNO=" + "1," * 300 + "1")),
    ],
)  # fmt: skip
def test_what_breaks_a_rule_is_named_and_nothing_is_stored(alice: Person, changes: dict[str, Any], field: str):
    body = {"title": "chess", "start_time": START.isoformat(), **changes}
    sent = json.dumps(body)
    assert_error(alice.client.generic("POST", "/api/events", sent, "application/json"), 422, field=field)
    assert not Event.objects.exists()

    event = invite(alice, end_time=hours(1))
    before = Event.objects.values().get()
    for method in ("PUT", "PATCH"):
        answer = alice.client.generic(method, f"/api/events/{event}", json.dumps(changes), "application/json")
        assert_error(answer, 422, field=field)
    assert Event.objects.values().get() == before


def test_rules_and_zones_that_exist_are_taken(alice: Person):
    for rule in ("FREQ=WEEKLY", "RRULE:FREQ=MONTHLY;BYDAY=-1FR,2MO", "freq=daily;until=20301231T235959Z;interval=2",
                 "FREQ=YEARLY;BYMONTH=1,12;BYMONTHDAY=-1;WKST=SU", "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1;COUNT=99999"):  # fmt: skip
        event = invite(alice, meta_data={"recurrence": rule, "time_zone": "America/Argentina/Buenos_Aires"})
        assert get(alice, f"/api/events/{event}")["data"]["meta_data"]["recurrence"] == rule
    invite(alice, meta_data={"recurrence": None, "time_zone": None, "max_participants": None})


def test_one_end_alone_cannot_pass_the_other(alice: Person):
    event = invite(alice, end_time=hours(2))
    url = f"/api/events/{event}"

    assert_error(alice.client.patch(url, {"start_time": hours(3)}), 422, "validation_failed", field="end_time")
    assert_error(alice.client.put(url, {"end_time": hours(-1)}), 422, "validation_failed", field="end_time")
    assert (
        body_of(alice.client.patch(url, {"start_time": hours(2)}))["data"]["start_time"]
        == "2050-06-01T20:00:00.000000Z"
    )
    assert body_of(alice.client.patch(url, {"end_time": None, "start_time": hours(9)}))["data"]["end_time"] is None
    backwards = event_row(alice, end_time=START - timedelta(days=1))
    assert body_of(alice.client.patch(f"/api/events/{backwards}", {"title": "as it is"}))["data"]["title"] == "as it is"


def test_put_replaces_objects_and_patch_merges_into_them(alice: Person, bob: Person):
    event = invite(alice, places=5, meta_data={"is_join": True, "deep": {"a": 1, "b": 2}}, custom_fields={"x": 1})
    url = f"/api/events/{event}"
    going(bob, event)

    patched = body_of(alice.client.patch(url, {"meta_data": {"deep": {"a": None, "c": 3}, "current_participants": 7}}))[
        "data"
    ]
    assert patched["meta_data"] == {
        "is_join": True,
        "deep": {"b": 2, "c": 3},
        "max_participants": 5,
        "current_participants": 1,
    }
    assert patched["custom_fields"] == {"x": 1}
    replaced = body_of(
        alice.client.put(url, {"meta_data": {"mine": 1, "current_participants": 7}, "custom_fields": {}})
    )["data"]
    assert replaced["meta_data"] == {"mine": 1, "current_participants": 1}
    assert (replaced["custom_fields"], replaced["title"]) == ({}, "chess")
    assert body_of(alice.client.patch(url, {}))["data"] == replaced
    body_of(alice.client.patch(url, {"custom_fields": {"big": "x" * 40_000}}))
    assert_error(alice.client.patch(url, {"custom_fields": {"more": "x" * 40_000}}), 422, field="custom_fields")


@pytest.mark.parametrize("odd", ["[1, 2]", "null", '"text"', "7", '{"max_participants": {"a": []}, "time_zone": 5}',
                                 '{"n": 1e999, "max_participants": -3, "tags": "x", "recurrence": "no"}'])  # fmt: skip
def test_whatever_another_client_left_in_the_columns_reads_and_changes(alice: Person, bob: Person, odd: str):
    event = event_row(alice)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE events SET meta_data = %s::jsonb, custom_fields = %s::jsonb",
            [odd.replace("1e999", "1e400"), odd.replace("1e999", "1")],
        )

    for url in ("/api/events", f"/api/events/{event}", "/api/my/events", "/api/my/recent-events", "/api/joins",
                f"/api/events/{event}.ics", "/api/my/events.ics", f"/api/events/{event}/attendance"):  # fmt: skip
        assert alice.client.get(url).status_code == 200, url
    assert going(bob, event)["max_participants"] is None
    assert body_of(bob.client.get(f"/api/events/{event}/attendees"))["meta"]["total"] == 1
    merged = body_of(alice.client.patch(f"/api/events/{event}", {"meta_data": {"mine": 1}}))["data"]["meta_data"]
    assert merged["mine"] == merged["current_participants"] == 1


def test_organiser_and_admin_change_and_delete_and_nobody_else(alice: Person, bob: Person, mod: Person, admin: Person):
    event = invite(alice)
    url = f"/api/events/{event}"
    for other in (bob, mod):
        for answer in (other.client.put(url, {"title": "x"}), other.client.patch(url, {}), other.client.delete(url)):
            assert_error(answer, 403, "forbidden")
    assert body_of(admin.client.patch(url, {"title": "by admin"}))["data"]["user_id"] == str(alice.user_id)
    assert body_of(alice.client.put(url, {"title": "by alice"}))["data"]["title"] == "by alice"
    answer = admin.client.delete(url)
    assert_documented(answer)
    assert (answer.status_code, answer.content) == (204, b"")
    for method in ("get", "put", "patch", "delete"):
        assert_error(getattr(alice.client, method)(url, {}), 404, "not_found")
    assert_error(alice.client.get("/api/events/nothing"), 404, "not_found")


def test_lists_are_narrowed_and_sorted(alice: Person, bob: Person):
    made = datetime(2026, 1, 1, tzinfo=UTC)
    rows = [(alice, "Chess night", "Lisbon, Estrela"), (bob, "Bird walk", "Porto"), (alice, "Chess lesson", "porto")]
    for number, (person, title, place) in enumerate([*rows, (bob, "Opera", None)]):
        times = {"start_time": START + timedelta(days=number % 3, hours=number), "created_at": made + timedelta(number)}
        event_row(person, title=title, location=place, **times)
    event_row(bob, title="Long ago", start_time=datetime(2001, 1, 1, tzinfo=UTC))
    by_time = ["Long ago", "Chess night", "Opera", "Bird walk", "Chess lesson"]

    assert titles(alice) == by_time
    assert titles(alice, sort_dir="desc") == by_time[::-1]
    assert titles(alice, sort_by="title") == sorted(by_time)
    assert titles(alice, sort_by="created_at") == ["Chess night", "Bird walk", "Chess lesson", "Opera", "Long ago"]
    assert titles(alice, sort_by="user_id") == by_time
    assert titles(alice, user_id=bob.user_id) == ["Long ago", "Opera", "Bird walk"]
    assert titles(alice, upcoming_only="1") == by_time[1:]
    assert titles(alice, location="PORTO") == ["Bird walk", "Chess lesson"]
    assert titles(alice, location="%") == []
    assert titles(alice, search="ches les") == ["Chess lesson"]
    assert titles(alice, start_from=START.isoformat(), start_to=hours(24)) == ["Chess night", "Opera"]
    assert titles(alice, start_to="2001-01-01") == ["Long ago"]
    assert titles(alice, "/api/my/events") == ["Chess night", "Chess lesson"]
    assert titles(bob, "/api/my/events", sort_dir="desc") == ["Bird walk", "Opera", "Long ago"]
    first = get(alice, "/api/events", cursor="", per_page=3)
    rest = get(alice, "/api/events", cursor=first["meta"]["next_cursor"], per_page=3)
    assert [event["title"] for event in first["data"] + rest["data"]] == by_time
    for name, value in (
        ("start_from", "soon"),
        ("start_to", "2026-13-01"),
        ("user_id", "alice"),
        ("location", "x" * 256),
    ):
        assert_error(alice.client.get("/api/events", {name: value}), 422, field=name)


def test_times_no_calendar_has_do_not_break_a_list(alice: Person):
    event_row(alice, title="early")
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO events (user_id, title, start_time, end_time) VALUES (%s, 'endless', 'infinity', 'infinity'),"
                       " (%s, 'typo', '20260-01-01', '20260-01-01')", [alice.user_id] * 2)  # fmt: skip

    assert sorted(titles(alice)) == ["early", "endless", "typo"]
    assert alice.client.get("/api/my/events.ics").status_code == 200
    assert titles(alice, upcoming_only="true", start_from="9999-12-31T23:59:59Z") == ["typo", "endless"]


def test_across_a_block_lists_hide_and_single_events_stay(alice: Person, charlie: Person):
    mine, theirs = invite(alice, title="alice's"), invite(charlie, title="charlie's")
    block(alice, charlie)

    assert titles(alice) == ["alice's"]
    assert titles(charlie) == ["charlie's"]
    assert get(charlie, f"/api/events/{mine}")["data"]["title"] == "alice's"
    assert get(alice, f"/api/events/{theirs}")["data"]["title"] == "charlie's"


def test_the_newest_of_one_s_own_come_flat(alice: Person, bob: Person):
    for title in ("first", "second", "third"):
        invite(alice, title=title)
    invite(bob)

    found = get(alice, "/api/my/recent-events", limit=2)

    assert [event["title"] for event in found.pop("events")] == ["third", "second"]
    assert found == {"total": 3, "page": 1, "per_page": 2}
    assert_error(alice.client.get("/api/my/recent-events?limit=0"), 422, field="limit")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("url", ["/api/events", "/api/joins"])
def test_one_key_makes_one_event_also_when_both_requests_are_under_way(alice: Person, together: Together, url: str):
    def post() -> Any:
        body = {"title": "once", "start_time": START.isoformat()}
        return alice.client.post(url, body, HTTP_IDEMPOTENCY_KEY="k").json()

    found = together(*[post] * 6)

    assert Event.objects.count() == 1
    assert all(answer == found[0] for answer in found)


def test_a_deleted_event_and_a_malformed_id_are_not_found_at_any_address(alice: Person):
    event = invite(alice)
    alice.client.delete(f"/api/events/{event}")
    for path in ("", ".ics", "/attendance", "/attendees"):
        for known in (event, "nothing", UNKNOWN.replace("-", "")):
            assert_error(alice.client.get(f"/api/events/{known}{path}"), 404, "not_found")
