"""What deploy/sql promises beyond columns: who may read what through the data API, and no index production lacks."""

import json
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from lifestring.testing.people import Person
from strings.models import String

pytestmark = pytest.mark.django_db

INDEXES = {
    "messages(room_id)",
    "messages(user_id)",
    "room_participants(user_id)",
    "user_connections(receiver_id)",
    "user_connections(requester_id)",
    "user_recommendations(recommended_user_id)",
    "user_recommendations(user_id)",
}


def ask(sql: str, *, role: str = "authenticated", claims: dict[str, Any] | None = None) -> list[Any]:
    """Run a query as Supabase's data API does for a client."""
    with transaction.atomic(), connection.cursor() as cursor:
        text = json.dumps(claims) if claims is not None else ""
        cursor.execute("SELECT set_config('request.jwt.claims', %s, true)", [text])
        cursor.execute(f"SET LOCAL ROLE {role}")
        cursor.execute(sql)
        rows = cursor.fetchall()
        cursor.execute("RESET ROLE")
        return [row[0] for row in rows]


def as_user(person: Person) -> dict[str, Any]:
    return {"sub": str(person.user_id), "role": "authenticated"}


def test_uid_is_the_subject_of_the_claims(alice: Person):
    assert ask("SELECT auth.uid()", claims=as_user(alice)) == [alice.user_id]
    assert ask("SELECT auth.uid()", claims={}) == [None]
    assert ask("SELECT auth.uid()") == [None]


def test_get_my_claim_reads_the_app_metadata():
    claims = {"app_metadata": {"roles": ["super admin"], "plan": {"name": "free"}}, "user_metadata": {"roles": ["x"]}}

    assert ask("SELECT public.get_my_claim('roles')::text", claims=claims) == ['["super admin"]']
    assert ask("SELECT public.get_my_claim('plan') ->> 'name'", claims=claims) == ["free"]
    assert ask("SELECT public.get_my_claim('nothing')", claims=claims) == [None]
    assert ask("SELECT public.get_my_claim('roles')") == [None]


def test_profiles_show_themselves_to_their_owner_and_super_admins_only(alice: Person, bob: Person):
    sql = "SELECT user_id FROM public.user_profiles ORDER BY user_id"
    everybody = sorted([alice.user_id, bob.user_id])

    assert ask(sql, claims=as_user(alice)) == [alice.user_id]
    assert ask(sql, claims={**as_user(alice), "app_metadata": {"roles": ["super admin"]}}) == everybody
    assert ask(sql, claims={**as_user(alice), "app_metadata": {"roles": ["admin"]}}) == [alice.user_id]
    assert ask(sql, claims={**as_user(alice), "user_metadata": {"roles": ["super admin"]}}) == [alice.user_id]
    assert ask(sql, role="anon") == []
    assert ask(sql, role="service_role") == everybody


def test_strings_show_themselves_to_their_owner_only(alice: Person, bob: Person):
    string = String.objects.create(user_id=alice.user_id, content_text="hello")

    assert ask("SELECT id FROM public.strings", claims=as_user(alice)) == [string.id]
    assert ask("SELECT id FROM public.strings", claims=as_user(bob)) == []
    changed = ask("UPDATE public.strings SET content_text = 'mine' RETURNING id", claims=as_user(bob))
    assert changed == []


def test_nobody_writes_in_the_name_of_another(alice: Person, bob: Person):
    sql = f"INSERT INTO public.strings (user_id) VALUES ('{alice.user_id}') RETURNING user_id"

    assert ask(sql, claims=as_user(alice)) == [alice.user_id]
    with pytest.raises(ProgrammingError, match="row-level security"):
        ask(sql, claims=as_user(bob))


def test_clients_cannot_read_accounts(alice: Person):
    with pytest.raises(ProgrammingError, match="permission denied"):
        ask("SELECT id FROM auth.users", claims=as_user(alice))


def test_row_security_is_on_and_rights_are_given_on_every_table():
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT relname, relrowsecurity,
                      has_table_privilege('anon', oid, 'SELECT, INSERT, UPDATE, DELETE')
                      AND has_table_privilege('authenticated', oid, 'SELECT, INSERT, UPDATE, DELETE')
                      AND has_table_privilege('service_role', oid, 'SELECT, INSERT, UPDATE, DELETE')
                 FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"""
        )
        tables = cursor.fetchall()

    assert len(tables) == 16
    assert {(secured, granted) for _, secured, granted in tables} == {(True, True)}


def test_there_is_no_index_that_production_lacks():
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT c.relname || regexp_replace(pg_get_indexdef(i.indexrelid), '.*(\\(.*\\))', '\\1')
                 FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
                WHERE c.relnamespace = 'public'::regnamespace AND NOT i.indisunique"""
        )
        assert {row[0] for row in cursor.fetchall()} == INDEXES


def test_message_status_is_there_though_nothing_uses_it():
    assert ask("SELECT unnest(enum_range(NULL::public.message_status))::text", role="anon") == [
        "sent",
        "delivered",
        "read",
    ]


def test_an_address_has_one_account_unless_single_sign_on_made_it(alice: Person):
    sql = "INSERT INTO auth.users (id, email, is_sso_user) VALUES (gen_random_uuid(), 'same@lifestring.example', %s)"
    with connection.cursor() as cursor:
        cursor.execute(sql, [False])
        cursor.execute(sql, [True])
        with pytest.raises(IntegrityError, match="users_email_partial_key"), transaction.atomic():
            cursor.execute(sql, [False])
