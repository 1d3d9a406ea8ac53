"""The socket's door, against the whole ASGI application: who gets in, what a frame gets, when it ends."""

import json
import logging
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.utils import timezone

from accounts.models import AuthUser, Suspension, UserProfile
from accounts.realtime import SUBPROTOCOL
from chat.frames import MAX_BYTES, Allowance, Pace
from chat.handlers import HANDLERS
from chat.tests.sockets import Socket, opened, socket_for, story
from lifestring.testing.origins import FOREIGN_ORIGINS, ORIGIN
from lifestring.testing.people import Person, make_token

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def calm_log(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing a client does is an error of ours."""
    yield
    assert [record.getMessage() for record in caplog.get_records("call") if record.levelno >= logging.ERROR] == []


# --- opening ---


@story
async def test_it_works(alice: Person) -> None:
    socket = socket_for(make_token(alice.user_id))
    assert await socket.connect() == (True, SUBPROTOCOL)
    hello = await socket.frame()
    assert set(hello) == {"type", "user_id", "connection_id", "server_time"}
    assert (hello["type"], hello["user_id"]) == ("hello", str(alice.user_id))
    assert uuid.UUID(hello["connection_id"])
    assert hello["server_time"].endswith("Z")
    assert await socket.ask(type="ping", ref="a") == {"type": "pong", "ref": "a"}
    await socket.disconnect()


@story
async def test_a_header_signs_in_where_no_subprotocol_does(alice: Person) -> None:
    socket = socket_for(make_token(alice.user_id), header=True, path="/ws/")
    assert await socket.connect() == (True, None)
    assert (await socket.frame())["user_id"] == str(alice.user_id)
    await socket.disconnect()


@story
async def test_the_subprotocol_counts_before_a_header_that_a_proxy_asked_for(alice: Person, bob: Person) -> None:
    socket = socket_for(
        make_token(bob.user_id), header=True, subprotocols=[f"bearer.{make_token(alice.user_id)}", SUBPROTOCOL]
    )
    assert await socket.connect() == (True, SUBPROTOCOL)
    assert (await socket.frame())["user_id"] == str(alice.user_id)
    await socket.disconnect()


@story
async def test_it_rejects_a_token_that_signs_nobody_in(alice: Person) -> None:
    dead = {
        "none": None,
        "empty": "",
        "nonsense": "nonsense",
        "dots": "a.b.c",
        "expired": make_token(alice.user_id, exp=1),
        "forged": make_token(alice.user_id, secret="another-secret-that-is-long-enough-for-hs256"),
        "api key": make_token(alice.user_id, role="service_role"),
        "anonymous": make_token(alice.user_id, is_anonymous=True),
        "audience": make_token(alice.user_id, aud="another"),
        "nobody": make_token(uuid.uuid4()),
    }
    for name, token in dead.items():
        socket = socket_for(None, subprotocols=[SUBPROTOCOL] if token is None else [SUBPROTOCOL, f"bearer.{token}"])
        assert await socket.connect() == (True, SUBPROTOCOL), name
        assert await socket.close_code() == 4401, name


def test_it_rejects_a_banned_account(alice: Person) -> None:
    AuthUser.objects.filter(id=alice.user_id).update(banned_until=timezone.now() + timedelta(days=1))
    socket = socket_for(make_token(alice.user_id))

    @story
    async def knock() -> None:
        assert await socket.connect() == (True, SUBPROTOCOL)
        assert await socket.close_code() == 4401

    knock()


def test_a_suspended_person_only_hears_that_they_are(alice: Person) -> None:
    Suspension.objects.create(user_id=alice.user_id)
    socket = socket_for(make_token(alice.user_id))

    @story
    async def knock() -> None:
        assert await socket.connect() == (True, SUBPROTOCOL)
        assert await socket.frame() == {"type": "suspended"}
        assert await socket.close_code() == 4403

    knock()


def test_an_account_without_a_profile_gets_one(alice: Person) -> None:
    UserProfile.objects.filter(user_id=alice.user_id).delete()

    @story
    async def knock() -> None:
        async with opened(alice):
            pass

    knock()
    assert UserProfile.objects.filter(user_id=alice.user_id).count() == 1


@story
async def test_unreachable_keys_ask_the_client_to_come_back(alice: Person) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    socket = socket_for(jwt.encode({"sub": str(alice.user_id)}, key, algorithm="ES256", headers={"kid": "new"}))
    assert await socket.connect(timeout=5) == (True, SUBPROTOCOL)
    assert await socket.close_code() == 4503


def test_an_absent_channel_layer_asks_the_client_to_come_back(alice: Person, settings: Any) -> None:
    layer = {**settings.CHANNEL_LAYERS["default"], "CONFIG": {"hosts": ["redis://127.0.0.1:9/0"]}}
    settings.CHANNEL_LAYERS = {"default": layer}

    @story
    async def knock() -> None:
        socket = socket_for(make_token(alice.user_id))
        assert await socket.connect(timeout=10) == (True, SUBPROTOCOL)
        assert await socket.close_code() == 4503

    knock()


def test_only_pages_of_allowed_origins_get_in(alice: Person, settings: Any) -> None:
    settings.CORS_ALLOWED_ORIGINS = [ORIGIN]
    settings.CORS_ALLOWED_ORIGIN_REGEXES = [r"^http://localhost(:\d+)?$"]
    allowed = {(): True, (ORIGIN,): True, ("http://localhost:3000",): True}
    allowed |= {(origin,): False for origin in FOREIGN_ORIGINS}
    allowed[(ORIGIN, "https://evil.example")] = False

    @story
    async def knock() -> None:
        for origins, gets_in in allowed.items():
            socket = socket_for(make_token(alice.user_id), origins=origins)
            accepted, _ = await socket.connect()
            assert accepted is gets_in, origins
            if accepted:
                assert (await socket.frame())["type"] == "hello"
                await socket.disconnect()

    knock()


def test_a_person_has_only_so_many_sockets_with_a_process(alice: Person, bob: Person, settings: Any) -> None:
    settings.MAX_SOCKETS_PER_PERSON = 2

    @story
    async def knock() -> None:
        async with opened(alice), opened(bob):
            async with opened(alice):
                third = socket_for(make_token(alice.user_id))
                assert await third.connect() == (True, SUBPROTOCOL)
                assert await third.close_code() == 4429
            async with opened(alice):
                pass

    knock()


def test_an_address_has_only_so_many_sockets_and_attempts(alice: Person, bob: Person, settings: Any) -> None:
    settings.MAX_SOCKETS_PER_ADDRESS = 2
    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]

    async def knock(person: Person, forwarded: str, *, opens: bool) -> Socket:
        socket = socket_for(make_token(person.user_id))
        socket.scope["client"] = ("10.0.0.1", 1)
        socket.scope["headers"].append((b"x-forwarded-for", forwarded.encode()))
        assert await socket.connect() == (True, SUBPROTOCOL)
        if opens:
            assert (await socket.frame())["type"] == "hello"
        else:
            assert await socket.close_code() == 4429
        return socket

    @story
    async def crowd() -> None:
        known = [await knock(person, "203.0.113.7", opens=True) for person in (alice, bob)]
        await knock(alice, "198.51.100.1, 203.0.113.7", opens=False)
        known.append(await knock(alice, "203.0.113.7, 198.51.100.1", opens=True))
        for socket in known:
            await socket.disconnect()
        settings.RATE_LIMITS = {"address": (1, 60)}
        await (await knock(alice, "203.0.113.8", opens=True)).disconnect()
        await knock(bob, "203.0.113.8", opens=False)
        await (await knock(bob, "203.0.113.9", opens=True)).disconnect()

    crowd()


@story
async def test_there_is_no_other_door(alice: Person) -> None:
    for path in ("/", "/ws/rooms", "/wss", "/api/strings", "/api/ws"):
        socket = socket_for(make_token(alice.user_id), path=path)
        assert (await socket.connect())[0] is False, path


# --- frames ---


@story
async def test_an_answer_repeats_the_ref(alice: Person) -> None:
    given: list[dict[str, Any]] = [{}, {"ref": None}, {"ref": ""}, {"ref": "é" * 64}]
    async with opened(alice) as socket:
        for ref in given:
            expected = ref.get("ref")
            assert await socket.ask(type="ping", **ref) == {"type": "pong", "ref": expected}
            assert (await socket.ask(type="nope", **ref))["ref"] == expected


@story
async def test_it_rejects_a_ref_that_is_no_short_string(alice: Person) -> None:
    async with opened(alice) as socket:
        for ref in ("x" * 65, 7, 0, True, False, ["a"], {"a": 1}):
            answer = await socket.ask(type="ping", ref=ref)
            assert (answer["type"], answer["code"], answer["ref"]) == ("error", "validation_failed", None), ref
            assert set(answer["errors"]) == {"ref"}
        assert (await socket.ask(type="ping"))["type"] == "pong"


@story
async def test_it_rejects_a_type_it_does_not_know(alice: Person) -> None:
    kinds: list[dict[str, Any]] = [{}, {"type": None}, {"type": 4}, {"type": ["ping"]}, {"type": "room.destroy"}]
    async with opened(alice) as socket:
        for kind in kinds:
            message = "There is no frame of this type."
            expected = {"type": "error", "ref": "r", "code": "unknown_type", "message": message}
            assert await socket.ask(ref="r", **kind) == expected


@story
async def test_json_that_cannot_be_stored_is_refused_by_field(alice: Person) -> None:
    unstorable = [
        ('{"type": "ping", "ref": "a\\u0000"}', "ref"),
        ('{"type": "ping", "note": ["\\ud800"], "ref": "kept"}', "note.0"),
        ('{"type": "ping", "n": 1e999, "ref": "kept"}', "n"),
        ('{"type": "ping", "n": ' + "9" * 5000 + ', "ref": "kept"}', "n"),
        ('{"type": ' + "[" * 30_000 + "]" * 30_000 + "}", "body"),
    ]
    async with opened(alice) as socket:
        for text, field in unstorable * 2:
            await socket.send_to(text_data=text)
            answer = await socket.frame()
            assert (answer["code"], list(answer["errors"])) == ("validation_failed", [field])
            assert answer["ref"] == ("kept" if "kept" in text else None)


@story
async def test_the_fifth_malformed_frame_closes_the_socket(alice: Person) -> None:
    malformed: list[tuple[dict[str, Any], str]] = [
        ({"text_data": "nonsense"}, "malformed_json"),
        ({"text_data": '{"type": "ping"'}, "malformed_json"),
        ({"text_data": '{"type": NaN}'}, "malformed_json"),
        ({"text_data": "[]"}, "malformed_json"),
        ({"text_data": "null"}, "malformed_json"),
        ({"text_data": '"ping"'}, "malformed_json"),
        ({"bytes_data": b'{"type": "ping"}'}, "malformed_json"),
        ({"bytes_data": b"\xff\xfe"}, "malformed_json"),
        ({"text_data": json.dumps({"type": "ping", "ref": "x" * MAX_BYTES})}, "payload_too_large"),
        ({"text_data": "é" * (MAX_BYTES // 2 + 1)}, "payload_too_large"),
    ]
    for five in (malformed[:5], malformed[5:]):
        async with opened(alice) as socket:
            for frame, code in five:
                assert (await socket.ask(type="ping"))["type"] == "pong"
                await socket.send_to(**frame)
                answer = await socket.frame()
                assert (answer["type"], answer["code"], answer["ref"]) == ("error", code, None)
            assert await socket.close_code() == 4400


@story
async def test_a_frame_of_the_largest_size_is_read(alice: Person) -> None:
    async with opened(alice) as socket:
        text = '{"type": "ping", "note": ""}'
        await socket.send_to(text_data=text.replace('""', f'"{"x" * (MAX_BYTES - len(text))}"'))
        assert (await socket.frame())["type"] == "pong"


@story
async def test_a_flood_is_slowed_down_and_then_cut_off(alice: Person) -> None:
    async with opened(alice) as socket:
        for number in range(300):
            await socket.send_json_to({"type": "ping", "ref": str(number)})
        answers = [await socket.receive_output() for _ in range(80)]
        while answers[-1]["type"] != "websocket.close":
            answers.append(await socket.receive_output())
        assert answers.pop()["code"] == 4429
        frames = [json.loads(answer["text"]) for answer in answers]
        assert [frame["ref"] for frame in frames] == [str(number) for number in range(len(frames))]
        assert {frame["type"] for frame in frames[:40]} == {"pong"}
        assert (frames[-1]["type"], frames[-1]["code"]) == ("error", "rate_limited")
        assert len(frames) < 120
        assert await socket.receive_nothing()


@story
async def test_a_fault_of_ours_is_told_and_logged_and_leaves_the_socket_open(
    alice: Person, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: object) -> None:
        raise KeyError("secret detail")

    monkeypatch.setitem(HANDLERS, "broken", broken)
    async with opened(alice) as socket:
        answer = await socket.ask(type="broken", ref="r")
        assert (answer["code"], answer["ref"]) == ("server_error", "r")
        assert "secret" not in str(answer)
        assert (await socket.ask(type="ping"))["type"] == "pong"
    assert "secret detail" in caplog.text
    caplog.clear()


# --- how often: times are given, so that no test has to wait a minute ---


def test_twenty_frames_a_second_are_fine_for_ever() -> None:
    allowance = Allowance(0.0)
    assert {allowance.spend(number / 20) for number in range(20 * 300)} == {Pace.FINE}


def test_more_is_refused_after_a_while_and_cut_off_later() -> None:
    allowance = Allowance(0.0)
    paces = [allowance.spend(number / 30) for number in range(30 * 12)]
    assert set(paces[: 30 * 3]) == {Pace.FINE}
    assert set(paces[30 * 5 : 30 * 7]) == {Pace.TOO_FAST}
    assert paces[-1] is Pace.HOPELESS


def test_who_slows_down_is_heard_again() -> None:
    allowance = Allowance(0.0)
    assert [allowance.spend(0.0) for _ in range(60)][-1] is Pace.TOO_FAST
    assert allowance.spend(2.0) is Pace.FINE


def test_malformed_frames_are_forgotten_after_a_minute() -> None:
    allowance = Allowance(0.0)
    assert not any(allowance.malformed_too_often(at) for at in (0, 20, 40, 59, 60.5, 80, 100))
    assert allowance.malformed_too_often(101)
