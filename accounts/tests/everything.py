"""A person with something in every table, made through the product's own doors as far as they reach.

What she writes holds `OWN`, what others write holds `OTHERS`; what is told of the blocker is their id alone.
"""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import SignedOut, StaffUser, Suspension, UserProfile, UserRecommendation
from accounts.services.second_factors import recovery_codes_renew, second_factor_offer
from accounts.tests.auth_client import PASSWORD, AuthClient
from ai.models import AssistantAnswer, AssistantTurn, EventEmbedding, StringEmbedding, UserEmbedding
from ai.services import usage_reserve
from chat.models import Message
from lifestring.schema_setup import SQL_FOLDER
from lifestring.testing.people import Person, ReadingClient, block, connect, make_person
from moderation import services as moderation
from moderation.models import Case

OWN, OTHERS = "only-alice-wrote-this", "somebody-else-wrote-this"
EMAIL = "alice.everywhere@lifestring.example"
VECTOR = [0.5] * 1536
# As other clients may write it: what JSON says and few programs read.
ODD_JSON = '{"number": 1e999, "deep": ' + "[" * 600 + "]" * 600 + "}"


@dataclass(frozen=True)
class Everything:
    """Alice, who is in everything, and the people around her; `token` is her session's, `feed_token` her calendar's."""

    alice: Person
    token: str
    refresh_token: str
    bob: Person
    blocker: Person
    profile_id: uuid.UUID
    string: str
    comment: str
    own_room: str
    room: str
    event: str
    feed_token: str

    @property
    def needles(self) -> list[str]:
        """What nothing may hold once she is gone."""
        found = [str(self.alice.user_id), str(self.profile_id), OWN, EMAIL, *self.secrets]
        return [*found, self.alice.user_id.hex, self.profile_id.hex, self.event, self.own_room]

    @property
    def secrets(self) -> list[str]:
        """What would open something of hers."""
        return [self.token, self.refresh_token, self.feed_token]


def _send(person: Person, method: str, path: str, body: Any = None) -> Any:
    answer = getattr(person.client, method)(path, body)
    assert answer.status_code < 300, (method, path, answer.content)
    return answer.json() if answer.content else None


def _signed_up(auth: AuthClient) -> tuple[Person, dict[str, Any]]:
    """Alice, by way of Supabase Auth's protocol: an account, its identity, a session and its refresh token."""
    session = auth.sign_up(EMAIL, data={"name": OWN})
    with connection.cursor() as cursor:
        # The real one keeps the ways somebody signs in; local mode knows only passwords.
        cursor.execute(
            "INSERT INTO auth.identities (provider_id, provider, user_id, identity_data) SELECT id, 'email', id, "
            "jsonb_build_object('sub', id, 'email', email) FROM auth.users WHERE id = %s",
            [session["user"]["id"]],
        )
    client: APIClient = ReadingClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {session['access_token']}")
    return Person(uuid.UUID(session["user"]["id"]), "Alice", client), session


def _becomes_staff(alice: Person) -> None:
    """Enters the admin as a moderator, and is none any more."""
    UserProfile.objects.filter(user_id=alice.user_id).update(is_mod=True)
    answer = Client(HTTP_USER_AGENT=OWN).post("/admin/login/?next=/admin/", {"username": EMAIL, "password": PASSWORD})
    assert answer.status_code == 302, answer.content
    staff = StaffUser.objects.get(supabase_user_id=alice.user_id)
    second_factor_offer(user=staff)
    recovery_codes_renew(user=staff)
    UserProfile.objects.filter(user_id=alice.user_id).update(is_mod=False)


def _talks(alice: Person, bob: Person) -> tuple[str, str]:
    """A room of her own, and one of bob's that he brought her into, where both speak; returns their ids."""
    own = _send(alice, "post", "/api/rooms", {"name": OWN, "metadata": {"note": OWN}})["data"]["id"]
    _send(alice, "post", f"/api/rooms/{own}/messages", {"content": OWN})
    shared = _send(bob, "post", "/api/rooms", {"name": OTHERS})["data"]["id"]
    room = f"/api/rooms/{shared}"
    _send(bob, "post", f"{room}/participants", {"user_id": str(alice.user_id)})
    _send(alice, "patch", room, {"metadata": {"note": OTHERS}})
    for person, text in ((alice, OWN), (bob, OTHERS), (alice, OWN)):
        said = _send(person, "post", f"{room}/messages", {"content": text})["data"]["id"]
        for reader in (alice, bob):
            _send(reader, "put", f"{room}/read", {"message_id": said})
    _send(alice, "put", f"{room}/messages/{said}", {"content": f"{OWN}, again"})
    return own, shared


def _is_answered(alice: Person, own_room: uuid.UUID, room: uuid.UUID) -> None:
    """The assistant has answered her in bob's room, and is about to in her own."""
    assistant = make_person(OTHERS)
    said = Message.objects.create(room_id=room, user_id=assistant.user_id, content=f"You said: {OWN}")
    about = {"user_id": alice.user_id, "question_id": uuid.uuid4()}
    action = {"action_type": "create_string", "action_data": {"content_text": OWN}, "label": OWN}
    AssistantAnswer.objects.create(message_id=said.id, room_id=room, model="any", actions=[action], **about)
    AssistantTurn.objects.create(room_id=own_room, answer_id=uuid.uuid4(), **about)


def _writes(alice: Person, bob: Person) -> tuple[str, str]:
    """Strings, comments and likes of both, on the strings of both; returns alice's string and her comment on bob's."""
    own = _send(alice, "post", "/api/strings", {"content_text": OWN, "content_images": [f"https://x.example/{OWN}"]})
    others = _send(bob, "post", "/api/strings", {"content_text": OTHERS})
    comment = ""
    for string in (own["data"]["id"], others["data"]["id"]):
        for person, text in ((bob, OTHERS), (alice, OWN)):
            _send(person, "put", f"/api/strings/{string}/like")
            made = _send(person, "post", f"/api/strings/{string}/comments", {"content": text})
            comment = made["data"]["id"]
    _send(
        bob, "post", f"/api/strings/{others['data']['id']}/comments", {"content": OTHERS, "parent_comment_id": comment}
    )
    StringEmbedding.objects.create(string_id=own["data"]["id"], embedding=VECTOR, content_hash=OWN)
    return own["data"]["id"], comment


def _meets(alice: Person, bob: Person) -> tuple[str, str]:
    """Events of both that both go to; returns alice's, and the token of her calendar."""
    made = []
    for person, text in ((alice, OWN), (bob, OTHERS)):
        event = {"title": text, "start_time": "2050-06-01T18:00:00Z", "meta_data": {"note": text}}
        made.append(_send(person, "post", "/api/events", event)["data"]["id"])
        _send(person, "patch", f"/api/events/{made[-1]}", {"location": text})
    EventEmbedding.objects.create(event_id=made[0], embedding=VECTOR, content_hash=OWN)
    for event in made:
        for person in (alice, bob):
            _send(person, "put", f"/api/events/{event}/attendance", {"status": "going"})
    feed = _send(alice, "post", "/api/my/events.ics/token")["data"]
    assert APIClient().get(feed["url"]).status_code == 200
    return made[0], feed["token"]


def _is_moderated(alice: Person, bob: Person, blocker: Person) -> None:
    """Reports and is reported, is warned and answers, moderates herself; of both something was removed."""
    mod = make_person(OTHERS, is_mod=True)
    removed = [
        _send(person, "post", "/api/strings", {"content_text": text})["data"]["id"]
        for person, text in ((alice, OWN), (bob, OTHERS))
    ]
    for string in removed:
        for person, text in ((alice, OWN), (bob, OTHERS)):
            _send(person, "post", f"/api/strings/{string}/comments", {"content": text})
    reports = ((bob, "string", removed[0], ""), (alice, "string", removed[1], OWN), (bob, "user", blocker.user_id, ""))
    for person, kind, target_id, details in reports:
        body = {"target_type": kind, "target_id": str(target_id), "reason": "other", "details": details}
        _send(person, "post", "/api/reports", body)
    sanction = moderation.person_warn(caller=mod.caller, user_id=alice.user_id, message=OWN)
    _send(alice, "post", "/api/appeals", {"sanction_id": str(sanction), "text": OWN})
    UserProfile.objects.filter(user_id=alice.user_id).update(is_mod=True)
    case = Case.objects.get(target_id=removed[1])
    moderation.case_claim(caller=alice.caller, case_id=case.id, version=1)
    moderation.case_note(caller=alice.caller, case_id=case.id, text=OTHERS)
    UserProfile.objects.filter(user_id=alice.user_id).update(is_mod=False)
    for string in removed:
        case = Case.objects.get(target_id=string)
        moderation.case_remove(caller=mod.caller, case_id=case.id, version=case.version, why="It was rude.")


def _is_somebody(alice: Person) -> None:
    _send(alice, "put", "/api/me", {"meta": {"note": OWN}, "biography": {"bio": OWN}})
    _send(alice, "post", f"/api/users/{alice.user_id}/enneagrams", {"enneagram_ids": [4, 7]})
    UserEmbedding.objects.create(user_id=alice.user_id, embedding=VECTOR, content_hash=OWN)
    Suspension.objects.create(user_id=alice.user_id, until=timezone.now() - timedelta(days=1), reason=OWN)
    SignedOut.objects.create(user_id=alice.user_id, at=timezone.now() - timedelta(days=1))
    with connection.cursor() as cursor:
        cursor.execute((SQL_FOLDER / "optional_detailed_profiles.sql").read_text())
        cursor.execute(
            "INSERT INTO public.detailed_profiles (user_id, bio, photos) VALUES (%s, %s, %s)",
            [alice.user_id, OWN, [OWN]],
        )
        cursor.execute(
            "UPDATE public.user_profiles SET attributes = %s::jsonb WHERE user_id = %s", [ODD_JSON, alice.user_id]
        )


def _knows(alice: Person, bob: Person, blocker: Person) -> None:
    """Connected, asked, blocking, blocked and both at once; recommended, and recommended to others."""
    asked, blocked, foe = make_person(OTHERS), make_person(OTHERS), make_person(OTHERS)
    connect(bob, alice)
    connect(alice, asked)
    block(alice, blocked)
    connect(alice, blocker)
    block(blocker, alice)
    block(foe, alice)
    block(alice, foe)
    connect(bob, asked)
    pairs = [(alice, bob), (bob, alice), (alice, blocker), (blocker, alice), (bob, asked)]
    for one, other in pairs:
        text = OWN if one == alice else OTHERS
        UserRecommendation.objects.create(
            user_id=one.user_id,
            recommended_user_id=other.user_id,
            similarity_score="0.5",
            context={"why": text},
        )


def everything(auth: AuthClient) -> Everything:
    """Make all of it; needs local mode (`auth`)."""
    alice, session = _signed_up(auth)
    bob, blocker = make_person(OTHERS), make_person(OTHERS)
    _becomes_staff(alice)
    string, comment = _writes(alice, bob)
    _knows(alice, bob, blocker)
    _is_moderated(alice, bob, blocker)
    _is_somebody(alice)
    event, feed_token = _meets(alice, bob)
    own_room, room = _talks(alice, bob)
    for room_id in (own_room, room):
        usage_reserve(user_id=alice.user_id, room_id=uuid.UUID(room_id), purpose="chat", cost=Decimal("0.01"))
    _is_answered(alice, uuid.UUID(own_room), uuid.UUID(room))
    assert settings.LOCAL_MODE, "an account of Supabase's own would have been needed"
    return Everything(
        alice,
        session["access_token"],
        session["refresh_token"],
        bob,
        blocker,
        alice.profile.id,
        string,
        comment,
        own_room,
        room,
        event,
        feed_token,
    )


def forget_detailed_profiles() -> None:
    """Take away the table that some installations have."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS public.detailed_profiles")
