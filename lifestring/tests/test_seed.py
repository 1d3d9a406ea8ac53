"""The demo world: planted once, whole or not at all, and consistent in itself."""

import json
import os
import random
import subprocess
import sys
import threading
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import F, Min
from django.utils import timezone

from accounts.local_auth.models import AuthAccount
from accounts.local_auth.passwords import password_matches
from accounts.models import (
    AuthUser,
    ConnectionStatus,
    RecommendationStatus,
    UserConnection,
    UserEnneagram,
    UserProfile,
    UserRecommendation,
)
from chat.models import Message, Room, RoomLogEntry, RoomParticipant, RoomPosition
from chat.services import room_log_sweep
from chat.tests.rooms import assert_in_order
from events.models import Event, EventAttendance
from lifestring import seeding
from lifestring.local.processes import wait_until
from lifestring.local.state import PROJECT
from lifestring.management.commands.seed import DEMO_PASSWORD
from lifestring.seeding import plant_world
from lifestring.seeding.content import Content, load_content
from lifestring.testing.people import make_person
from strings.models import String, StringComment, StringLike

EMPTY = "TRUNCATE auth.users, public.rooms, django.chat_roomposition, django.chat_roomlogentry CASCADE"
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
TABLES = (
    *(UserConnection, UserRecommendation, String, StringLike, StringComment, Event, EventAttendance),
    *(Room, RoomParticipant, Message, RoomPosition, RoomLogEntry),
)


@pytest.fixture(autouse=True)
def data_folder(settings: Any, tmp_path: Path) -> Path:
    """A data folder of the test's own: the command writes the demo sign-ins there."""
    settings.CONFIG = replace(settings.CONFIG, data=tmp_path)
    return tmp_path


def plant(*, number: int = 1, now: datetime = NOON) -> bool:
    return plant_world(password_hash="$2a$10$x", number=number, now=now, only_if_empty=False)


def rows_of(model: Any) -> list[dict[str, Any]]:
    return sorted(model.objects.values(), key=str)


def database_url() -> str:
    parts = urlsplit(os.environ["DATABASE_URL"])
    return urlunsplit(parts._replace(path=f"/{connection.settings_dict['NAME']}"))


def somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_locks WHERE NOT granted")
        return cursor.fetchone() is not None


@pytest.fixture
def world(db: None) -> Content:
    """The demo world as it is planted for a moment in the past."""
    assert plant()
    return load_content()


class TestCommand:
    @pytest.fixture(autouse=True)
    def database(self, db: None) -> None:
        pass

    def test_it_works(self, data_folder: Path) -> None:
        call_command("seed", "--once")

        assert UserProfile.objects.count() == 25
        assert String.objects.count() == 200
        sign_ins = json.loads((data_folder / "demo.json").read_text())
        assert {entry["role"] for entry in sign_ins} == {"member", "moderator", "admin"}
        assert (data_folder / "demo.json").stat().st_mode & 0o777 == 0o600
        for entry in sign_ins:
            account = AuthAccount.objects.get(email=entry["email"])
            profile = UserProfile.objects.get(user_id=account.id)
            assert password_matches(entry["password"], account.encrypted_password)
            assert (bool(profile.is_admin), bool(profile.is_mod)) == (
                entry["role"] == "admin",
                entry["role"] == "moderator",
            )

    def test_everybody_can_sign_in(self) -> None:
        call_command("seed")

        hashes = set(AuthAccount.objects.values_list("encrypted_password", flat=True))
        assert all(password_matches(DEMO_PASSWORD, stored) for stored in hashes)
        assert (
            AuthUser.objects.filter(email_confirmed_at__isnull=False, email__endswith="@lifestring.example").count()
            == 25
        )

    def test_once_means_once(self) -> None:
        call_command("seed", "--once")
        before = {model: rows_of(model) for model in TABLES}

        call_command("seed", "--once")
        call_command("seed")

        assert {model: rows_of(model) for model in TABLES} == before

    def test_once_leaves_a_database_with_people_alone(self, data_folder: Path) -> None:
        make_person("Alice")

        call_command("seed", "--once")

        assert UserProfile.objects.count() == 1
        assert not (data_folder / "demo.json").exists()

    def test_without_once_the_world_joins_people_who_are_there(self) -> None:
        make_person("Alice")

        call_command("seed")

        assert UserProfile.objects.count() == 26

    def test_sign_ins_lost_to_a_kill_are_written_by_the_next_run(self, data_folder: Path) -> None:
        call_command("seed", "--once")
        (data_folder / "demo.json").unlink()

        call_command("seed", "--once")

        assert len(json.loads((data_folder / "demo.json").read_text())) == 3

    def test_it_refuses_a_database_that_is_not_local(self, settings: Any) -> None:
        settings.LOAD_SUPABASE_SCHEMA = False

        with pytest.raises(CommandError, match="local mode only"):
            call_command("seed", "--once")

        assert UserProfile.objects.count() == 0

    def test_a_failure_half_way_leaves_nothing(self, transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(_world: object) -> None:
            raise RuntimeError("killed")

        monkeypatch.setattr(seeding, "plant_rooms", fail)

        with pytest.raises(RuntimeError, match="killed"):
            call_command("seed", "--once")

        assert not AuthUser.objects.exists()
        assert not String.objects.exists()

    def test_killed_half_way_it_leaves_nothing_and_the_next_run_plants_all(
        self, transactional_db: None, data_folder: Path
    ) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE public.rooms")
            process = subprocess.Popen(
                [sys.executable, "manage.py", "seed", "--once"],
                cwd=PROJECT,
                env={**os.environ, "DATABASE_URL": database_url(), "LIFESTRING_DATA": str(data_folder)},
            )
            try:
                assert wait_until(somebody_waits_for_a_lock, timeout=30)
            finally:
                process.kill()
                process.wait()

        assert not AuthUser.objects.exists()
        assert not (data_folder / "demo.json").exists()
        call_command("seed", "--once")
        assert String.objects.count() == 200

    def test_two_at_once_plant_one_world(self, transactional_db: None) -> None:
        results: list[bool] = []
        barrier = threading.Barrier(2)

        def run() -> None:
            barrier.wait()
            try:
                results.append(plant_world(password_hash="x", number=1, now=timezone.now(), only_if_empty=True))
            finally:
                connection.close()

        threads = [threading.Thread(target=run) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sorted(results) == [False, True]
        assert String.objects.count() == 200


class TestWorld:
    def test_the_same_number_makes_the_same_world(self, world: Content) -> None:
        first = {model: rows_of(model) for model in TABLES}
        with connection.cursor() as cursor:
            cursor.execute(EMPTY)

        assert plant()

        assert {model: rows_of(model) for model in TABLES} == first

    def test_another_number_makes_another_world_of_the_same_people(self, world: Content) -> None:
        likes = rows_of(StringLike)
        people = set(UserProfile.objects.values_list("user_id", flat=True))
        with connection.cursor() as cursor:
            cursor.execute(EMPTY)

        assert plant(number=2)

        assert rows_of(StringLike) != likes
        assert set(UserProfile.objects.values_list("user_id", flat=True)) == people

    def test_counters_equal_the_rows(self, world: Content) -> None:
        likes = Counter(StringLike.objects.values_list("string_id", flat=True))
        comments = Counter(StringComment.objects.values_list("string_id", flat=True))
        for string in String.objects.all():
            assert (string.likes_count, string.comments_count) == (likes[string.id], comments[string.id])
        assert StringLike.objects.count() > 400
        assert StringComment.objects.count() > 250

    def test_comments_nest_four_deep_on_one_string_and_follow_their_parent(self, world: Content) -> None:
        parent = "parent_comment"
        assert StringComment.objects.filter(**{f"{'__'.join([parent] * 3)}__isnull": False}).exists()
        assert (
            not StringComment.objects.exclude(parent_comment=None)
            .exclude(parent_comment__string_id=F("string_id"))
            .exists()
        )
        assert not StringComment.objects.filter(created_at__lte=F("parent_comment__created_at")).exists()
        assert not StringComment.objects.filter(created_at__lte=F("string__created_at")).exists()

    def test_every_status_is_there(self, world: Content) -> None:
        assert set(UserConnection.objects.values_list("status", flat=True)) == set(ConnectionStatus.values)
        assert set(UserRecommendation.objects.values_list("status", flat=True)) == set(RecommendationStatus.values)
        alice = UserProfile.objects.get(contact_info__email="alice@lifestring.example").user_id
        pending = UserConnection.objects.filter(status=ConnectionStatus.PENDING)
        assert pending.filter(requester_id=alice).exists()
        assert pending.filter(receiver_id=alice).exists()

    def test_no_pair_has_two_connections(self, world: Content) -> None:
        pairs = [frozenset(pair) for pair in UserConnection.objects.values_list("requester_id", "receiver_id")]

        assert len(pairs) == len(set(pairs))

    def test_nothing_crosses_a_block(self, world: Content) -> None:
        blocked = UserConnection.objects.filter(status=ConnectionStatus.BLOCKED)
        both_ways = {
            pair
            for one, other in blocked.values_list("requester_id", "receiver_id")
            for pair in ((one, other), (other, one))
        }
        organisers = dict(Event.objects.values_list("id", "user_id"))
        met = {
            *StringLike.objects.values_list("user_id", "string__user_id"),
            *StringComment.objects.values_list("user_id", "string__user_id"),
            *StringComment.objects.exclude(parent_comment=None).values_list("user_id", "parent_comment__user_id"),
            *UserRecommendation.objects.values_list("user_id", "recommended_user_id"),
            *RoomParticipant.objects.values_list("user_id", "room__room_participants__user_id"),
            *((answer.user_id, organisers[answer.event_id]) for answer in EventAttendance.objects.all()),
        }

        assert both_ways
        assert not met & both_ways

    def test_times_are_within_the_last_sixty_days(self, world: Content) -> None:
        for model in (
            *(String, StringLike, StringComment, Message, Room, UserConnection),
            *(UserRecommendation, Event, EventAttendance),
        ):
            moments = list(model.objects.values_list("created_at", flat=True))
            assert all(0 < (NOON - moment).total_seconds() < 60.5 * 86400 for moment in moments), model
        first_post = dict(String.objects.values_list("user_id").annotate(Min("created_at")))
        for profile in UserProfile.objects.all():
            assert profile.created_at is not None
            assert profile.created_at < first_post[profile.user_id]

    def test_rooms_hold_conversations_of_their_members(self, world: Content) -> None:
        strangers = Message.objects.exclude(room__room_participants__user_id=F("user_id"))

        assert not strangers.exists()
        for room in Room.objects.all():
            moments = list(room.messages.order_by("created_at").values_list("created_at", flat=True))
            assert len(moments) > 5
            assert room.created_at < moments[0]
            assert room.updated_at == moments[-1]

    def test_every_message_has_its_place_in_the_log_of_its_room(self, world: Content) -> None:
        assert sum(assert_in_order(room.id) for room in Room.objects.all()) == Message.objects.count()
        assert RoomPosition.objects.count() == Room.objects.count()
        assert room_log_sweep() == 0

    def test_joins_never_exceed_their_limit_and_some_are_full(self, world: Content) -> None:
        rows = Counter(EventAttendance.objects.values_list("event_id", flat=True))
        events = Event.objects.filter(meta_data__is_join=True)
        joins = [event.meta_data for event in events]

        assert [join["current_participants"] for join in joins] == [rows[event.id] for event in events]
        assert set(EventAttendance.objects.values_list("status", flat=True)) == {"going"}
        assert all(0 < join["current_participants"] <= join["max_participants"] for join in joins)
        assert any(join["current_participants"] == join["max_participants"] for join in joins)
        assert Event.objects.filter(start_time__lt=NOON).exists()
        assert Event.objects.filter(start_time__gt=NOON).exists()
        assert not Event.objects.filter(end_time__lt=F("start_time")).exists()

    def test_an_event_starts_at_its_own_wall_clock_time(self, world: Content) -> None:
        ride = Event.objects.get(title="Dawn ride to La Calera")

        assert ride.meta_data["time_zone"] == "America/Bogota"
        assert ride.start_time == datetime(2026, 5, 10, 10, 15, tzinfo=UTC)

    def test_attached_strings_point_to_events_that_exist(self, world: Content) -> None:
        attached = String.objects.filter(stringable_type="event")

        assert attached.count() == 12
        assert set(attached.values_list("stringable_id", flat=True)) <= set(Event.objects.values_list("id", flat=True))

    def test_profiles_say_who_people_are(self, world: Content) -> None:
        for profile in UserProfile.objects.all():
            assert profile.attributes["interests"]
            assert profile.biography["bio"]
            assert profile.contact_info["email"].endswith("@lifestring.example")
        assert UserEnneagram.objects.values("user_id").distinct().count() == 25


class TestContent:
    def test_every_post_is_distinct_and_about_something_its_author_cares_for(self) -> None:
        content = load_content()
        posts = [(author, post) for author, own in content.strings.items() for post in own]

        assert len({post["text"] for _, post in posts}) == len(posts) == 200
        for author, post in posts:
            assert post["about"] in content.people[author]["interests"]

    def test_names_in_the_content_are_people_of_it(self) -> None:
        content = load_content()
        named = {name for pairs in content.connections.values() for pair in pairs for name in pair}
        named |= {name for room in content.rooms for name in room["members"]}
        named |= {name for event in content.events for name in [event["by"], *event.get("join", {}).get("going", [])]}

        assert named <= set(content.people)
        assert set(content.strings) == set(content.people)

    def test_chance_never_leads_into_the_future(self) -> None:
        world = seeding.World(load_content(), NOON, random.Random(3))

        assert all(world.after(world.ago(0.001), hours=100) < NOON for _ in range(200))
