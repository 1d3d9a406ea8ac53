"""A crowd: as many rows as asked for, consistent though no trigger and no foreign key watched over them."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Count, F, Max, Min

from accounts.local_auth.models import AuthAccount
from accounts.local_auth.passwords import password_matches
from accounts.models import AuthUser, ConnectionStatus, UserConnection, UserProfile
from chat.models import Message, Room, RoomParticipant
from events.models import Event
from lifestring.management.commands.seed import DEMO_PASSWORD
from lifestring.seeding import crowd
from lifestring.seeding.content import load_content
from lifestring.seeding.crowd import Sizes, plant_crowd
from lifestring.seeding.crowd.vocabulary import WORDS, Vocabulary
from strings.models import String, StringComment, StringLike

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
SIZES = Sizes(1_000)
TABLES = (UserProfile, UserConnection, String, StringLike, StringComment, Room, RoomParticipant, Message, Event)
# One that has no index to look it up by is compared as a whole.
_FOREIGN_KEYS = """
SELECT c.conrelid::regclass::text, a.attname, c.confrelid::regclass::text, f.attname
  FROM pg_constraint c
  JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
  JOIN pg_attribute f ON f.attrelid = c.confrelid AND f.attnum = c.confkey[1]
 WHERE c.contype = 'f' AND c.connamespace = 'public'::regnamespace
"""


@pytest.fixture
def stay_in_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    """VACUUM refuses to run in the transaction that a test is rolled back by; analysing does not."""
    monkeypatch.setattr(crowd, "TIDY_UP", "ANALYZE")


def plant(number: int = 1, sizes: Sizes = SIZES) -> bool:
    return plant_crowd(password_hash="$2a$10$x", sizes=sizes, number=number, now=NOON)


def rows_of(model: Any) -> list[dict[str, Any]]:
    return sorted(model.objects.values(), key=str)


def empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("TRUNCATE auth.users, public.rooms CASCADE")


@pytest.fixture
def planted(db: None, stay_in_transaction: None) -> None:
    assert plant()


class TestCrowd:
    @pytest.fixture(autouse=True)
    def crowd(self, planted: None) -> None:
        pass

    def test_there_is_as_much_of_everything_as_asked_for(self) -> None:
        counts = {model: model.objects.count() for model in TABLES if model is not RoomParticipant}

        assert counts == {
            UserProfile: 50, UserConnection: 250, String: 1_000, StringLike: 5_000, StringComment: 1_000,
            Room: 100, Message: 2_000, Event: 20,
        }  # fmt: skip
        assert AuthUser.objects.count() == 50

    def test_counters_equal_the_rows(self) -> None:
        likes = Counter(StringLike.objects.values_list("string_id", flat=True))
        comments = Counter(StringComment.objects.values_list("string_id", flat=True))
        for string in String.objects.all():
            assert (string.likes_count, string.comments_count) == (likes[string.id], comments[string.id])

    def test_every_foreign_key_leads_somewhere(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_FOREIGN_KEYS)
            keys = cursor.fetchall()
            for table, column, other, key in keys:
                cursor.execute(
                    f"SELECT count(*) FROM {table} t WHERE {column} IS NOT NULL"
                    f" AND NOT EXISTS (SELECT FROM {other} o WHERE o.{key} = t.{column})"
                )
                assert cursor.fetchone() == (0,), (table, column)
        assert len(keys) > 12
        events = Event.objects.values("id")
        assert String.objects.filter(stringable_type="event", stringable_id__in=events).count() > 20
        assert not String.objects.exclude(stringable_id=None).exclude(stringable_id__in=events).exists()

    def test_nothing_is_older_than_what_it_came_of_nor_of_tomorrow(self) -> None:
        joined = UserProfile.objects.aggregate(last=Max("created_at"))["last"]

        assert not StringLike.objects.filter(created_at__lte=F("string__created_at")).exists()
        assert not StringComment.objects.filter(created_at__lte=F("string__created_at")).exists()
        assert not StringComment.objects.filter(created_at__lte=F("parent_comment__created_at")).exists()
        for model in (String, StringLike, StringComment, Message, Room, UserConnection, Event):
            times = model.objects.aggregate(first=Min("created_at"), last=Max("created_at"))
            assert times["first"] > joined if model in {String, Message} else True, model
            assert times["last"] < NOON, model
        assert not Event.objects.filter(start_time__lt=F("created_at")).exists()
        assert not Event.objects.filter(end_time__lt=F("start_time")).exists()
        assert Event.objects.filter(start_time__gt=NOON).exists()

    def test_replies_stay_on_the_string_of_their_comment(self) -> None:
        replies = StringComment.objects.exclude(parent_comment=None)

        assert replies.count() > 100
        assert not replies.exclude(parent_comment__string_id=F("string_id")).exists()

    def test_rooms_hold_conversations_of_their_members(self) -> None:
        members = set(RoomParticipant.objects.values_list("room_id", "user_id"))

        assert set(Message.objects.values_list("room_id", "user_id")) <= members
        for room in Room.objects.annotate(first=Min("messages__created_at"), last=Max("messages__created_at")):
            assert room.first is None or (room.created_at < room.first and room.updated_at == room.last)
        assert RoomParticipant.objects.values("room_id").annotate(n=Count("user_id")).filter(n__lt=2).count() == 0

    def test_nothing_crosses_a_block_and_no_pair_has_two_connections(self) -> None:
        pairs = list(UserConnection.objects.values_list("requester_id", "receiver_id", "status"))
        blocked = {pair for one, other, status in pairs if status == "blocked" for pair in ((one, other), (other, one))}
        met = {
            *StringLike.objects.values_list("user_id", "string__user_id"),
            *StringComment.objects.values_list("user_id", "string__user_id"),
            *StringComment.objects.exclude(parent_comment=None).values_list("user_id", "parent_comment__user_id"),
            *RoomParticipant.objects.values_list("user_id", "room__room_participants__user_id"),
        }

        assert {status for _, _, status in pairs} == set(ConnectionStatus.values)
        assert len({frozenset(pair[:2]) for pair in pairs}) == len(pairs)
        assert blocked
        assert not met & blocked

    def test_it_is_skewed_as_life_is(self) -> None:
        likes = sorted(String.objects.values_list("likes_count", flat=True))
        talk = Counter(Message.objects.values_list("room_id", flat=True)).most_common()

        assert likes[0] == 0
        assert likes[-1] > 3 * likes[len(likes) // 2]
        assert talk[0][1] > 2_000 / 12
        assert talk[0][1] > 10 * talk[len(talk) // 2][1]


class TestVocabulary:
    def test_a_word_is_the_rarer_the_later_it_stands(self, planted: None) -> None:
        vocabulary = Vocabulary(load_content())
        said = Counter(word for text in String.objects.values_list("content_text", flat=True)
                       for word in text.lower().rstrip(".").split())  # fmt: skip

        assert len({*vocabulary.words}) == len(vocabulary.words) == WORDS
        assert said[vocabulary.words[0]] > 1_000
        assert said[vocabulary.words[0]] > said[vocabulary.words[100]] > 0
        assert len([word for word, count in said.items() if count == 1]) > 3_000
        assert said[vocabulary.words[vocabulary.rank(0.01)]] / said.total() == pytest.approx(0.01, rel=0.2)
        assert vocabulary.rank(1e-9) == WORDS - 1


class TestEmptyTables:
    def test_rows_lie_in_the_order_they_came_in(self, db: None, stay_in_transaction: None) -> None:
        empty()
        plant()

        with connection.cursor() as cursor:
            for table in ("strings", "messages"):
                cursor.execute(f"SELECT created_at FROM {table} ORDER BY ctid")
                times = cursor.fetchall()
                assert times == sorted(times)

    def test_the_same_number_makes_the_same_crowd_and_another_another(
        self, db: None, stay_in_transaction: None
    ) -> None:
        sizes = Sizes(100)
        plant(1, sizes)
        first = {model: rows_of(model) for model in TABLES}
        empty()
        plant(1, sizes)
        again = {model: rows_of(model) for model in TABLES}
        empty()
        plant(2, sizes)

        assert again == first
        assert all(rows_of(model) != first[model] for model in TABLES)


class TestCommand:
    def test_it_plants_once_says_how_far_it_is_and_everybody_can_sign_in(
        self, transactional_db: None, capsys: pytest.CaptureFixture[str]
    ) -> None:
        call_command("seed", "--scale=20")
        said = capsys.readouterr().out

        assert "public.strings: 20 in" in said
        assert "The crowd is planted." in said
        account = AuthAccount.objects.first()
        assert account is not None
        assert password_matches(DEMO_PASSWORD, account.encrypted_password)
        before = {model: rows_of(model) for model in TABLES}
        with pytest.raises(CommandError, match="already"):
            call_command("seed", "--scale=30")
        assert {model: rows_of(model) for model in TABLES} == before

    def test_a_failure_half_way_leaves_nothing(self, transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(_crowd: object) -> None:
            raise RuntimeError("killed")

        monkeypatch.setattr(crowd, "plant_rooms", fail)

        with pytest.raises(RuntimeError, match="killed"):
            call_command("seed", "--scale=20")

        assert not AuthUser.objects.exists()
        assert not String.objects.exists()

    def test_it_joins_the_demo_world(self, transactional_db: None, settings: Any, tmp_path: Path) -> None:
        settings.CONFIG = replace(settings.CONFIG, data=tmp_path)

        call_command("seed")
        call_command("seed", "--scale=20")

        assert String.objects.count() == 220

    @pytest.mark.parametrize("scale", ["huge", "19", "-5", "²"])
    def test_a_scale_it_does_not_know_is_refused(self, scale: str) -> None:
        with pytest.raises(CommandError, match="demo, medium, large or a number of strings from 20"):
            call_command("seed", f"--scale={scale}")

    def test_it_refuses_a_database_that_is_not_local(self, db: None, settings: Any) -> None:
        settings.LOAD_SUPABASE_SCHEMA = False

        with pytest.raises(CommandError, match="local mode only"):
            call_command("seed", "--scale=20")

        assert not AuthUser.objects.exists()
