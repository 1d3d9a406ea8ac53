"""GET /search by words: strings, people and events, to whoever may see them (docs/api.md, Strings)."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts import reads
from accounts.models import AuthUser, UserProfile
from events.models import Event
from lifestring.testing.asserts import assert_error
from lifestring.testing.people import Person, block, connect, make_person
from strings.models import String

pytestmark = pytest.mark.django_db

KINDS = ("strings", "people", "events")
EVENT_KEYS = {
    *("id", "user_id", "title", "description", "start_time", "end_time", "location", "meta_data", "custom_fields"),
    *("created_at", "links", "user", "score", "highlight"),
}


def search(person: Person, words: str, **query: Any) -> dict[str, list[Any]]:
    answer = person.client.get("/api/search", {"q": words, **query})
    assert answer.status_code == 200, answer.content
    found: dict[str, list[Any]] = answer.json()["data"]
    return found


def names(found: dict[str, list[Any]]) -> dict[str, list[str]]:
    """What was found, each by what its kind is called by; kinds without a match left out."""
    keys = {"strings": "content_text", "people": "name", "events": "title"}
    return {kind: [row[keys[kind]] for row in rows] for kind, rows in found.items() if rows}


def write(author: Person, text: str | None, **fields: Any) -> String:
    return String.objects.create(user_id=author.user_id, content_text=text, **fields)


def announce(organiser: Person, title: str = "An event", **fields: Any) -> Event:
    return Event.objects.create(user_id=organiser.user_id, title=title, start_time=timezone.now(), **fields)


def tell(person: Person, **columns: Any) -> Person:
    UserProfile.objects.filter(user_id=person.user_id).update(**columns)
    return person


def test_one_question_is_asked_of_all_three(alice: Person, bob: Person, charlie: Person):
    string = write(bob, "A chess partner wanted")
    event = announce(charlie, "Chess in the park")
    tell(alice, attributes={"interests": ["chess"]})
    write(alice, "nothing of the kind")

    answer = bob.client.get("/api/search?q=chess").json()

    assert answer["meta"] == {"query": "chess", "mode": "text"}
    assert answer["data"].keys() == set(KINDS)
    found = answer["data"]
    assert names(found) == {"strings": ["A chess partner wanted"], "people": ["Alice"], "events": ["Chess in the park"]}
    for rows in found.values():
        assert 0 < rows[0]["score"] <= 1
    assert found["strings"][0].items() >= bob.client.get(f"/api/strings/{string.id}").json()["data"].items()
    assert found["people"][0].items() >= bob.client.get(f"/api/users/{alice.user_id}").json()["data"].items()
    assert found["events"][0].keys() == EVENT_KEYS
    assert found["events"][0]["id"] == str(event.id)
    assert found["events"][0]["user"]["name"] == "Charlie"


def test_nothing_found_is_three_empty_lists(alice: Person):
    assert search(alice, "nothing-like-it") == {"strings": [], "people": [], "events": []}


@pytest.mark.parametrize("kind", KINDS)
def test_type_narrows_to_one_kind(alice: Person, kind: str):
    write(alice, "chess")
    announce(alice, "chess")
    tell(alice, biography={"bio": "chess"})

    found = search(alice, "chess", type=kind)

    assert found.keys() == {kind}
    assert len(found[kind]) == 1
    assert search(alice, "chess", type="").keys() == set(KINDS)


def test_an_unknown_type_is_422(alice: Person):
    for kind in ("string", "Strings", "users", "strings,people", "all", "*", "🙂", "['strings']"):
        assert_error(alice.client.get("/api/search", {"q": "x", "type": kind}), 422, "validation_failed", field="type")


def test_without_a_question_it_is_422(alice: Person):
    for query in ({}, {"q": ""}, {"q": " \t\n\u3000"}, {"query": "x"}, {"q": "x" * 201}):
        assert_error(alice.client.get("/api/search", query), 422, "validation_failed", field="q")
    assert_error(alice.client.get("/api/search?q=a%00b"), 422, "validation_failed", field="q")
    assert_error(alice.client.get("/api/search?q=x&other=%00"), 422, "validation_failed", field="other")
    assert alice.client.get("/api/search?q=%ff%ed%a0%80x").status_code == 200


def test_only_who_is_signed_in_asks_and_only_asks(alice: Person, anonymous: Any):
    assert_error(anonymous.get("/api/search?q=x"), 401, "not_authenticated")
    assert_error(alice.client.post("/api/search?q=x", {}), 405, "method_not_allowed")


@pytest.mark.parametrize(("limit", "most"), [(None, 10), (1, 1), (3, 3), (50, 12)])
def test_each_kind_is_cut_at_the_limit(alice: Person, limit: int | None, most: int):
    for n in range(12):
        write(alice, f"chess {n}")
        announce(alice, f"chess {n}")
        tell(make_person(f"Chess{n}"))

    found = search(alice, "chess", **({"limit": limit} if limit else {}))

    assert {kind: len(rows) for kind, rows in found.items()} == dict.fromkeys(KINDS, most)


def test_a_limit_out_of_range_is_422(alice: Person):
    for limit in ("0", "-1", "51", "x", "1.0", "9" * 40, "٣"):
        assert_error(
            alice.client.get("/api/search", {"q": "x", "limit": limit}), 422, "validation_failed", field="limit"
        )


# --- words ------------------------------------------------------------------------------------------------------------

LOOKED_FOR: list[tuple[str, bool]] = [
    ("chess", True),
    ("CHESS", True),
    ("che", True),
    ("hess", False),
    ("chess lisbon", True),
    ("lisbon   chess", True),
    ("lis che", True),
    ("chess porto", False),
    ("chess,lisbon", True),
    ("chess's", True),
    ("o'neill", True),
    ("neill", True),
    ("node.js", True),
    ("node", True),
    ("3.14", True),
    ("a.b@example.com", True),
    ("https://example.com/x", True),
    ("c++", True),
    ("ärger", True),
    ("ÄRGER", True),
    ("日本", True),
    ("chess & lisbon", True),
    ("chess &", True),
    ("& chess", True),
    ("chess | porto", False),
    ("!chess", True),
    ("!porto", False),
    ("(chess", True),
    ("chess)", True),
    ("(chess) (lisbon)", True),
    ("chess <-> lisbon", True),
    ("chess <2> lisbon", False),
    ("'chess'", True),
    ("''chess", True),
    ("chess'", True),
    ("chess:*", True),
    ("chess:z", False),
    (":chess", True),
    ("*chess*", True),
    ("chess\\", True),
    ("\\chess", True),
    ("chess\\' lisbon", True),
    ('"chess in lisbon"', True),
    ("chess%", True),
    ("ch_ss", False),
    ("%s %(q)s", False),
    ("{0} chess", False),
    ("chess; DROP TABLE public.strings --", False),
    ("🙂 chess", True),
]
TEXT = "Chess in Lisbon with O'Neill, node.js, C++, 3.14, Ärger, 日本語, a.b@example.com, https://example.com/x 🙂"
PLACES: dict[str, Callable[[Person], Any]] = {
    "strings": lambda person: write(person, TEXT),
    "people": lambda person: tell(person, biography={"bio": TEXT}),
    "events": lambda person: announce(person, description=TEXT),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_word_must_begin_a_word_of_it(alice: Person, bob: Person, kind: str, subtests: pytest.Subtests):
    PLACES[kind](alice)
    for words, found in LOOKED_FOR:
        with subtests.test(words):
            assert len(search(bob, words, type=kind)[kind]) == found


def test_without_a_word_nothing_is_found(alice: Person, subtests: pytest.Subtests):
    for place in PLACES.values():
        place(alice)
    write(alice, "' : & | ! ( ) * <-> \\ \" % _ ... 🙂")
    for words in (
        "'",
        "''",
        ":",
        "&",
        "|",
        "!",
        "(",
        ")",
        "()",
        "*",
        ":*",
        "<->",
        "\\",
        "\\'",
        '"',
        "%",
        "_",
        "...",
        "🙂",
        "' & '",
    ):
        with subtests.test(words):
            assert names(search(alice, words)) == {}


def test_the_words_may_be_spread_over_what_a_person_tells(alice: Person, bob: Person):
    tell(alice, biography={"bio": "I live in Lisbon"}, attributes={"hobbies": ["chess", {"deep": ["surfing"]}], "n": 5})
    for words in ("alice chess lisbon", "surf alice", "chess surfing lisbon"):
        assert names(search(bob, words)) == {"people": ["Alice"]}
    assert names(search(bob, "alice poker")) == {}


def test_the_words_may_be_spread_over_an_event(alice: Person, bob: Person):
    announce(alice, "Chess evening", description="bring a clock", location="Lisbon, Rua Augusta")
    announce(
        alice, "Walk", description=None, location=None, meta_data={"secret": "chess"}, custom_fields={"x": "lisbon"}
    )
    assert names(search(bob, "chess clock lisbon")) == {"events": ["Chess evening"]}
    assert names(search(bob, "walk")) == {"events": ["Walk"]}


def test_keys_are_not_searched(alice: Person, bob: Person):
    tell(alice, biography={"zebra": "x"}, attributes={"okapi": ["y"]})
    assert names(search(bob, "zebra")) == names(search(bob, "okapi")) == names(search(bob, "passions")) == {}


ODD = [None, [], {}, "text", 5, True, [None, {"name": ["x"]}], {"name": None}]


@pytest.mark.parametrize("column", ["contact_info", "biography", "attributes"])
def test_whatever_other_clients_wrote_is_searched(alice: Person, bob: Person, column: str, subtests: pytest.Subtests):
    write(alice, "chess")
    for value in ODD:
        with subtests.test(repr(value)):
            tell(alice, **{column: value})
            assert names(search(bob, "chess")) == {"strings": ["chess"]}
            assert names(search(bob, "bob")) == {"people": ["Bob"]}


# --- privacy ----------------------------------------------------------------------------------------------------------

CONTACT = {
    "name": "Alice",
    "email": "zanzibar@quokka.example",
    "phone": "+351 912345678",
    "birthday": "1999-12-31",
    "address": "Wombat street 77",
    "location": "Numbat",
    "website": "https://potoroo.example",
}
SECRETS = ["zanzibar", "quokka", "zanzibar@quokka.example", "912345678", "351", "1999", "wombat", "numbat", "potoroo"]


@pytest.fixture
def discreet(alice: Person) -> Person:
    """alice, with something in every private place."""
    AuthUser.objects.filter(id=alice.user_id).update(phone="912345678")
    return tell(alice, contact_info=CONTACT, meta={"note": "bilby"}, social_links={"twitter": "dunnart"})


def test_contact_data_and_meta_are_never_searched_by_anybody(
    discreet: Person, bob: Person, charlie: Person, admin: Person
):
    for person in (discreet, bob, charlie, admin):
        for words in (*SECRETS, "bilby", "dunnart", f"alice {SECRETS[0]}"):
            assert names(search(person, words)) == {}, (person.name, words)
        assert names(search(person, "alice")) == {"people": ["Alice"]}


def test_what_is_found_shows_what_the_caller_may_see(discreet: Person, bob: Person, charlie: Person, admin: Person):
    def shown(person: Person) -> tuple[set[str], bool]:
        found = search(person, "alice")["people"][0]
        return set(found["contact_info"]), "meta" in found

    everybody = {"name", "location", "website"}
    assert shown(charlie) == (everybody, False)
    assert shown(bob) == (everybody | {"email", "phone"}, False)
    assert shown(discreet) == shown(admin) == (set(CONTACT), True)
    dora = make_person("Dora")
    connect(dora, discreet, status="pending")  # type: ignore[arg-type]
    assert shown(dora) == (everybody, False)


def test_the_authors_of_what_is_found_are_shown_short(discreet: Person, charlie: Person):
    write(discreet, "chess")
    announce(discreet, "chess")
    for rows in search(charlie, "chess").values():
        for row in rows:
            assert row["user"].keys() == {"id", "user_id", "name", "is_admin", "is_mod"}
    assert "quokka" not in str(search(charlie, "chess"))


@pytest.mark.parametrize("direction", ["caller blocked", "caller was blocked"])
def test_people_a_block_stands_between_are_absent_with_all_they_wrote(
    alice: Person, bob: Person, charlie: Person, direction: str
):
    tell(charlie, biography={"bio": "chess"})
    write(charlie, "chess")
    announce(charlie, "chess")
    everything = {"strings": ["chess"], "people": ["Charlie"], "events": ["chess"]}
    assert names(search(alice, "chess")) == everything

    block(*((alice, charlie) if direction == "caller blocked" else (charlie, alice)))

    assert names(search(alice, "chess")) == {}
    assert names(search(alice, "charlie")) == {}
    for kind in KINDS:
        assert search(alice, "chess", type=kind) == {kind: []}
    assert names(search(bob, "chess")) == names(search(charlie, "chess")) == everything
    assert names(search(charlie, "alice")) == {}


def test_strings_and_events_outlive_their_authors_profile(alice: Person, bob: Person):
    gone = AuthUser.objects.create(email="gone@lifestring.example")
    UserProfile.objects.filter(user_id=gone.id).delete()
    String.objects.create(user_id=gone.id, content_text="chess")
    Event.objects.create(user_id=gone.id, title="chess", start_time=timezone.now())

    found = search(bob, "chess")

    assert [rows[0]["user"] for rows in (found["strings"], found["events"])] == [None, None]
    assert found["people"] == []


# --- order ------------------------------------------------------------------------------------------------------------


def test_the_best_match_comes_first(alice: Person, bob: Person):
    texts = ["chess " + "and many other things " * 5, "chess chess chess chess", "chess twice: chess"]
    for text in texts:
        write(alice, text)
        announce(alice, "An event", description=text)

    found = search(bob, "chess")

    assert [row["content_text"] for row in found["strings"]] == [texts[1], texts[2], texts[0]]
    assert [row["description"] for row in found["events"]] == [texts[1], texts[2], texts[0]]
    for kind in ("strings", "events"):
        scores = [row["score"] for row in found[kind]]
        assert scores == sorted(scores, reverse=True)
        assert len(set(scores)) == 3


def test_equal_matches_come_newest_first(alice: Person, bob: Person):
    for n in range(5):
        created = timezone.now().replace(year=2020 + n)
        write(alice, f"chess number{n}", created_at=created)
        announce(alice, f"chess number{n}", created_at=created)
    newest_first = [f"chess number{n}" for n in (4, 3, 2, 1, 0)]

    for _ in range(2):
        assert names(search(bob, "chess")) == {"strings": newest_first, "events": newest_first}
    assert names(search(bob, "chess", limit=2))["strings"] == newest_first[:2]


def test_people_are_ranked_too(alice: Person, bob: Person, charlie: Person):
    tell(alice, biography={"bio": "chess"})
    tell(charlie, biography={"bio": "chess chess"}, attributes={"hobbies": ["chess"]})
    assert names(search(bob, "chess")) == {"people": ["Charlie", "Alice"]}


def test_the_newest_of_many_people_are_the_same_wherever_it_is_looked_first(
    bob: Person, monkeypatch: pytest.MonkeyPatch
):
    """Of 130 who match, some came at one moment and of some it is not known when (docs/decisions/016-search.md)."""
    ids = [uuid.uuid4() for _ in range(130)]
    AuthUser.objects.bulk_create([AuthUser(id=one, email=f"{one}@x.example") for one in ids])
    begin = datetime(2025, 1, 1, tzinfo=UTC)
    for number, one in enumerate(ids):
        came = None if number % 10 == 3 else begin + timedelta(days=number // 3)
        UserProfile.objects.filter(user_id=one).update(biography={"bio": "chess " * (number % 7 + 1)}, created_at=came)
    found = []
    for nearest in (5_000, 116, 105, 20, 2):
        monkeypatch.setattr("accounts.reads.NEAREST", nearest)
        found.append(reads.best(bob.caller, "chess"))
    assert len(found[0]) == 100
    assert all(one == found[0] for one in found)


def test_one_callers_result_is_never_anothers(alice: Person, bob: Person, charlie: Person):
    """The SQL of a search is kept between callers and words."""
    write(alice, "chess")
    write(bob, "poker")
    block(charlie, bob)
    for _ in range(2):
        assert names(search(alice, "chess")) == names(search(charlie, "chess")) == {"strings": ["chess"]}
        assert names(search(alice, "poker")) == {"strings": ["poker"]}
        assert names(search(charlie, "poker")) == {}
    assert search(alice, "chess")["strings"][0]["is_liked_by_user"] is False
    alice.client.put(f"/api/strings/{search(alice, 'chess')['strings'][0]['id']}/like")
    assert search(alice, "chess")["strings"][0]["is_liked_by_user"] is True
    assert search(charlie, "chess")["strings"][0]["is_liked_by_user"] is False
