"""What the OpenAPI document says of actions: for each what it takes, as its route does, and what comes of it."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, PolymorphicProxySerializer, extend_schema
from rest_framework import serializers

from accounts.answers import ALICE_ID, OWN_PROFILE, PROFILE, UserAnswer
from accounts.connection_answers import CONNECTION, ConnectionAnswer
from ai.tools import ACTIONS
from ai.tools.serializers import FindEventsSerializer, JoinEventSerializer, SearchSerializer
from events.answers import ATTENDANCE, EVENT, EVENT_ID, JOIN, AttendanceAnswer, EventAnswer, JoinAnswer
from lifestring.openapi.fields import Answer
from lifestring.openapi.operations import IDEMPOTENCY_KEY, answer, blocked, body, describe, document, full
from strings.answers import STRING, StringPostAnswer

TAGS = ["Assistant"]

describe(SearchSerializer, query="As `q` of `GET /api/search`.", limit="How many at most.")
describe(
    FindEventsSerializer,
    query="As `search` of `GET /api/events`; null or empty for all.",
    location="Only those whose place contains this.",
    start_from="Only those that start then or later.",
    start_to="Only those that start then or earlier.",
    upcoming_only="Only those that have not started yet.",
    limit="How many at most.",
)
describe(
    JoinEventSerializer,
    event_id="The event or join.",
    status="What the caller says.",
    wait="With `going` to a full event: stand in line, and move up by itself when there is a place.",
)

# By action: what it answers, and an example of both.
_RESULTS: dict[str, tuple[Any, Any, Any]] = {
    "join_event": (AttendanceAnswer(), {"event_id": EVENT_ID}, ATTENDANCE),
    "search_users": (UserAnswer(many=True), {"query": "chess"}, [PROFILE]),
    "search_strings": (StringPostAnswer(many=True), {"query": "chess"}, [STRING]),
    "find_events": (EventAnswer(many=True), {"query": "chess", "location": "Lisbon"}, [EVENT]),
    "update_profile": (UserAnswer(), {"attributes": {"interests": ["climbing", "chess"]}}, OWN_PROFILE),
    "create_string": (StringPostAnswer(), {"content_text": "Looking for a chess partner in Lisbon"}, STRING),
    "create_event": (EventAnswer(), {"title": "Chess in the park", "start_time": "2026-11-29T14:00:00.000000Z"},
                     {name: value for name, value in EVENT.items() if name != "user"}),
    "create_join": (JoinAnswer(), {"title": "Chess in the park", "location": "Jardim da Estrela"}, JOIN),
    "send_connection_request": (ConnectionAnswer(), {"receiver_id": ALICE_ID}, CONNECTION),
}  # fmt: skip
_MADE = {"create_string", "create_event", "create_join", "send_connection_request"}
_MESSAGE = serializers.CharField(help_text="What happened, in one sentence.")


def _named(name: str) -> str:
    return name.title().replace("_", "")


def _type(name: str) -> serializers.ChoiceField:
    return serializers.ChoiceField([name], help_text="What to do.")


def _asked(name: str) -> type[serializers.Serializer[Any]]:
    fields = {"action_type": _type(name), "action_data": ACTIONS[name].serializer(help_text="What to do it with.")}
    described = {"__doc__": ACTIONS[name].description, "__module__": __name__}
    return type(f"{_named(name)}Action", (serializers.Serializer,), {**described, **fields})


def _done(name: str) -> type[Answer]:
    fields = {"action_type": _type(name), "message": _MESSAGE, "data": _RESULTS[name][0]}
    return type(f"{_named(name)}DoneAnswer", (Answer,), {"__doc__": "Done.", "__module__": __name__, **fields})


def _answers(component: str, names: list[str], description: str) -> OpenApiResponse:
    messages = {"create_string": "The string is posted."}
    examples = {
        name: {"action_type": name, "message": messages.get(name, "Done."), "data": _RESULTS[name][2]} for name in names
    }
    kinds = PolymorphicProxySerializer(component, [_done(name) for name in names], None, many=False)
    return answer(kinds, description, **examples)


def _bodies() -> list[OpenApiExample]:
    return [body(name, {"action_type": name, "action_data": _RESULTS[name][1]}) for name in _RESULTS]


action_docs = document(
    execute=extend_schema(
        operation_id="execute_action",
        tags=TAGS,
        summary="Do what the assistant proposed",
        description=(
            "Does exactly what the action's own route does with the same values, with the same checks, errors and "
            "status: `create_string` as `POST /api/strings`, `create_event` as `POST /api/events`, `create_join` as "
            "`POST /api/joins`, `join_event` as `PUT /api/events/{id}/attendance`, `send_connection_request` as `POST "
            "/api/connections`, `update_profile` as `PATCH /api/me`, `search_users` and `search_strings` as `GET "
            "/api/search`, `find_events` as `GET /api/events`. Names of fields in errors begin with `action_data.`. It "
            "needs no model. A proposed action comes with an `idempotency_key`: sent as `Idempotency-Key`, it makes a "
            "confirmation that is sent twice create once."
        ),
        parameters=[IDEMPOTENCY_KEY],
        request=PolymorphicProxySerializer("ActionToDo", [_asked(name) for name in _RESULTS], None, many=False),
        examples=_bodies(),
        responses={
            200: _answers("ActionDone", [name for name in _RESULTS if name not in _MADE], "Done."),
            201: _answers("ActionMade", [name for name in _RESULTS if name in _MADE], "Done, and something was made."),
            403: blocked("A block stands between the two people, or the caller may not write at all."),
            404: OpenApiResponse(description="What it is about is not there, or not for the caller to see."),
            422: full("A value breaks a rule, or the state does not allow it, as the action's route would say."),
        },
    )
)
