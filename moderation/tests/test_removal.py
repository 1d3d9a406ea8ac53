"""Removing and putting back: the same ids and counts, and what hung on it (docs/decisions/012-moderation.md)."""

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import AuthUser, UserProfile
from chat.models import Message, RoomLogEntry, RoomPosition
from events.models import Event, EventAttendance
from lifestring.errors import ConflictError, ValidationFailedError
from lifestring.testing.people import Person
from moderation import services
from moderation.models import Case, Report, Snapshot
from moderation.targets import target_of
from moderation.tasks import expire_snapshots, sweep_orphans
from moderation.tests.acts import case_about, remove, restore
from strings.models import String, StringComment
from strings.tests.posts import body_of, counts, get, post_comment, post_string

pytestmark = pytest.mark.django_db

ODD = '[1e400, {"deep": ' + "[" * 50 + "]" * 50 + "}]"


def everything(table: str, column: str, value: Any) -> list[str]:
    """All there is of some rows, as text."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT to_jsonb(t)::text FROM {table} t WHERE {column} = %s ORDER BY 1", [value])
        return [row[0] for row in cursor.fetchall()]


def rows_of_string(string: str) -> list[list[str]]:
    return [
        everything("public.strings", "id", string),
        everything("public.string_comments", "string_id", string),
        everything("public.string_likes", "string_id", string),
    ]


def thread(string: str, alice: Person, bob: Person) -> str:
    """A comment of alice's, bob's answer to it, hers to that; returns the first."""
    top = post_comment(alice, string, "top")
    reply = post_comment(bob, string, "reply", top)
    post_comment(alice, string, "again", reply)
    return top


def test_a_string_comes_back_as_it_was(alice: Person, bob: Person, mod: Person, settings: Any):
    string = post_string(alice, stringable_type="Event", stringable_id=str(uuid.uuid4()))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE public.strings SET content_images = %s::jsonb WHERE id = %s", [ODD, string])
    thread(string, alice, bob)
    bob.client.put(f"/api/strings/{string}/like")
    case, before = case_about(bob, "string", string), rows_of_string(string)

    remove(mod, case)
    assert rows_of_string(string) == [[], [], []]
    assert bob.client.get(f"/api/strings/{string}").status_code == 404
    assert target_of("string").context(uuid.UUID(string)) is None
    with pytest.raises(ConflictError, match="gone already"):
        remove(mod, case)

    restore(mod, case)
    assert rows_of_string(string) == before
    assert counts(string) == (1, 3)
    assert bob.client.get("/api/my/reports").json()["data"][0]["outcome"] == "no_action"
    with pytest.raises(ConflictError, match="nothing to put back"):
        restore(mod, case)
    assert Case.objects.get().version == 3


def test_a_comment_takes_its_thread_along_and_brings_it_back(alice: Person, bob: Person, mod: Person):
    string = post_string(bob)
    top = thread(string, alice, bob)
    post_comment(bob, string, "beside")
    before = rows_of_string(string)[1]
    context = target_of("comment").context(uuid.UUID(top))
    assert context is not None
    assert [line.text for line in context.around] == ["top", "reply", "again", "beside"]
    assert [line.is_subject for line in context.around] == [True, False, False, False]
    case = case_about(bob, "comment", top)

    remove(mod, case)
    assert counts(string) == (0, 1)
    restore(mod, case)
    assert counts(string) == (0, 4)
    assert rows_of_string(string)[1] == before


def test_what_a_thing_hung_on_must_be_there_again(alice: Person, bob: Person, mod: Person):
    string = post_string(bob)
    top = post_comment(bob, string, "top")
    reply = post_comment(alice, string, "reply", top)
    case = case_about(bob, "comment", reply)
    remove(mod, case)
    bob.client.delete(f"/api/strings/{string}/comments/{top}")
    with pytest.raises(ConflictError, match="The comment this one answered is gone"):
        restore(mod, case)
    bob.client.delete(f"/api/strings/{string}")
    with pytest.raises(ConflictError, match="The string this comment was on is gone"):
        restore(mod, case)
    assert (Snapshot.objects.count(), Case.objects.get(id=case.id).decision) == (1, "removed")


def test_an_erased_author_or_reader_does_not_come_back(alice: Person, bob: Person, charlie: Person, mod: Person):
    string = post_string(alice)
    top = thread(string, bob, charlie)
    for person in (bob, charlie):
        person.client.put(f"/api/strings/{string}/like")
    case = case_about(charlie, "string", string)
    comment_case = case_about(charlie, "comment", top)
    remove(mod, comment_case)
    remove(mod, case)

    assert bob.client.delete("/api/me").status_code == 204
    assert not Case.objects.filter(id=comment_case.id).exists()
    assert str(bob.user_id) not in Snapshot.objects.get().content
    restore(mod, case)
    assert counts(string) == (1, 0)

    remove(mod, case)
    assert alice.client.delete("/api/me").status_code == 204
    assert (Snapshot.objects.count(), Case.objects.count()) == (0, 0)


def test_an_event_comes_back_with_its_answers(alice: Person, bob: Person, charlie: Person, mod: Person):
    event = body_of(
        alice.client.post(
            "/api/events",
            {"title": "chess", "start_time": "2050-06-01T18:00:00Z", "meta_data": {"max_participants": 1}},
        ),
        201,
    )["data"]["id"]
    for person in (bob, charlie):
        person.client.put(f"/api/events/{event}/attendance", {"status": "going", "wait": True})
    before = everything("public.events", "id", event), everything("django.events_eventattendance", "event_id", event)
    case = case_about(bob, "event", event)

    remove(mod, case)
    assert (Event.objects.count(), EventAttendance.objects.count()) == (0, 0)
    restore(mod, case)
    after = everything("public.events", "id", event), everything("django.events_eventattendance", "event_id", event)
    assert after == before

    remove(mod, case)
    assert bob.client.delete("/api/me").status_code == 204
    restore(mod, case)
    assert get(charlie, f"/api/events/{event}/attendance")["data"]["status"] == "going", "there is a place now"


def log_of(person: Person, room: uuid.UUID) -> list[tuple[int, str]]:
    return [(entry["seq"], entry["type"]) for entry in get(person, f"/api/rooms/{room}/log")["data"]]


def talk(alice: Person, bob: Person) -> tuple[uuid.UUID, list[str]]:
    """A room of the two with a message of each; returns its id and theirs."""
    room = uuid.UUID(
        body_of(alice.client.post("/api/rooms", {"participant_ids": [str(bob.user_id)]}), 201)["data"]["id"]
    )
    said = [
        body_of(person.client.post(f"/api/rooms/{room}/messages", {"content": person.name}), 201)["data"]["id"]
        for person in (alice, bob)
    ]
    return room, said


def test_a_message_goes_and_comes_in_the_log(alice: Person, bob: Person, mod: Person):
    room, said = talk(alice, bob)
    before = everything("public.messages", "room_id", room)
    context = target_of("message").context(uuid.UUID(said[0]))
    assert context is not None
    assert [line.text for line in context.around] == ["Alice", "Bob"]
    case = case_about(bob, "message", said[0])
    remove(mod, case)
    restore(mod, case)

    assert everything("public.messages", "room_id", room) == before
    assert log_of(bob, room) == [
        (1, "message.created"),
        (2, "message.created"),
        (3, "message.deleted"),
        (4, "message.created"),
    ]
    assert RoomLogEntry.objects.filter(room_id=room, seq__gt=2, user_id=None).count() == 2, "who did it is not told"
    assert services.case_note(caller=mod.caller, case_id=case.id, text="so it goes")

    remove(mod, case)
    bob.client.delete(f"/api/rooms/{room}")
    with pytest.raises(ConflictError, match="The room this was said in is gone"):
        restore(mod, case)


def test_a_room_comes_back_with_its_log(alice: Person, bob: Person, mod: Person):
    room, said = talk(alice, bob)
    bob.client.put(f"/api/rooms/{room}/read", {"message_id": said[1]})
    tables = ("public.messages", "public.room_participants", "django.chat_roomlogentry", "django.chat_readmark")
    before = [everything(table, "room_id", room) for table in tables], everything("public.rooms", "id", room)
    case = case_about(bob, "room", room)
    with pytest.raises(ConflictError, match="nobody's in particular"):
        services.case_warn(caller=mod.caller, case_id=case.id, version=1, message="No.")

    remove(mod, case)
    assert bob.client.get(f"/api/rooms/{room}").status_code == 404
    assert not RoomPosition.objects.exists()
    restore(mod, case)
    after = [everything(table, "room_id", room) for table in tables], everything("public.rooms", "id", room)
    assert after == before
    assert body_of(alice.client.post(f"/api/rooms/{room}/messages", {"content": "on"}), 201)["data"]["seq"] == 3

    remove(mod, case)
    assert alice.client.delete("/api/me").status_code == 204
    assert str(alice.user_id) not in Snapshot.objects.get().content
    restore(mod, case)
    assert list(Message.objects.values_list("user_id", flat=True)) == [bob.user_id]
    assert log_of(bob, room)[0] == (1, "message.deleted")

    remove(mod, case)
    assert bob.client.delete("/api/me").status_code == 204
    assert not Snapshot.objects.exists(), "nobody is left for it to come back to"


def test_people_are_not_removed(alice: Person, bob: Person, mod: Person):
    case = case_about(bob, "user", alice.user_id)
    with pytest.raises(ConflictError, match="can be warned or suspended"):
        remove(mod, case)
    with pytest.raises(ValidationFailedError):
        services.case_remove(caller=mod.caller, case_id=case.id, version=1, why=" ")


def test_what_clashes_with_what_others_wrote_is_not_put_back(alice: Person, bob: Person, mod: Person):
    string = post_string(alice)
    comment = post_comment(bob, string)
    case = case_about(bob, "string", string)
    remove(mod, case)
    other = post_string(bob)
    StringComment.objects.create(id=comment, string_id=other, user_id=bob.user_id, content="taken")
    with pytest.raises(ConflictError, match="there already"):
        restore(mod, case)
    assert not String.objects.filter(id=string).exists()
    StringComment.objects.all().delete()
    restore(mod, case)
    assert counts(string) == (0, 1)


def test_accounts_deleted_past_us_are_forgotten(alice: Person, bob: Person, charlie: Person, mod: Person):
    case = case_about(charlie, "string", post_string(alice))
    other = case_about(charlie, "user", bob.user_id)
    remove(mod, case)
    sweep_orphans()
    assert Case.objects.count() == 2
    for person in (alice, charlie):
        UserProfile.objects.filter(user_id=person.user_id).delete()
        AuthUser.objects.filter(id=person.user_id).delete()
    sweep_orphans()
    assert (Snapshot.objects.count(), Case.objects.get().id) == (0, other.id)
    assert Report.objects.get().reporter_id is None


def test_what_is_too_large_to_be_kept_is_not_removed(alice: Person, bob: Person, mod: Person, monkeypatch: Any):
    string = post_string(alice)
    case = case_about(bob, "string", string)
    monkeypatch.setattr(
        "strings.services.targets._STRING",
        "DO $$ BEGIN RAISE EXCEPTION 'string buffer exceeds maximum' USING ERRCODE = '54000'; END $$",
    )
    with pytest.raises(ConflictError, match="could not be put back"):
        remove(mod, case)
    assert bob.client.get(f"/api/strings/{string}").status_code == 200
    assert Case.objects.get().status == "open"


def test_snapshots_expire(alice: Person, bob: Person, mod: Person, settings: Any):
    settings.SNAPSHOT_DAYS = 3
    case = case_about(bob, "string", post_string(alice))
    remove(mod, case)
    snapshot = Snapshot.objects.get()
    assert timedelta(days=2.9) < snapshot.expires_at - timezone.now() <= timedelta(days=3)
    exported = json.loads(alice.client.get("/api/me/export").content)["data"]["removed"]
    assert exported[0]["own_part"]["content_text"] == "a string"
    expire_snapshots()
    assert Snapshot.objects.exists()
    Snapshot.objects.update(expires_at=timezone.now())
    expire_snapshots()
    with pytest.raises(ConflictError, match="too long ago"):
        restore(mod, case)


def test_an_embedding_is_asked_for_anew(alice: Person, bob: Person, mod: Person, settings: Any, monkeypatch: Any):
    settings.EMBEDDINGS = True
    asked: list[Any] = []
    monkeypatch.setattr("strings.services.targets.enqueue_on_commit", lambda *args: asked.append(args))
    monkeypatch.setattr("strings.services.posts.enqueue_on_commit", lambda *args: None)
    string = post_string(alice)
    case = case_about(bob, "string", string)
    remove(mod, case)
    restore(mod, case)
    assert asked == [("ai.embed_string", string)]
    assert String.objects.count() == 1
