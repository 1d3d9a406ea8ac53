"""The download of everything about oneself (docs/api.md, People)."""

import asyncio
import json
import re
import uuid
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.models import F
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import exporting
from accounts.models import Suspension
from accounts.tests.auth_client import AuthClient
from accounts.tests.everything import ODD_JSON, OTHERS, OWN, VECTOR, Everything, everything
from accounts.tests.test_erasure_walk import rows_with
from chat.export import _room_log
from chat.models import RoomLogEntry
from lifestring.rest_handler import RestHandler
from lifestring.testing import asgi
from lifestring.testing.asserts import assert_error
from lifestring.testing.documented import assert_documented
from lifestring.testing.fixtures import Together
from lifestring.testing.people import Person, client_for, make_token
from lifestring.testing.volume import many_strings
from strings.models import String

pytestmark = pytest.mark.django_db

EXPORT = "/api/me/export"
# Which list tells of a table's rows.
TELLS_OF = {
    "auth.users": "account",
    "public.user_profiles": "profile",
    "public.detailed_profiles": "detailed_profile",
    "public.user_enneagrams": "enneagrams",
    "public.user_connections": "connections",
    "public.user_recommendations": "recommendations",
    "public.user_embeddings": "profile_embedding",
    "public.strings": "strings",
    "public.string_likes": "likes",
    "public.string_comments": "comments",
    "public.string_embeddings": "string_embeddings",
    "django.ai_eventembedding": "event_embeddings",
    "public.room_participants": "rooms",
    "public.messages": "messages",
    "django.chat_roomlogentry": "room_log",
    "django.chat_readmark": "read_marks",
    "public.events": "events",
    "django.events_eventrevision": "events",
    "django.events_eventattendance": "attendance",
    "django.events_calendartoken": "calendar_feed",
    "django.ai_assistantanswer": "assistant_answers",
    "django.ai_usageentry": "ai_usage",
    "django.ai_messagecount": "ai_message_counts",
    "django.accounts_suspension": "suspension",
    "django.accounts_staffuser": "staff_account",
    "django.accounts_signedout": "signed_out",
    "django.accounts_staffsignin": "staff_sign_ins",
    "django.moderation_report": "reports",
    "django.moderation_sanction": "sanctions",
    "django.moderation_appeal": "sanctions",
    "django.moderation_snapshot": "removed",
}
UNTOLD = {
    "auth.sessions": "Supabase Auth's own, which the product does not read",
    "auth.refresh_tokens": "secrets",
    "auth.identities": "Supabase Auth's own, which the product does not read",
    "public.rooms": "told of by room_participants",
    "django.ai_assistantturn": "there for the seconds that an answer takes",
    "django.moderation_case": "what others said, in confidence, and what staff did about it",
    "django.moderation_casenote": "as above",
    "django.moderation_auditentry": "as above",
}


def exported(person: Person) -> Any:
    answer = person.client.get(EXPORT)
    assert answer.status_code == 200, answer.content
    return answer.json()


@pytest.fixture
def world(auth: AuthClient) -> Everything:
    return everything(auth)


def test_it_is_a_download_of_json_that_no_cache_keeps(alice: Person):
    answer = alice.client.get(EXPORT)
    assert answer.was_streamed
    assert answer["Content-Type"] == "application/json"
    assert re.fullmatch(
        r'attachment; filename="lifestring-export-\d{4}-\d\d-\d\d\.json"', answer["Content-Disposition"]
    )
    assert answer["Cache-Control"] == "no-store"
    assert not answer.has_header("ETag"), "nobody can tell the tag of a stream before its end"
    assert_documented(answer)
    meta = answer.json()["meta"]
    assert (meta["user_id"], meta["complete"]) == (str(alice.user_id), True)


def test_every_table_about_a_person_is_told_of(world: Everything):
    data = exported(world.alice)["data"]
    assert rows_with([str(world.alice.user_id), OWN, world.event]).keys() == TELLS_OF.keys() | UNTOLD.keys()
    assert data.keys() == set(TELLS_OF.values())
    assert [name for name, rows in data.items() if not rows] == []
    assert_documented(world.alice.client.get(EXPORT))


def test_what_one_wrote_and_was_told_is_in_it(world: Everything):
    data = exported(world.alice)["data"]
    ids = (str(world.alice.user_id), str(world.bob.user_id))
    assert data["account"][0]["user_metadata"]["name"] == OWN
    assert data["profile"][0]["meta"] == {"note": OWN}
    assert data["profile"][0]["contact_info"]["email"] == data["account"][0]["email"]
    assert data["detailed_profile"][0]["photos"] == [OWN]
    assert [row["type_number"] for row in data["enneagrams"]] == [4, 7]
    assert {row["content_text"] for row in data["strings"]} == {OWN}
    assert {row["content"] for row in data["comments"] + data["messages"]} == {OWN, f"{OWN}, again"}
    assert len(data["likes"]) == 2
    assert [(event["title"], event["times_changed"]) for event in data["events"]] == [(OWN, 1)]
    assert [answer["status"] for answer in data["attendance"]] == ["going", "going"]
    assert world.event in {answer["event_id"] for answer in data["attendance"]}
    assert data["profile_embedding"][0]["embedding"] == VECTOR == data["string_embeddings"][0]["embedding"]
    (recommendation,) = data["recommendations"]
    assert (recommendation["recommended_user_id"], recommendation["similarity_score"]) == (ids[1], 0.5)
    assert {tuple(row["participant_ids"]) for row in data["rooms"]} == {(ids[0],), tuple(sorted(ids))}
    assert Counter((row["kind"], row["user_id"]) for row in data["room_log"]) == {
        ("message.created", ids[0]): 3,
        ("message.updated", ids[0]): 1,
        ("room.updated", ids[0]): 1,
        ("participant.added", ids[1]): 1,
    }
    assert [mark["room_id"] for mark in data["read_marks"]] == [world.room]
    assert {entry["room_id"] for entry in data["ai_usage"]} == {world.own_room, world.room}
    assert {count["span"] for count in data["ai_message_counts"]} == {"day", "hour"}
    assert sum(count["count"] for count in data["ai_message_counts"]) == 4
    assert data["suspension"][0]["reason"] == OWN
    assert data["staff_account"][0]["is_staff"] is True


def test_of_others_only_ids_are_in_it_and_of_whoever_blocks_nothing(world: Everything):
    answer = world.alice.client.get(EXPORT)
    data = answer.json()["data"]
    # A room's name belongs to the room.
    assert {place for place, rows in data.items() if OTHERS in json.dumps(rows)} == {"rooms"}
    assert str(world.blocker.user_id) not in answer.content.decode()
    assert str(world.blocker.profile.id) not in answer.content.decode()
    me = str(world.alice.user_id)
    kinds = sorted((row["status"], row["requester_id"] == me) for row in data["connections"])
    assert kinds == [("accepted", False), ("accepted", True), ("blocked", True), ("blocked", True)]
    assert [secret for secret in ("password", *world.secrets) if secret in answer.content.decode()] == []
    assert [list(feed) for feed in data["calendar_feed"]] == [["user_id", "created_at"]], "nor the hash of its token"


def test_odd_json_passes_through_as_it_is_written(world: Everything):
    content = world.alice.client.get(EXPORT).content.decode()
    deep = ODD_JSON.partition('"deep": ')[2].rstrip("}")
    assert deep in content
    assert f'"number": 1{"0" * 999}' in content


def test_whatever_other_clients_wrote_breaks_nothing(alice: Person):
    String.objects.create(
        user_id=alice.user_id, content_text='"\\ \x01 ü 🦊 </script>', content_images={"no": ["list"]}
    )
    with connection.cursor() as cursor:
        cursor.execute("UPDATE strings SET created_at = 'infinity', updated_at = '-infinity' WHERE user_id = %s",
                       [alice.user_id])  # fmt: skip
        cursor.execute("UPDATE user_profiles SET contact_info = '[1e400]', meta = 'null', created_at = NULL "
                       "WHERE user_id = %s", [alice.user_id])  # fmt: skip
    data = exported(alice)["data"]
    assert data["strings"][0]["content_text"] == '"\\ \x01 ü 🦊 </script>'
    assert data["strings"][0]["created_at"].startswith("9999-12-31")
    assert data["profile"][0]["created_at"] is None


def test_a_suspended_person_may_have_it_and_one_who_is_unknown_may_not(alice: Person, anonymous: APIClient):
    Suspension.objects.create(user_id=alice.user_id)
    assert len(exported(alice)["data"]["suspension"]) == 1
    assert_error(anonymous.get(EXPORT), 401, "not_authenticated")
    assert_error(alice.client.post(EXPORT), 403, "suspended")


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 7])
def test_every_row_is_in_it_once_however_many_batches(alice: Person, bob: Person, monkeypatch: Any, count: int):
    monkeypatch.setattr(exporting, "CHUNK_BYTES", 200)
    many_strings(alice.user_id, count)
    many_strings(bob.user_id, 5)
    own = exporting.table(_strings, "id", batch=2)
    monkeypatch.setitem(exporting._parts, "strings", exporting.Part("strings", "", own))
    rows = exported(alice)["data"]["strings"]
    assert [row["id"] for row in rows] == [
        str(found) for found in String.objects.filter(user_id=alice.user_id).order_by("id").values_list("id", flat=True)
    ]


def test_rows_whose_key_has_two_columns_are_in_it_once_as_well(alice: Person, bob: Person, monkeypatch: Any):
    rooms = sorted(uuid.uuid4() for _ in range(3))
    places = [(room, seq) for room in rooms for seq in (1, 2, 10)]
    by = {**dict.fromkeys(places, alice), **{(room, 5): bob for room in rooms}}
    RoomLogEntry.objects.bulk_create(
        RoomLogEntry(room_id=room, seq=seq, kind="room.updated", user_id=person.user_id, at=timezone.now())
        for (room, seq), person in by.items()
    )
    own = exporting.table(_room_log, "room_id", "seq", keys=2, batch=2)
    monkeypatch.setitem(exporting._parts, "room_log", exporting.Part("room_log", "", own))
    rows = exported(alice)["data"]["room_log"]
    assert [(row["room_id"], row["seq"]) for row in rows] == [(str(room), seq) for room, seq in places]


def _strings(user_id: uuid.UUID, last: uuid.UUID | None) -> Any:
    return exporting.after(String.objects.filter(user_id=user_id), "id", last)


def test_a_failure_before_the_first_piece_is_told_by_the_status(alice: Person, monkeypatch: Any):
    def away(_: uuid.UUID) -> Iterator[Any]:
        raise OperationalError("gone")
        yield

    monkeypatch.setitem(exporting._parts, "events", exporting.Part("events", "", away))
    assert_error(alice.client.get(EXPORT), 503, "unavailable")


def _piece_by_piece(person: Person, **leaving: Any) -> tuple[list[Any], BaseException | None]:
    """Serve the export over ASGI; returns the messages and what broke it."""
    messages: list[Any] = []
    application = RestHandler(threads=1, max_body_bytes=1_000)

    async def go() -> BaseException | None:
        left = asyncio.Event()
        first = [*asgi.parts()]

        async def receive() -> dict[str, Any]:
            if first:
                return first.pop()
            await left.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            messages.append(message)
            if leaving.get("after") == len(messages):
                left.set()

        sent = asgi.scope("GET", EXPORT, headers=[("Authorization", f"Bearer {make_token(person.user_id)}")])
        try:
            await asyncio.wait_for(application(sent, receive, send), 60)  # type: ignore[arg-type]
        except OperationalError as error:
            return error
        return None

    try:
        return messages, asyncio.run(go())
    finally:
        application.workers.shutdown()
        application.streams.shutdown()


@pytest.mark.django_db(transaction=True)
class TestOverTheWire:
    def test_a_failure_half_way_leaves_something_that_is_no_json(self, alice: Person, monkeypatch: Any):
        def breaking(_: uuid.UUID) -> Iterator[Any]:
            yield {"content": "x" * exporting.CHUNK_BYTES}
            raise OperationalError("gone")

        monkeypatch.setitem(exporting._parts, "events", exporting.Part("events", "", breaking))
        messages, error = _piece_by_piece(alice)
        assert messages[0]["status"] == 200
        assert isinstance(error, OperationalError), "the server then breaks the connection off"
        assert all(message["more_body"] for message in messages[1:])
        received = b"".join(message["body"] for message in messages[1:])
        with pytest.raises(ValueError, match=r"Expecting|delimiter"):
            json.loads(received)
        assert b"complete" not in received

    def test_it_stops_when_the_reader_leaves(self, alice: Person, monkeypatch: Any):
        read = []

        def endless(_: uuid.UUID) -> Iterator[Any]:
            while True:
                read.append(1)
                yield {"content": "x" * exporting.CHUNK_BYTES}

        monkeypatch.setitem(exporting._parts, "events", exporting.Part("events", "", endless))
        messages, _ = _piece_by_piece(alice, after=5)
        assert len(read) < 500
        assert messages[-1]["more_body"] is False or len(messages) >= 5

    def test_it_holds_no_connection_while_the_reader_takes_its_time(self, alice: Person, monkeypatch: Any):
        seen = []

        def watching(_: uuid.UUID) -> Iterator[Any]:
            for _ in range(3):
                seen.append((connection.connection is None, connection.in_atomic_block))
                yield {"content": "x" * exporting.CHUNK_BYTES}

        monkeypatch.setitem(exporting._parts, "events", exporting.Part("events", "", watching))
        messages, error = _piece_by_piece(alice)
        assert error is None
        assert seen == [(True, False)] * 3
        assert json.loads(b"".join(message["body"] for message in messages[1:]))["meta"]["complete"] is True

    def test_two_at_once_are_two_whole_ones_while_the_rows_change(self, alice: Person, together: Together):
        many_strings(alice.user_id, 3_000)
        kept = {str(found) for found in String.objects.values_list("id", flat=True)}

        def download() -> list[str]:
            answer = client_for(alice.user_id).get(EXPORT)
            return [row["id"] for row in answer.json()["data"]["strings"]]

        def write() -> list[str]:
            for _ in range(30):
                client_for(alice.user_id).post("/api/strings", {"content_text": "meanwhile"})
            String.objects.filter(content_text="text 1").update(likes_count=F("likes_count") + 1)
            return []

        one, other, _ = together(download, download, write)
        for found in (one, other):
            assert len(found) == len(set(found)), "a row that changes meanwhile is there once"
            assert kept <= set(found)
