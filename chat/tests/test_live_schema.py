"""`/api/live-schema`: every frame there is, as it is (docs/live.md)."""

import ast
import json
from typing import Any

import pytest
from rest_framework.test import APIClient

from chat.handlers import HANDLERS
from chat.models import LogKind
from lifestring.asyncapi.document import frames, is_answer, is_sent_by_clients, live_document, types_of
from lifestring.asyncapi.schemas import schema_of
from lifestring.testing.live_documented import assert_frame_documented
from lifestring.tests.source import modules


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return json.loads(json.dumps(live_document()))


def test_it_is_answered_to_anybody_and_made_once(anonymous: APIClient, document: dict[str, Any]) -> None:
    first = anonymous.get("/api/live-schema")
    again = anonymous.get("/api/live-schema", HTTP_IF_NONE_MATCH=first["ETag"])
    assert (first.status_code, first["Content-Type"], first.json()) == (200, "application/json", document)
    assert (again.status_code, again.content) == (304, b"")


def test_it_has_an_operation_for_each_frame_a_client_may_send(document: dict[str, Any]) -> None:
    asked = {name: operation for name, operation in document["operations"].items() if operation["action"] == "receive"}
    assert set(asked) == {name.replace(".", "_") for name in HANDLERS}
    assert {types_of(frame)[0] for frame in frames().values() if is_sent_by_clients(frame)} == set(HANDLERS)
    answers = {
        "ping": ["PongFrame"],
        "auth": ["OkFrame"],
        "room_join": ["RoomJoinedFrame"],
        "room_leave": ["OkFrame"],
        "message_send": ["SentFrame"],
        "message_edit": ["ChangedFrame"],
        "message_delete": ["ChangedFrame"],
        "read": ["MarkedFrame"],
        "history": ["HistoryPageFrame"],
        "typing": [],
    }
    for name, expected in answers.items():
        messages = [message["$ref"].rpartition("/")[2] for message in asked[name]["reply"]["messages"]]
        assert messages == [*expected, "ErrorFrame"], name


def test_every_frame_comes_from_somewhere(document: dict[str, Any]) -> None:
    """Of each typed frame there is one that is made, but for those that clients send."""
    made = {
        node.func.id
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    } | {"RoomJoinedFrame", "ErrorFrame"}
    ours = {name for name, frame in frames().items() if not is_sent_by_clients(frame)}
    assert ours - made == set()
    told = {message["$ref"].rpartition("/")[2] for message in document["operations"]["tell"]["messages"]}
    assert told == {name for name in ours if not is_answer(frames()[name])}
    kinds = {value for name in told for value in types_of(frames()[name])}
    assert set(LogKind.values) < kinds


def test_whatever_is_broadcast_has_a_type_that_is_in_it() -> None:
    """A broadcast is built by a frame's type: nothing is sent that was put together where it is sent."""
    sending = {"broadcast_on_commit", "broadcast_now"}
    bare = [
        module.at(node)
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in sending
        and isinstance(node.args[1], ast.Dict)
    ]
    assert bare == []


def test_references_lead_somewhere(document: dict[str, Any]) -> None:
    def references(value: Any) -> Any:
        if isinstance(value, dict):
            if isinstance(value.get("$ref"), str):
                yield value["$ref"]
            for inner in value.values():
                yield from references(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from references(inner)

    found = set(references(document))
    assert len(found) > 60
    for reference in found:
        place = document
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]


def test_a_deployment_names_its_own_address(settings: Any) -> None:
    assert live_document()["servers"]["here"]["host"] == "{host}"
    for url, protocol in (("https://api.example", "wss"), ("http://api.example", "ws")):
        settings.PUBLIC_URL = url
        server = live_document()["servers"]["here"]
        assert (server["host"], server["protocol"]) == ("api.example", protocol)


def test_a_type_no_frame_has_is_refused() -> None:
    with pytest.raises(TypeError, match="no schema yet"):
        schema_of(set[int], {})
    assert schema_of(dict[str, str], {})["additionalProperties"] == {"type": "string"}


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "pong"},
        {"type": "pong", "ref": 1},
        {"type": "pong", "ref": None, "extra": 1},
        {"type": "nothing.of.ours"},
        {"type": "typing", "room_id": "x", "user_id": "0b5c9a4e-6a0e-4f0e-9a3e-000000000001", "active": True},
    ],
)
def test_frames_that_are_not_in_it_are_noticed(frame: dict[str, Any]) -> None:
    with pytest.raises(AssertionError):
        assert_frame_documented(frame)
