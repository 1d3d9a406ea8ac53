"""Reading a table that some installations have, in whatever shape they have it (docs/database.md)."""

from typing import Any

import pytest
from django.db import connection

from accounts.detailed_profiles import DetailedProfile, detailed_profiles_of
from lifestring.schema_setup import SQL_FOLDER
from lifestring.testing.people import Person

pytestmark = pytest.mark.django_db


def execute(sql: str, *parameters: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters or None)


def test_without_detailed_profiles_there_is_nothing_to_read(alice: Person, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert detailed_profiles_of([alice.user_id]) == {}
    with django_assert_num_queries(0):
        assert detailed_profiles_of([]) == {}


def test_detailed_profiles_are_read_where_they_exist(alice: Person, bob: Person, charlie: Person):
    execute((SQL_FOLDER / "optional_detailed_profiles.sql").read_text())
    execute(
        """INSERT INTO public.detailed_profiles (user_id, name, profile_photo, photos, interests, birthday) VALUES
           (%s, 'Alice', 'https://x.example/a.jpg', '{https://x.example/b.jpg}', '{chess,NULL}', '1990-01-01')""",
        alice.user_id,
    )
    execute("INSERT INTO public.detailed_profiles (user_id) VALUES (%s)", bob.user_id)

    assert detailed_profiles_of([alice.user_id, bob.user_id, charlie.user_id]) == {
        alice.user_id: DetailedProfile(
            user_id=alice.user_id,
            name="Alice",
            profile_photo="https://x.example/a.jpg",
            photos=("https://x.example/b.jpg",),
            interests=("chess",),
        ),
        bob.user_id: DetailedProfile(user_id=bob.user_id),
    }


def test_detailed_profiles_of_another_make_do_not_break_the_reading(alice: Person):
    execute("CREATE TABLE public.detailed_profiles (user_id uuid, bio text[], interests text, skills jsonb)")
    execute(
        "INSERT INTO public.detailed_profiles VALUES (%s, '{a,b}', 'chess', %s)",
        alice.user_id,
        '["Go", 3, null, "Dart"]',
    )

    assert detailed_profiles_of([alice.user_id]) == {
        alice.user_id: DetailedProfile(user_id=alice.user_id, skills=("Go", "Dart"))
    }


@pytest.mark.parametrize(
    "table",
    [
        (SQL_FOLDER / "optional_detailed_profiles.sql").read_text(),
        "CREATE TABLE public.detailed_profiles (user_id uuid REFERENCES public.user_profiles (user_id), bio text[])",
        "CREATE TABLE public.detailed_profiles (user_id uuid REFERENCES auth.users (id), age text)",
    ],
    ids=["as documented", "of the profile", "of the account"],
)
def test_erasing_a_person_erases_theirs(alice: Person, bob: Person, table: str):
    execute(table)
    for person in (alice, bob):
        execute("INSERT INTO public.detailed_profiles (user_id) VALUES (%s)", person.user_id)
    assert alice.client.delete("/api/me").status_code == 204
    with connection.cursor() as cursor:
        cursor.execute("SELECT user_id FROM public.detailed_profiles")
        assert cursor.fetchall() == [(bob.user_id,)]
