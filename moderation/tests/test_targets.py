"""Every kind of thing: how staff look at it, and what becomes of a case whose thing is gone (moderation/targets.py)."""

import uuid
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import AuthUser, UserProfile
from chat.models import Message, Room, RoomParticipant
from events.models import Event
from lifestring.errors import ConflictError, NotFoundError, ValidationFailedError
from lifestring.testing.people import Person, make_person
from lifestring.testing.rooms import make_room
from moderation import services
from moderation.models import Case, Reason, Snapshot, TargetType
from moderation.targets import target_of
from moderation.tests.acts import case_about, remove, report, restore
from moderation.tests.test_reports import things_of
from strings.models import String, StringComment

pytestmark = pytest.mark.django_db

MODELS: dict[str, Any] = {
    "string": String,
    "comment": StringComment,
    "message": Message,
    "room": Room,
    "event": Event,
}
SAYS = {"user": "", "string": "a string", "comment": "a comment", "message": "hello", "room": "Chess", "event": "chess"}


def test_each_has_a_context_until_it_is_gone(alice: Person, bob: Person, mod: Person):
    things = things_of(alice, bob)
    assert set(things) == set(TargetType.values) == set(SAYS)
    for kind, target_id in things.items():
        target, known = target_of(kind), uuid.UUID(str(target_id))
        context = target.context(known)
        assert context is not None
        assert (context.text, context.name) == (SAYS[kind], None if kind == "room" else "Alice")
        assert context.person_id == (None if kind == "room" else alice.user_id)
        assert target.context(uuid.uuid4()) is None
        assert target.find(uuid.uuid4()) is None
        assert not target.is_visible_to(uuid.uuid4(), bob.caller)
        assert report(bob, kind, target_id).status_code == 201
    # From what hangs on others to what they hang on.
    for kind in ("message", "room", "comment", "string", "event"):
        case = Case.objects.get(target_type=kind)
        MODELS[kind].objects.filter(id=case.target_id).delete()
        with pytest.raises(ConflictError, match="gone already"):
            remove(mod, case)
        assert services.case_dismiss(caller=mod.caller, case_id=case.id, version=1) == 2
        with pytest.raises(ConflictError, match="nothing to put back"):
            restore(mod, case)


def test_what_another_client_put_back_is_there_already(alice: Person, bob: Person, mod: Person):
    things = things_of(alice, bob)
    for kind in ("message", "comment", "string", "event"):
        case = case_about(bob, kind, things[kind])
        kept = MODELS[kind].objects.get(id=things[kind])
        remove(mod, case)
        kept.save(force_insert=True)
        with pytest.raises(ConflictError, match="there already"):
            restore(mod, case)
        assert list(Snapshot.objects.of_cases([case.id])) == list(Snapshot.objects.about(kind, things[kind]))
        remove(mod, case)
        restore(mod, case)
    case = case_about(bob, "room", things["room"])
    remove(mod, case)
    Room.objects.create(id=things["room"])
    with pytest.raises(ConflictError, match="there already"):
        restore(mod, case)


@pytest.mark.parametrize("kind", ["string", "comment", "message", "event"])
def test_nothing_comes_back_without_its_author(bob: Person, mod: Person, kind: str):
    """Their account was deleted in Supabase, past us, and no sweep has come by yet."""
    author = make_person("Gone")
    string = String.objects.create(user_id=author.user_id if kind == "string" else bob.user_id, content_text="x")
    reporter = make_person("Reporter")
    room = make_room(bob, reporter)
    made = {
        "string": lambda: string.id,
        "comment": lambda: StringComment.objects.create(string=string, user_id=author.user_id, content="x").id,
        "message": lambda: Message.objects.create(room_id=room, user_id=author.user_id, content="x").id,
        "event": lambda: Event.objects.create(user_id=author.user_id, title="x", start_time=timezone.now()).id,
    }[kind]()
    case = case_about(reporter, kind, made)
    remove(mod, case)
    UserProfile.objects.filter(user_id=author.user_id).delete()
    AuthUser.objects.filter(id=author.user_id).delete()
    with pytest.raises(ConflictError, match="gone, so this cannot be put back"):
        restore(mod, case)
    assert not MODELS[kind].objects.filter(id=made).exists()


def test_a_room_nobody_is_left_of_stays_away(bob: Person, mod: Person):
    leaver = make_person("Leaver")
    room = make_room(bob, leaver)
    case = case_about(bob, "room", room)
    RoomParticipant.objects.filter(user_id=bob.user_id).delete()
    remove(mod, case)
    UserProfile.objects.filter(user_id=leaver.user_id).delete()
    with pytest.raises(ConflictError, match="Nobody who was in this room is left"):
        restore(mod, case)


def test_a_thing_may_outlive_its_authors_profile(bob: Person, mod: Person):
    author = make_person("Gone")
    string = String.objects.create(user_id=author.user_id, content_text="x")
    UserProfile.objects.filter(user_id=author.user_id).delete()
    case = case_about(bob, "string", string.id)
    with pytest.raises(ConflictError, match="not there any more"):
        services.case_warn(caller=mod.caller, case_id=case.id, version=1, message="No.")
    remove(mod, case)
    restore(mod, case)
    assert String.objects.filter(id=string.id).exists()
    with pytest.raises(NotFoundError):
        services.content_flag(source="ai", target_type="user", target_id=author.user_id, reason=Reason.OTHER)


def test_refusals_say_what_is_missing(alice: Person, mod: Person):
    unknown = uuid.uuid4()
    with pytest.raises(NotFoundError):
        services.sanction_lift(caller=mod.caller, sanction_id=unknown, why="x")
    with pytest.raises(NotFoundError):
        services.appeal_decide(caller=mod.caller, appeal_id=unknown, grant=True, answer="x")
    with pytest.raises(ConflictError):
        services.person_warn(caller=mod.caller, user_id=unknown, message="x")
    for refused in (
        lambda: services.sanction_lift(caller=mod.caller, sanction_id=unknown, why=" "),
        lambda: services.appeal_decide(caller=mod.caller, appeal_id=unknown, grant=True, answer=""),
    ):
        with pytest.raises(ValidationFailedError):
            refused()
