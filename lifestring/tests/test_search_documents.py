"""What is searched of a row: folded words, stems in the text's language, on an index or without (docs/decisions/016-search.md)."""

import sys
import unicodedata

import pytest
from django.db import connection

from accounts import reads as people_reads
from accounts.callers import Caller
from events import reads as event_reads
from lifestring import rows, search
from lifestring.search import function
from lifestring.search.languages import LANGUAGES, fold
from lifestring.testing.people import Person
from lifestring.testing.volume import many_people, many_strings
from strings import reads as string_reads
from strings.models import String

pytestmark = pytest.mark.django_db

RANKED = {"strings": string_reads.ranked, "user_profiles": people_reads.ranked, "events": event_reads.ranked}


def plan(queryset) -> str:
    sql, params = queryset.values_list("id").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}", params)
        return "\n".join(row[0] for row in cursor.fetchall())


def test_languages_are_told_apart_by_signs_of_their_own():
    signs = [sign for language in LANGUAGES for sign in language.signs]
    assert len(signs) == len(set(signs))
    assert {len(language.signs) for language in LANGUAGES} == {len(LANGUAGES[0].signs)}
    assert not [sign for sign in signs if not sign.isalpha()]


def test_python_and_postgresql_fold_alike():
    letters = [chr(code) for code in range(0x20, 0x2FFF) if unicodedata.category(chr(code))[0] in "LN"]
    letters += ["Straße", "ŒUVRE", "Łódź", "e\u0301", "\ufb01n", "\uff21", "각", "が", "İ", "ΟΔΟΣ", "Ø"]
    words = "tsvector_to_array(to_tsvector('simple', expected))"
    with connection.cursor() as cursor:
        sql = (
            f"SELECT given FROM unnest(%s::text[], %s::text[]) AS pair (given, expected) "
            f"WHERE NOT {words} <@ tsvector_to_array({function.NAME}(given, NULL))"
        )
        cursor.execute(sql, [letters, list(map(fold, letters))])
        differing = [row[0] for row in cursor.fetchall()]
    # Each knows letters of Unicode the other has not heard of yet.
    assert len(differing) <= 10, differing
    assert fold("Straße Ærø ÎLE Łódź e\u0301") == "strasse aero ile lodz e"


def test_the_function_in_the_database_is_the_one_written_here():
    with connection.cursor() as cursor:
        cursor.execute("SELECT prosrc FROM pg_proc WHERE oid = %s::regproc", [function.NAME])
        assert cursor.fetchall() == [(function.body(),)]


def test_other_clients_write_rows_that_an_index_on_it_covers(alice: Person):
    many_strings(alice.user_id, 1)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE INDEX search_idx ON public.strings USING gin ({search.STRINGS.sql()})")
        cursor.execute(
            "SELECT set_config('request.jwt.claims', jsonb_build_object('sub', %s::text)::text, true)", [alice.user_id]
        )
        cursor.execute("SET LOCAL search_path = public; SET LOCAL ROLE authenticated")
        cursor.execute("UPDATE strings SET content_text = 'Schachfiguren' RETURNING user_id")
        assert cursor.fetchall() == [(alice.user_id,)]
        cursor.execute("RESET ROLE; SET LOCAL search_path = django, public, extensions")
    assert alice.client.get("/api/strings?search=schach").json()["meta"]["total"] == 1


@pytest.mark.parametrize("table", search.DOCUMENTS)
def test_an_index_on_the_document_serves_the_search(alice: Person, table: str):
    many_strings(alice.user_id, 50)
    many_people(50)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE INDEX search_idx ON public.{table} USING gin ({search.DOCUMENTS[table].sql()})")
        cursor.execute("SET LOCAL enable_seqscan = off")
    for text in ("chess", "running shoes", '"running shoes" -chess', "node.js"):
        assert "Bitmap Index Scan on search_idx" in plan(RANKED[table](alice.caller, text)), text
    if table == "strings":
        listed = string_reads.feed(alice.caller, None, None, None, "chess").order_by("-likes_count", "-id")
        assert "Bitmap Index Scan on search_idx" in plan(listed)


def test_a_caller_with_blocks_uses_it_too(alice: Person, bob: Person):
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE INDEX search_idx ON public.strings USING gin ({search.STRINGS.sql()})")
        cursor.execute("SET LOCAL enable_seqscan = off")
    caller = Caller(alice.user_id, alice.profile.id, blocked_ids=frozenset({bob.user_id}))
    assert "Bitmap Index Scan on search_idx" in plan(string_reads.ranked(caller, "chess"))


def test_of_very_many_matches_the_newest_are_ranked(alice: Person, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys.modules["lifestring.search.matches"], "MAX_RANKED", 5)
    many_strings(alice.user_id, 20)
    found = list(String.objects.ranked("text").values_list("content_text", flat=True))
    assert found == [f"text {n}" for n in (19, 18, 17, 16, 15)]


# Among how many it looks first and then, how many PostgreSQL expects of all and of the first, and where it looks.
LOOKS = [
    (9, 9, (0,), ["everywhere"]),
    (3, 9, (9_999, 9_999), ["nearby"]),
    (1, 9, (9_999, 9_999), ["nearby", "farther"]),
    (1, 9, (9_999, 1), ["farther"]),
    (1, 9, (9_999, 0), ["everywhere"]),
    (1, 1, (9_999, 9_999), ["nearby", "everywhere"]),
    (0, 1, (9_999, 9_999), ["nearby", "farther", "everywhere"]),
    (1, 99, (9_999, 9_999), ["nearby", "everywhere"]),
    (99, 99, (9_999,), ["everywhere"]),
    (1, 9, (None, None), ["nearby", "everywhere"]),
]


def test_the_same_are_ranked_wherever_it_looks_first(alice: Person, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys.modules["lifestring.search.matches"], "MAX_RANKED", 3)
    monkeypatch.setattr(search, "MAX_RANKED", 3)
    many_strings(alice.user_id, 20)
    fetch, looked = rows.fetch, []
    names = {"ranked_nearby": "nearby", "ranked_since": "farther", "ranked": "everywhere"}

    def seen(build, *given, **options):
        looked.extend([names[build.__name__]] if build.__name__ in names else [])
        return fetch(build, *given, **options)

    monkeypatch.setattr("lifestring.rows.fetch", seen)
    for recent, farther, expected, looks in LOOKS:
        looked.clear()
        given = iter(expected)
        monkeypatch.setattr("strings.reads.RECENT", recent)
        monkeypatch.setattr("strings.reads.FARTHER", farther)
        monkeypatch.setattr("lifestring.rows.expected", lambda *_, given=given: next(given))
        best = string_reads.best(alice.caller, "text")
        assert [String.objects.get(id=one).content_text for one in best] == ["text 19", "text 18", "text 17"]
        assert looked == looks
