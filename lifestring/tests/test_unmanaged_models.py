"""The unmanaged models against the real tables: what is written comes back, and what the database does by itself."""

import json
import uuid
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import DataError, IntegrityError, connection, models, transaction
from django.db.models import Case, CompositePrimaryKey, F, Q, Value, When
from pgvector.django import CosineDistance

from accounts.models import (
    AuthUser,
    ConnectionStatus,
    Enneagram,
    RecommendationStatus,
    UserConnection,
    UserEnneagram,
    UserProfile,
    UserRecommendation,
)
from ai.models import DIMENSIONS, StringEmbedding, UserEmbedding
from chat.models import Message, Room, RoomParticipant
from events.models import Event
from lifestring.schema_drift import unmanaged_models
from lifestring.testing.people import Person
from strings.models import String, StringComment, StringLike

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DOMAIN_APPS = ("accounts", "strings", "chat", "events", "ai")


def execute(sql: str, *parameters: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters or None)


def value(sql: str, *parameters: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters or None)
        return cursor.fetchone()[0]


# --- the classes ------------------------------------------------------------------------------------------------------


def test_every_table_of_the_contract_has_its_model():
    tables = {model._meta.db_table for model in unmanaged_models()}

    assert tables == {
        '"auth"."users"',
        *("user_profiles", "enneagrams", "user_enneagrams", "user_connections", "user_recommendations"),
        *("user_embeddings", "strings", "string_likes", "string_comments", "string_embeddings"),
        *("rooms", "room_participants", "messages", "events"),
    }


def test_models_of_domain_apps_never_claim_tables_of_supabase():
    ours = {"StaffUser", "Suspension"}
    for model in (model for label in DOMAIN_APPS for model in apps.get_app_config(label).get_models()):
        options = model._meta
        if options.managed:
            assert options.db_table.startswith(f"{options.app_label}_"), model
            continue
        assert model.__name__ not in ours
        assert options.db_table != f"{options.app_label}_{options.model_name}", f"{model} names its table"
        assert options.original_attrs.get("db_table"), model
        relations = [field for field in options.get_fields() if isinstance(field, models.ForeignObject)]
        for relation in relations:
            assert relation.remote_field.on_delete is models.DO_NOTHING, relation
        if isinstance(options.pk, CompositePrimaryKey):
            assert len(options.pk_fields) == 2, model


def test_passwords_of_accounts_are_out_of_reach():
    for name in ("encrypted_password", "confirmation_token", "recovery_token"):
        with pytest.raises(FieldDoesNotExist):
            AuthUser._meta.get_field(name)


# --- accounts and profiles --------------------------------------------------------------------------------------------


def test_a_new_account_gets_the_profile_of_the_contract():
    account = AuthUser.objects.create(
        email="dora@lifestring.example", phone="+4912345", raw_user_meta_data={"name": "Dora", "name2": "x"}
    )
    profile = UserProfile.objects.get(user_id=account.id)

    assert profile.contact_info == {
        "name": "Dora",
        "email": "dora@lifestring.example",
        "phone": "+4912345",
        "location": "",
        "birthday": None,
        "website": "",
    }
    assert profile.social_links == {"instagram": "", "twitter": "", "linkedin": ""}
    assert profile.attributes == {
        "passions": [],
        "hobbies": [],
        "questions": [],
        "interests": [],
        "skills": [],
        "enneagram": "",
    }
    assert profile.biography == {
        "bio": "",
        "ambitions": "",
        "dreams": "",
        "goals": "",
        "education": "",
        "work": "",
        "relationship_status": "",
        "looking_for": "",
    }
    assert profile.meta is None
    assert (profile.is_admin, profile.is_mod) == (False, False)
    assert profile.auth_user == account
    assert str(profile) == "Dora"


def test_an_account_without_a_name_gets_a_profile_without_one():
    account = AuthUser.objects.create()
    profile = UserProfile.objects.get(user_id=account.id)

    assert (profile.contact_info["name"], profile.contact_info["email"], profile.contact_info["phone"]) == (None,) * 3
    assert str(profile) == str(account.id) == str(account)


def test_a_changed_account_is_merged_into_the_contact_info(alice: Person):
    UserProfile.objects.filter(user_id=alice.user_id).update(
        contact_info={"location": "Ghent", "name": "Old", "mine": [1]}
    )
    AuthUser.objects.filter(id=alice.user_id).update(
        email="new@lifestring.example", phone="+32", raw_user_meta_data={"name": "New"}
    )

    assert alice.profile.contact_info == {
        "location": "Ghent",
        "mine": [1],
        "name": "New",
        "email": "new@lifestring.example",
        "phone": "+32",
    }


@pytest.mark.parametrize("broken", ["null", None, "[1, 2]", '"text"', "7"])
def test_a_changed_account_mends_contact_info_that_is_no_object(alice: Person, broken: str | None):
    execute("UPDATE public.user_profiles SET contact_info = %s", broken)
    AuthUser.objects.filter(id=alice.user_id).update(email="new@lifestring.example")

    assert alice.profile.contact_info == {"name": "Alice", "email": "new@lifestring.example", "phone": None}


def test_a_changed_account_touches_nothing_else(alice: Person, bob: Person):
    UserProfile.objects.update(updated_at=NOON, biography={"bio": "hello"})
    before = {person: person.profile for person in (alice, bob)}
    AuthUser.objects.filter(id=alice.user_id).update(email="new@lifestring.example")

    assert alice.profile.updated_at == NOON
    assert alice.profile.biography == {"bio": "hello"}
    assert bob.profile.contact_info == before[bob].contact_info


def test_an_account_with_a_profile_cannot_be_deleted(alice: Person):
    with pytest.raises(IntegrityError), transaction.atomic():
        AuthUser.objects.filter(id=alice.user_id).delete()

    UserProfile.objects.filter(user_id=alice.user_id).delete()
    assert AuthUser.objects.filter(id=alice.user_id).delete()[0] == 1


def test_an_account_has_one_profile(alice: Person):
    with pytest.raises(IntegrityError), transaction.atomic():
        UserProfile.objects.create(user_id=alice.user_id)


def test_a_profile_belongs_to_the_caller_of_the_data_api_by_default():
    account = AuthUser.objects.create()
    UserProfile.objects.all().delete()
    execute("SELECT set_config('request.jwt.claims', %s, true)", f'{{"sub": "{account.id}"}}')
    execute("INSERT INTO public.user_profiles DEFAULT VALUES")

    assert UserProfile.objects.get().user_id == account.id


# --- fields -----------------------------------------------------------------------------------------------------------


def test_profile_times_are_utc_without_a_zone_in_the_column(alice: Person):
    cet = timezone(timedelta(hours=1))
    for written in (NOON, NOON.astimezone(cet), NOON.replace(tzinfo=None)):
        UserProfile.objects.filter(user_id=alice.user_id).update(updated_at=written)
        assert alice.profile.updated_at == NOON
        assert alice.profile.updated_at.utcoffset() == timedelta(0)
        assert value("SELECT updated_at::text FROM public.user_profiles") == "2026-11-23 12:00:00"


def test_profile_times_filter_and_sort(alice: Person, bob: Person):
    UserProfile.objects.filter(user_id=alice.user_id).update(updated_at=NOON)
    UserProfile.objects.filter(user_id=bob.user_id).update(updated_at=NOON + timedelta(hours=2))

    found = UserProfile.objects.filter(updated_at__gt=NOON.astimezone(timezone(timedelta(hours=9))))
    assert found.get().user_id == bob.user_id
    assert UserProfile.objects.filter(updated_at__in=[NOON]).get().user_id == alice.user_id
    assert UserProfile.objects.order_by("-updated_at").first().user_id == bob.user_id
    assert UserProfile.objects.aggregate(last=models.Max("updated_at"))["last"] == NOON + timedelta(hours=2)


def test_a_profile_without_times_reads_and_writes(alice: Person):
    UserProfile.objects.filter(user_id=alice.user_id).update(created_at=None, updated_at=None)

    assert alice.profile.created_at is alice.profile.updated_at is None
    UserProfile.objects.bulk_update([UserProfile(id=alice.profile.id, updated_at=NOON)], ["updated_at"])
    assert alice.profile.updated_at == NOON


@pytest.mark.parametrize("stored", ["null", "[]", "[1, {}]", '"text"', "7", "true", "{}", '{"name": ["a", "list"]}'])
def test_json_columns_may_hold_anything(alice: Person, stored: str):
    execute("UPDATE public.user_profiles SET contact_info = %s, attributes = %s, meta = NULL", stored, stored)
    profile = alice.profile

    assert str(profile) == str(alice.user_id)
    assert profile.contact_info == profile.attributes == json.loads(stored)
    profile.save(update_fields=["attributes"])
    assert alice.profile.attributes == json.loads(stored)


def test_statuses_filter_update_and_sort_as_the_type_does(alice: Person, bob: Person, charlie: Person):
    rows = [
        UserConnection(requester_id=charlie.user_id, receiver_id=alice.user_id, status=ConnectionStatus.BLOCKED),
        UserConnection(requester_id=charlie.user_id, receiver_id=bob.user_id),
    ]
    UserConnection.objects.bulk_create(rows)

    assert UserConnection.objects.filter(status="blocked").get().pk == (charlie.user_id, alice.user_id)
    assert UserConnection.objects.filter(status__in=["pending", "blocked"]).count() == 2
    assert list(UserConnection.objects.order_by("status").values_list("status", flat=True)) == [
        "pending",
        "accepted",
        "blocked",
    ]
    for row in rows:
        row.status = ConnectionStatus.DECLINED
    assert UserConnection.objects.bulk_update(rows, ["status"]) == 2
    status = UserConnection._meta.get_field("status")
    flipped = Case(When(status="declined", then=Value("accepted", output_field=status)), default=F("status"))
    UserConnection.objects.update(status=flipped)
    assert set(UserConnection.objects.values_list("status", flat=True)) == {"accepted"}
    with pytest.raises(DataError), transaction.atomic():
        UserConnection.objects.filter(status="friends").exists()


# --- every table ------------------------------------------------------------------------------------------------------


def test_times_of_a_new_row_come_from_the_database_with_the_insert(alice: Person, django_assert_num_queries):
    with django_assert_num_queries(1):
        string = String.objects.create(user_id=alice.user_id, content_text="hello")
    with django_assert_num_queries(1):
        [another] = String.objects.bulk_create([String(user_id=alice.user_id, content_images=["https://x.example/a"])])

    for made in (string, another):
        assert abs(datetime.now(UTC) - made.created_at) < timedelta(minutes=5)
        assert made.created_at == made.updated_at
        assert String.objects.get(pk=made.pk).created_at == made.created_at
        assert (made.likes_count, made.comments_count) == (0, 0)


def test_a_string_knows_its_author_also_where_the_profile_is_gone(alice: Person, bob: Person):
    String.objects.create(user_id=alice.user_id, content_text="one")
    String.objects.create(user_id=bob.user_id, content_text="two")
    UserProfile.objects.filter(user_id=bob.user_id).delete()

    found = String.objects.select_related("author").order_by("content_text")
    assert [string.author and string.author.user_id for string in found] == [alice.user_id, None]
    assert list(found.values_list("author__id", "author__is_admin")) == [(alice.profile.id, False), (None, None)]


def test_deleting_a_string_takes_all_that_hangs_on_it_in_one_statement(
    alice: Person, bob: Person, django_assert_num_queries
):
    string = String.objects.create(user_id=alice.user_id, content_text="hello", stringable_type="room")
    StringLike.objects.create(string=string, user_id=bob.user_id)
    comment = StringComment.objects.create(string=string, user_id=bob.user_id, content="hi")
    reply = StringComment.objects.create(string=string, user_id=alice.user_id, parent_comment=comment, content="ho")
    StringEmbedding.objects.create(string=string, embedding=[1.0] * DIMENSIONS, content_hash="abc")
    assert list(comment.replies.all()) == [reply]
    assert string.embedding.model_version == "text-embedding-3-small"
    assert (str(string), str(comment)) == ("hello", "hi")

    with django_assert_num_queries(1):
        String.objects.filter(id=string.id).delete()

    assert not StringLike.objects.exists()
    assert not StringComment.objects.exists()
    assert not StringEmbedding.objects.exists()


def test_deleting_a_comment_takes_its_replies(alice: Person):
    string = String.objects.create(user_id=alice.user_id, content_text="hello")
    first = StringComment.objects.create(string=string, user_id=alice.user_id, content="a")
    second = StringComment.objects.create(string=string, user_id=alice.user_id, content="b", parent_comment=first)
    StringComment.objects.create(string=string, user_id=alice.user_id, content="c", parent_comment=second)

    first.delete()

    assert not StringComment.objects.exists()


def test_pairs_are_found_by_both_keys(alice: Person, bob: Person):
    string = String.objects.create(user_id=alice.user_id, content_text="hello")
    like, made = StringLike.objects.get_or_create(string_id=string.id, user_id=bob.user_id)
    again, made_again = StringLike.objects.get_or_create(string_id=string.id, user_id=bob.user_id)
    StringLike.objects.bulk_create([StringLike(string=string, user_id=bob.user_id)], ignore_conflicts=True)

    assert (made, made_again, like == again) == (True, False, True)
    assert StringLike.objects.get(pk=(string.id, bob.user_id)) == like
    assert StringLike.objects.filter(pk__in=[(string.id, bob.user_id), (string.id, alice.user_id)]).count() == 1
    assert list(string.likes.values_list("user_id", flat=True)) == [bob.user_id]
    like.updated_at = NOON
    like.save(update_fields=["updated_at"])
    assert StringLike.objects.get().updated_at == NOON
    like.delete()
    assert not StringLike.objects.exists()


def test_connections_of_two_people(alice: Person, bob: Person, charlie: Person):
    UserConnection.objects.update_or_create(
        requester_id=bob.user_id, receiver_id=charlie.user_id, defaults={"status": ConnectionStatus.DECLINED}
    )
    made = UserConnection.objects.get(pk=(bob.user_id, charlie.user_id))
    made.status = ConnectionStatus.ACCEPTED
    made.save(update_fields=["status"])

    sides = Q(requester__user_id=bob.user_id) | Q(receiver__user_id=bob.user_id)
    found = UserConnection.objects.filter(sides).select_related("requester", "receiver")
    assert {(str(row.requester), str(row.receiver), row.status) for row in found} == {
        ("Alice", "Bob", "accepted"),
        ("Bob", "Charlie", "accepted"),
    }
    assert bob.profile.sent_connections.get() == made
    assert str(made) == f"{bob.user_id} to {charlie.user_id}: accepted"
    with pytest.raises(IntegrityError), transaction.atomic():
        UserConnection.objects.create(requester_id=bob.user_id, receiver_id=bob.user_id)
    UserProfile.objects.filter(user_id=bob.user_id).delete()
    assert not UserConnection.objects.exists()


def test_the_nine_types_and_who_chose_them(alice: Person, bob: Person):
    types = Enneagram.objects.order_by("id")
    assert [(row.id, row.type_number) for row in types] == [(number, number) for number in range(1, 10)]
    names = ["Nightingale", "Lincoln", "Franklin", "Twain", "Newton", "Frank", "Tolkien", "Anthony", "Arc"]
    assert [row.name for row in types] == names
    for row in types:
        assert len(row.description) > 60
        assert set(row.attributes) == {"strengths", "challenges", "leadership_style", "communication_style"}
        assert len(row.attributes["strengths"]) >= 3
        assert len(row.attributes["challenges"]) >= 3

    UserEnneagram.objects.bulk_create([UserEnneagram(user_id=alice.user_id, enneagram_id=number) for number in (5, 2)])
    chosen = UserEnneagram.objects.get(pk=(alice.user_id, 5))
    assert (chosen.enneagram.name, str(chosen)) == ("Newton", f"{alice.user_id} is type 5")
    assert list(alice.profile.user_enneagrams.order_by("enneagram__type_number").values_list("enneagram_id")) == [
        (2,),
        (5,),
    ]
    assert str(Enneagram.objects.get(id=5)) == "5 Newton"
    Enneagram.objects.filter(id=5).delete()
    assert alice.profile.user_enneagrams.count() == 1
    assert Enneagram.objects.create(type_number=5, name="Newton").id == 10


def test_recommendations_are_unique_and_exact(alice: Person, bob: Person, charlie: Person):
    rows = [
        UserRecommendation(user_id=alice.user_id, recommended_user_id=other.user_id, similarity_score=Decimal(score))
        for other, score in ((bob, "0.12345"), (charlie, "1"))
    ]
    UserRecommendation.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["user", "recommended_user"],
        update_fields=["similarity_score", "context"],
    )
    found = UserRecommendation.objects.get(recommended_user=bob.profile)
    assert (found.similarity_score, found.status) == (Decimal("0.1235"), "generated")
    assert str(found) == f"{bob.user_id} for {alice.user_id}: 0.1235"
    for row in rows:
        row.status = RecommendationStatus.DISMISSED
    UserRecommendation.objects.bulk_update(rows, ["status"])
    assert UserRecommendation.objects.filter(status="dismissed").count() == 2
    for wrong in (
        {"recommended_user_id": bob.user_id, "similarity_score": 0},
        {"recommended_user_id": alice.user_id, "similarity_score": 0},
        {"user_id": bob.user_id, "recommended_user_id": charlie.user_id, "similarity_score": Decimal("1.0001")},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            UserRecommendation.objects.create(**{"user_id": alice.user_id, **wrong})


def test_rooms_with_participants_and_messages(alice: Person, bob: Person, django_assert_num_queries):
    room = Room.objects.create(name="Chess", metadata={"type": "group"})
    RoomParticipant.objects.bulk_create(RoomParticipant(room=room, user_id=p.user_id) for p in (alice, bob))
    message = Message.objects.create(room=room, user_id=bob.user_id, content="hello")

    assert RoomParticipant.objects.get(pk=(room.id, bob.user_id)).user.user_id == bob.user_id
    assert Message.objects.select_related("author").get(id=message.id).author.contact_info["name"] == "Bob"
    assert Room.objects.filter(room_participants__user_id=alice.user_id, metadata__type="group").get() == room
    assert (str(room), str(message)) == ("Chess", "hello")
    with pytest.raises(IntegrityError), transaction.atomic():
        Message.objects.create(room_id=uuid.uuid4(), user_id=bob.user_id, content="lost")
    with django_assert_num_queries(1):
        room.delete()
    assert not Message.objects.exists()
    assert not RoomParticipant.objects.exists()


def test_events_with_their_objects(alice: Person):
    event = Event.objects.create(
        user_id=alice.user_id, title="Tournament", start_time=NOON, meta_data={"is_join": True, "tags": ["chess"]}
    )
    found = Event.objects.get(meta_data__is_join=True)

    assert (found.custom_fields, found.end_time, found.location, str(found)) == ({}, None, None, "Tournament")
    assert found.author == alice.profile
    assert Event.objects.filter(meta_data__contains={"tags": ["chess"]}).exists()
    event.custom_fields = {"price": 5}
    event.save(update_fields=["custom_fields"])
    assert Event.objects.filter(custom_fields__price__gt=4).exists()
    UserProfile.objects.filter(user_id=alice.user_id).delete()
    assert Event.objects.select_related("author").get().author is None


def test_embeddings_are_compared_by_cosine(alice: Person, bob: Person):
    east, north = [1.0, 0.0], [0.0, 1.0]
    padding = [0.0] * (DIMENSIONS - 2)
    UserEmbedding.objects.create(user_id=alice.user_id, embedding=[*east, *padding], content_hash="a")
    UserEmbedding.objects.create(user_id=bob.user_id, embedding=[*north, *padding], content_hash="b")

    distance = CosineDistance("embedding", [0.9, 0.1, *padding])
    nearest = UserEmbedding.objects.annotate(distance=distance).order_by("distance").select_related("profile")
    assert [row.profile.user_id for row in nearest] == [alice.user_id, bob.user_id]
    assert list(nearest[0].embedding[:2]) == east
    made, created = UserEmbedding.objects.update_or_create(user_id=bob.user_id, defaults={"content_hash": "c"})
    assert (created, made.content_hash, made.model_version) == (False, "c", "text-embedding-3-small")
    with pytest.raises(DataError), transaction.atomic():
        UserEmbedding.objects.filter(user_id=bob.user_id).update(embedding=[1.0])
