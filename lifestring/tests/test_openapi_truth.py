"""The OpenAPI document says what happens: every operation is called, and its answers are held against it."""

import re
import uuid
from datetime import timedelta

import pytest
from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.test import APIClient

from accounts.answers import ALICE_ID
from accounts.models import AuthUser, ConnectionStatus, Suspension, UserConnection, UserProfile, UserRecommendation
from accounts.openapi import BOB_ID
from ai.answers import RECOMMENDATION_ID
from ai.tests.vectors import means, string_meaning, towards
from chat.answers import MESSAGE_ID, NEWCOMER_ID, ROOM_ID
from chat.models import Message, Room, RoomParticipant
from events.answers import EVENT_ID
from events.models import Event
from lifestring import listing, pagination
from lifestring.testing.documented import assert_documented, openapi, operations, resolved
from lifestring.testing.people import Person, block, connect, make_person
from moderation.answers import SANCTION_ID
from moderation.models import Appeal, Sanction
from strings.answers import COMMENT_ID, STRING_ID
from strings.models import String, StringComment

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("with_models")]


BLOCKED = ("/Blocked", "/BlockedOrForbidden")
# Refuses whoever says in the body that it is for somebody else, and nobody who does not.
NAMES_ITS_OWNER = ("post", "/api/recommendations")
# Where `{user}` is somebody to be connected with.
OTHERS = re.compile(r"/connections/\{user\}|/block$")
# How the suspended say that they are right; about what somebody was told, and so theirs alone.
APPEALS = ("post", "/api/appeals")
# For who brings a secret of its own, which is nobody of the cast (lifestring/tests/test_telemetry.py).
METRICS = "/metrics"
# What nobody but alice may even read.
OWN = "/api/recommendations/{recommendation_id}"


class World:
    """What the examples speak of: alice's string, bob's comment on it with a reply, an account without a profile.

    And a friend, who is asking everybody for a connection.
    """

    def __init__(self, alice: Person, bob: Person) -> None:
        self.ids = {
            "string_id": STRING_ID,
            "comment_id": COMMENT_ID,
            "event_id": EVENT_ID,
            "recommendation_id": RECOMMENDATION_ID,
            "user": str(alice.user_id),
        }
        self.alice = alice
        pair = {"user_id": alice.user_id, "recommended_user_id": bob.user_id}
        UserRecommendation.objects.get_or_create(id=RECOMMENDATION_ID, defaults={**pair, "similarity_score": 0.5})
        UserRecommendation.objects.filter(recommended_user_id=ALICE_ID).delete()
        event = {"title": "Chess in the park", "start_time": timezone.now(), "meta_data": {"is_join": True}}
        Event.objects.get_or_create(id=EVENT_ID, defaults={"user_id": alice.user_id, **event})
        assert bob.client.put(f"/api/events/{EVENT_ID}/attendance", {"status": "going"}).status_code == 200
        if not String.objects.filter(id=STRING_ID).exists():
            String.objects.create(
                id=STRING_ID, user_id=alice.user_id, content_text="chess", content_images=["http://i"]
            )
        bob.client.put(f"/api/strings/{STRING_ID}/like")
        if not StringComment.objects.filter(id=COMMENT_ID).exists():
            StringComment.objects.create(id=COMMENT_ID, string_id=STRING_ID, user_id=bob.user_id, content="Me!")
        reply = {"content": "When?", "parent_comment_id": COMMENT_ID}
        assert alice.client.post(f"/api/strings/{STRING_ID}/comments", reply).status_code == 201
        self.furnish_room(alice)
        warned = {"person_id": alice.user_id, "kind": "warning", "reason": "Be kind."}
        Sanction.objects.get_or_create(id=SANCTION_ID, defaults=warned)
        Appeal.objects.all().delete()
        AuthUser.objects.get_or_create(id=BOB_ID)
        UserProfile.objects.filter(user_id=BOB_ID).delete()
        AuthUser.objects.get_or_create(id=ALICE_ID)
        UserConnection.objects.filter(receiver_id=ALICE_ID).delete()

    def part(self) -> None:
        """Take away what stands between the friend and others, but for blocks."""
        UserConnection.objects.filter(Q(requester_id=ALICE_ID) | Q(receiver_id=ALICE_ID)).exclude(
            status="blocked"
        ).delete()

    def furnish_room(self, alice: Person) -> None:
        """Have everybody but the newcomer in one room, where alice said what the examples quote, and one room more."""
        self.alice = alice
        self.ids |= {"room_id": ROOM_ID, "message_id": MESSAGE_ID}
        AuthUser.objects.get_or_create(id=NEWCOMER_ID)
        Room.objects.get_or_create(id=ROOM_ID, defaults={"metadata": {"type": "ai_chat"}})
        RoomParticipant.objects.filter(room_id=ROOM_ID, user_id=NEWCOMER_ID).delete()
        everybody = UserProfile.objects.exclude(user_id=NEWCOMER_ID).values_list("user_id", flat=True)
        places = [RoomParticipant(room_id=ROOM_ID, user_id=user_id) for user_id in everybody]
        RoomParticipant.objects.bulk_create(places, ignore_conflicts=True)
        said = {"room_id": ROOM_ID, "user_id": alice.user_id, "content": "Who?"}
        Message.objects.get_or_create(id=MESSAGE_ID, defaults=said)
        assert alice.client.post(f"/api/rooms/{ROOM_ID}/messages", {"content": "I."}).status_code == 201
        assert alice.client.post("/api/rooms", {"metadata": {"type": "ai_chat"}}).status_code == 201

    def path(self, path: str, **ids: str) -> str:
        """Return a documented path with these ids in it."""
        known = self.ids | ids
        if OTHERS.search(path):
            self.part()
            people = UserProfile.objects.exclude(user_id=ALICE_ID).values_list("user_id", flat=True)
            UserConnection.objects.bulk_create(
                UserConnection(requester_id=ALICE_ID, receiver_id=person) for person in people
            )
            known = {"user": ALICE_ID} | ids
        return re.sub(r"{(\w+)}", lambda found: known[found[1]], path)

    def spare(self, method: str, path: str) -> tuple[str, Person | None]:
        """Return a path, and who should call it: nobody of the cast to be erased, alice to change what she said."""
        if path == "/api/connections":
            self.part()
        if path == OWN or (method, path) == APPEALS:
            return self.path(path), self.alice
        if method == "delete" and path == "/api/users/{user}":
            return self.path(path, user=str(make_person("Mallory").user_id)), None
        if method in {"put", "patch"} and path.endswith("/messages/{message_id}"):
            return self.path(path), self.alice
        return self.path(path), make_person("Eve") if (method, path) == ("delete", "/api/me") else None


@pytest.fixture
def world(alice: Person, bob: Person, charlie: Person, admin: Person) -> World:
    alice.client.post(f"/api/users/{alice.user_id}/enneagrams", {"enneagram_ids": [5, 9]})
    means(alice, towards(1))
    for second in range(2):
        string_meaning(charlie, second, towards(1))
    return World(alice, bob)


def _bodies(operation):
    """The bodies the document proposes; one empty one where it proposes none."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {"examples": {}})
    return [example["value"] for example in content["examples"].values()] or [None]


def _parameters(operation, place):
    return {p["name"]: p for p in map(resolved, operation["parameters"]) if p["in"] == place}


def _secured():
    return [found for found in operations() if found[2]["security"] and found[2]["tags"] != ["Auth"]]


def _call(client, method, path, operation):
    return client.generic(method.upper(), path, *_encoded(_bodies(operation)[0]))


def _encoded(body):
    client = APIClient()
    return client._encode_data(body, None, None) if body is not None else ()


def _query(operation):
    """A query with everything the operation can add to its answer."""
    query = {"q": "chess"} if "q" in _parameters(operation, "query") else {}
    for name in ("include", "withCount"):
        if parameter := _parameters(operation, "query").get(name):
            query[name] = ",".join(parameter["schema"]["items"]["enum"])
    return query


def test_reads_answer_what_is_documented_whoever_asks(world, alice, bob, charlie, admin):
    for method, path, operation in operations():
        if method != "get" or path == METRICS:
            continue
        for person in (alice,) if path == OWN else (alice, bob, charlie, admin):
            full = person.client.get(world.path(path), _query(operation))
            assert full.status_code == 200, path
            assert_documented(full)
            assert_documented(person.client.get(world.path(path), _query(operation) | {"include": ""}))


def test_lists_answer_what_is_documented_page_by_page(world, alice, bob):
    for n in range(2):
        mine = alice.client.post("/api/strings", {"content_text": f"chess {n}"}).json()["data"]["id"]
        for address in (mine, STRING_ID):
            assert alice.client.put(f"/api/strings/{address}/like").status_code == 200
        World(alice, bob)
        alice.client.post(f"/api/strings/{STRING_ID}/comments", {"content": "again"})
        alice.client.post("/api/events", {"title": f"chess {n}", "start_time": "2026-11-29T14:00:00Z"})
        alice.client.put(f"/api/events/{EVENT_ID}/attendance", {"status": "maybe"})
        bob.client.post("/api/strings", {"content_text": f"chess {n}"})
        alice.client.post("/api/recommendations", {"recommended_user_id": str(make_person("Like").user_id)})
        for status in (ConnectionStatus.ACCEPTED, ConnectionStatus.PENDING):
            connect(make_person("Other"), alice, status)
        block(alice, make_person("Other"))
        Sanction.objects.create(person_id=alice.user_id, kind="warning", reason="Be kind.")
        reported = {"target_type": "user", "target_id": str(make_person("Other").user_id), "reason": "spam"}
        assert alice.client.post("/api/reports", reported).status_code == 201
    for method, path, operation in operations():
        if method != "get" or "cursor" not in _parameters(operation, "query"):
            continue
        for query in ({"page": 1}, {"cursor": ""}):
            answer = alice.client.get(world.path(path), query | {"per_page": 1})
            assert_documented(answer)
            assert_documented(alice.client.get(answer.json()["links"]["next"]))
        assert_documented(alice.client.get(world.path(path), {"page": 99}))


def test_a_list_too_long_to_count_answers_what_is_documented(world, alice, monkeypatch):
    monkeypatch.setattr(pagination, "MAX_COUNTED", 1)

    answer = alice.client.get("/api/users", {"per_page": 1})

    assert answer.json()["meta"]["total_is_capped"] is True
    assert_documented(answer)


def test_writes_take_the_documented_examples_and_answer_what_is_documented(world, alice, bob, admin):
    for method, path, operation in operations():
        if method == "get" or operation["tags"] == ["Auth"]:
            continue
        for body in _bodies(operation):
            World(alice, bob)
            address, caller = world.spare(method, path)
            answer = (caller or admin).client.generic(method.upper(), address, *_encoded(body))
            assert 200 <= answer.status_code < 300, (method, path, answer.content)
            assert_documented(answer)


def test_writes_answer_with_the_documented_includes(world, alice):
    for method, path, operation in operations():
        if method == "get" or "include" not in _parameters(operation, "query") or path == "/api/users":
            continue
        names = _query(operation)["include"]
        answer = _call(alice.client, method, f"{world.path(path)}?include={names}", operation)
        if answer.status_code != 403:
            assert_documented(answer)
            added = {re.sub("([A-Z])", r"_\1", name.partition(".")[0]).lower() for name in names.split(",")}
            assert added <= set(answer.json()["data"]), (method, path)


def test_without_a_token_every_secured_operation_answers_401(world, anonymous):
    for method, path, operation in _secured():
        answer = _call(anonymous, method, world.path(path), operation)
        assert answer.status_code == 401, path
        assert_documented(answer)


def test_whoever_is_banned_gets_403_everywhere(world, charlie):
    AuthUser.objects.filter(id=charlie.user_id).update(banned_until=timezone.now() + timedelta(hours=1))
    for method, path, operation in _secured():
        answer = _call(charlie.client, method, world.path(path), operation)
        assert (answer.status_code, answer.json()["code"]) == (403, "user_banned"), path
        assert_documented(answer)


def test_whoever_is_suspended_gets_403_on_every_write(world, charlie):
    Suspension.objects.create(user_id=charlie.user_id)
    for method, path, operation in _secured():
        if method == "get" or (method, path) == APPEALS:
            continue
        answer = _call(charlie.client, method, world.path(path), operation)
        assert (answer.status_code, answer.json()["code"]) == (403, "suspended"), path
        assert_documented(answer)


def test_a_stranger_gets_the_documented_403(world, charlie):
    refused = set()
    for method, path, operation in _secured():
        declared = operation["responses"]["403"]
        if method != "get" and declared["$ref"].endswith("/Forbidden") and (method, path) != NAMES_ITS_OWNER:
            answer = _call(charlie.client, method, world.path(path), operation)
            assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), path
            assert_documented(answer)
            refused.add((method, path))
    assert len(refused) >= 10


def test_a_stranger_is_refused_nowhere_else(world, charlie):
    refusals = ("/Forbidden", "/BlockedOrForbidden", "/NotAMember", "/BlockedOrNotAMember")
    for method, path, operation in _secured():
        refused = operation["responses"]["403"]["$ref"].endswith(refusals) and (method, path) != NAMES_ITS_OWNER
        if method != "get" and not refused:
            address, caller = world.spare(method, path)
            answer = _call((caller or charlie).client, method, address, operation)
            assert answer.status_code < 300, (method, path, answer.content)


def test_across_a_block_the_documented_403_is_answered(world, alice, charlie):
    block(alice, charlie)
    blocked = [found for found in _secured() if found[2]["responses"]["403"]["$ref"].endswith(BLOCKED)]
    UserConnection.objects.create(requester_id=charlie.user_id, receiver_id=ALICE_ID, status="blocked")
    assert {path.rsplit("/", 1)[-1] for _, path, _ in blocked} == {
        "execute-action",
        "like",
        "comments",
        "attendance",
        "connections",
        "respond",
        "{user}",
    }
    for method, path, operation in blocked:
        answer = _call(charlie.client, method, world.path(path), operation)
        assert (answer.status_code, answer.json()["code"]) == (403, "blocked"), path
        assert_documented(answer)


def test_unknown_ids_get_404(world, admin):
    for method, path, operation in _secured():
        if "{" not in path:
            continue
        for name in re.findall(r"{(\w+)}", path):
            unknown = world.path(path, **{name: str(uuid.uuid4())})
            answer = _call(admin.client, method, unknown, operation)
            assert answer.status_code == 404, (method, unknown)
            assert_documented(answer)


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 422),
        (b'{"content": "\\u0000"}', "application/json", 422),
        (b"content=a", "application/x-www-form-urlencoded", 415),
    ],
)
def test_bad_bodies_get_the_documented_error(world, admin, body, content_type, status):
    for method, path, operation in operations():
        if "requestBody" in operation:
            answer = admin.client.generic(method.upper(), world.path(path), body, content_type=content_type)
            assert answer.status_code == status, (method, path)
            assert_documented(answer)


def test_operations_without_a_documented_body_read_none(world, alice, bob, admin):
    for method, path, operation in _secured():
        if "requestBody" not in operation:
            World(alice, bob)
            address, caller = world.spare(method, path)
            query = "?q=chess" if "q" in _parameters(operation, "query") else ""
            client = (caller or admin).client
            answer = client.generic(method.upper(), address + query, b"{", content_type="application/json")
            assert answer.status_code < 300, (method, path)


def test_a_malformed_request_gets_the_documented_400(world, admin):
    for method, path, operation in _secured():
        if _parameters(operation, "query"):
            crowd = "?" + "&".join(f"p{n}" for n in range(1001))
            address, caller = world.spare(method, path)
            answer = _call((caller or admin).client, method, address + crowd, operation)
            assert answer.status_code == 400, (method, path)
            assert_documented(answer)


def _values(schema):
    """Values a parameter's schema allows, its bounds among them."""
    if "enum" in schema or "examples" in schema:
        return schema.get("enum") or schema["examples"]
    if schema["type"] == "array":
        return [*schema["items"]["enum"], ",".join(schema["items"]["enum"]), "unheard_of"]
    if schema["type"] == "integer":
        return [schema["minimum"], schema["maximum"], schema["default"]]
    if schema["type"] == "number":
        return [schema["minimum"], schema["maximum"], schema["default"]]
    if schema["type"] == "boolean":
        return ["true", "false"]
    if schema.get("format") == "uuid":
        return [STRING_ID]
    if schema.get("format") == "date-time":
        return ["2026-11-29T14:00:00Z", "2026-11-29T14:00:00+01:00", "2026-11-29"]
    return ["chess", "x" * schema.get("maxLength", 0)][: 1 + ("maxLength" in schema)]


def _refused(schema):
    if schema["type"] == "integer":
        return [schema["minimum"] - 1, schema["maximum"] + 1, "many", "1.5", "\0"]
    if schema["type"] == "number":
        return [schema["minimum"] - 0.1, schema["maximum"] + 0.1, "many", "nan", "\0"]
    if schema.get("format") == "uuid":
        return ["1", "\0"]
    if schema.get("format") == "date-time":
        return ["soon", "2026-02-30", "0001-01-01T00:00:00%2B23:00", "\0"]
    return ["x" * (schema["maxLength"] + 1)] if "maxLength" in schema else []


def test_documented_query_parameters_take_what_they_promise_and_nothing_beyond(world, alice):
    for method, path, operation in operations():
        if method != "get":
            continue
        for name, parameter in _parameters(operation, "query").items():
            others = {"q": "chess"} if "q" in _parameters(operation, "query") and name != "q" else {}
            for value in [""] if name == "cursor" else _values(parameter["schema"]):
                answer = alice.client.get(world.path(path), others | {name: value})
                assert answer.status_code == 200, (path, name, value)
                assert_documented(answer)
            for value in ["forged"] if name == "cursor" else _refused(parameter["schema"]):
                answer = alice.client.get(world.path(path), others | {name: value})
                assert answer.status_code == 422, (path, name, value)
                assert_documented(answer)


def test_operations_read_exactly_the_documented_query_parameters(world, alice, bob, admin, monkeypatch):
    read: set[str] = set()

    class Watched(QueryDict):
        def get(self, key, default=None):
            read.add(key)
            return super().get(key, default)

    monkeypatch.setattr(Request, "query_params", property(lambda self: Watched(self.META["QUERY_STRING"])))
    for method, path, operation in _secured():
        World(alice, bob)
        read.clear()
        query = "?q=chess" if "q" in _parameters(operation, "query") else ""
        address, caller = world.spare(method, path)
        answer = _call((caller or admin).client, method, address + query, operation)
        assert answer.status_code < 300, (method, path, answer.content)
        assert read == set(_parameters(operation, "query")), (method, path)


def test_lists_sort_by_exactly_the_documented_names_and_include_the_documented_relations(world, alice, monkeypatch):
    orderings, included = [], []
    parse, names = pagination.parse_list_request, listing.names
    monkeypatch.setattr(
        pagination,
        "parse_list_request",
        lambda request, ordering: orderings.append(ordering) or parse(request, ordering),
    )
    monkeypatch.setattr(
        listing,
        "names",
        lambda request, name, allowed: included.append((name, tuple(allowed))) or names(request, name, allowed),
    )
    for method, path, operation in operations():
        parameters = _parameters(operation, "query")
        if method != "get" or not {"sort_by", "include"} & set(parameters):
            continue
        orderings.clear()
        included.clear()
        assert alice.client.get(world.path(path)).status_code == 200
        if "sort_by" in parameters:
            by, direction = parameters["sort_by"]["schema"], parameters["sort_dir"]["schema"]
            # Once more where paging is checked before anything else is done.
            ordering, *again = orderings
            assert again in ([], [ordering]), path
            assert by["enum"] == list(ordering.fields), path
            assert (by["default"], direction["default"]) == (ordering.default, "desc" if ordering.descending else "asc")
        named = {
            name: parameters[name]["schema"]["items"]["enum"] for name in ("include", "withCount") if name in parameters
        }
        assert {(name, tuple(allowed)) for name, allowed in named.items()} == set(included), path


def test_reads_answer_304_to_whoever_holds_their_etag(world, alice):
    for method, path, operation in operations():
        if "304" not in operation["responses"]:
            assert method != "get" or path in {"/up", "/ready", METRICS, "/api/docs", "/api/me/export"}
            continue
        assert "If-None-Match" in _parameters(operation, "header"), path
        tag = alice.client.get(world.path(path), _query(operation))["ETag"]
        answer = alice.client.get(world.path(path), _query(operation), HTTP_IF_NONE_MATCH=tag)
        assert answer.status_code == 304, path
        assert_documented(answer)


def test_creates_with_a_documented_idempotency_key_are_repeatable(world, alice):
    keyed = [found for found in operations() if "Idempotency-Key" in _parameters(found[2], "header")]
    assert {path for _, path, _ in keyed} == {
        *("/api/strings", "/api/strings/{string_id}/comments"),
        *("/api/events", "/api/joins"),
        *("/api/rooms", "/api/rooms/{room_id}/messages"),
        *("/api/ai/execute-action", "/api/ai/chat"),
        *("/api/ai/chat/{room_id}/message", "/api/ai/chat/{room_id}/stream"),
    }
    for _, path, operation in keyed:
        body = _bodies(operation)[0]
        answers = [alice.client.post(world.path(path), body, HTTP_IDEMPOTENCY_KEY="k" * 200) for _ in range(2)]
        # Of a stream its last event: told again, an answer comes in one piece.
        first, second = (answer.content.rpartition(b"data: ")[2] for answer in answers)
        assert first == second, path
        assert_documented(answers[1])
        refused = alice.client.post(world.path(path), body, HTTP_IDEMPOTENCY_KEY="k" * 201)
        assert refused.status_code == 422
        assert_documented(refused)


def test_auth_answers_503_as_documented_while_nobody_keeps_the_accounts(alice):
    for method, path, operation in operations():
        if operation["tags"] == ["Auth"]:
            answer = _call(alice.client, method, path, operation)
            assert answer.status_code == 503, path
            assert_documented(answer)


def test_the_held_answers_are_really_held(world, alice):
    answer = alice.client.get("/api/me")
    assert_documented(answer)
    answer.content = answer.content.replace(b'"is_mod"', b'"is_admiral"')
    with pytest.raises(AssertionError, match="is_admiral"):
        assert_documented(answer)
    assert set(openapi()["paths"]["/api/me"]) == {"get", "put", "patch", "delete"}
