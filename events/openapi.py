"""What the OpenAPI document says of events and attendance; of joins and calendars, the modules beside it."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema

from events.answers import (
    ATTENDANCE,
    ATTENDEE,
    EVENT,
    EVENT_ID,
    AttendanceAnswer,
    AttendeeAnswer,
    EventAnswer,
    RecentEventsAnswer,
)
from events.models import AttendanceStatus
from events.serializers import AttendanceSerializer, EventCreateSerializer, EventUpdateSerializer
from lifestring.listing import MAX_PER_PAGE
from lifestring.openapi import parameters
from lifestring.openapi.envelopes import one, page_examples, page_of
from lifestring.openapi.fields import JSON_BOUNDS
from lifestring.openapi.operations import (
    IDEMPOTENCY_KEY,
    answer,
    blocked,
    body,
    describe,
    document,
    forbidden,
    full,
    nothing,
)

TAGS = ["Events"]
NOT_YOURS = "The caller is neither the organiser nor an admin."
ID = parameters.in_path("event_id", "The event.")
INCLUDE = parameters.include("`user` the organiser.", "user")
PAGING = [*parameters.paging("start_time", "created_at", "title", default="start_time", descending=False), INCLUDE]
_META = (
    "`max_participants` limits who may go (a whole number above zero), `time_zone` says where it is (a name of the tz "
    "database), `recurrence` how it repeats (an RRULE of RFC 5545, daily at most, `UNTIL` in UTC), `is_join: true` "
    "makes it a join; null under one of them is none. `current_participants` is ours, whatever is sent. Other keys are "
    f"the client's. {JSON_BOUNDS}"
)

for serializer in (EventCreateSerializer, EventUpdateSerializer):
    describe(
        serializer,
        end_time="Not before `start_time`; null where it is open.",
        location="Where, in words.",
        meta_data=_META,
        custom_fields=f"Whatever the client wants to keep. {JSON_BOUNDS}",
    )
describe(
    AttendanceSerializer,
    status="What the caller says.",
    wait="With `going` to a full event: stand in line, and move up by itself when there is a place.",
)

_ONE = answer(one(EventAnswer), "The event.", event={"data": EVENT})
_CHANGED = answer(one(EventAnswer), "The event as it is now.", event={"data": EVENT})
_CHANGES = (
    "Changes the fields given. {json} Where there are more places now, those who wait move up; where there are fewer "
    "than people going, these stay and nobody else gets in. For the organiser and admins."
)


def _update(operation_id: str, summary: str, json: str, example: object) -> Any:
    return extend_schema(
        operation_id=operation_id,
        tags=TAGS,
        summary=summary,
        description=_CHANGES.format(json=json),
        parameters=[ID, INCLUDE],
        request=EventUpdateSerializer,
        examples=[body("update", example)],
        responses={200: _CHANGED, 403: forbidden(NOT_YOURS)},
    )


event_docs = document(
    list=extend_schema(
        operation_id="list_events",
        tags=TAGS,
        summary="List events",
        description="Everybody's events but those of people a block stands between.",
        parameters=[
            *PAGING,
            parameters.identifier("user_id", "Only this organiser's."),
            parameters.moment("start_from", "Only those that start then or later."),
            parameters.moment("start_to", "Only those that start then or earlier."),
            parameters.flag("upcoming_only", "Only those that have not started yet."),
            parameters.text("location", "Only those whose place contains this.", longest=255),
            parameters.text(
                "search", "Only those whose title, description or place hold all these words, or such beginnings."
            ),
        ],
        responses={200: answer(page_of(EventAnswer), "Events.", **page_examples("/api/events", EVENT))},
    ),
    create=extend_schema(
        operation_id="create_event",
        tags=TAGS,
        summary="Invite to an event",
        description="Nobody attends it yet, not even the caller.",
        parameters=[IDEMPOTENCY_KEY, INCLUDE],
        request=EventCreateSerializer,
        examples=[
            body("event", {"title": "Chess in the park", "start_time": "2026-11-29T14:00:00.000000Z"}),
            body(
                "weekly",
                {
                    "title": "Chess on Tuesdays",
                    "start_time": "2026-12-01T19:00:00.000000Z",
                    "end_time": "2026-12-01T21:00:00.000000Z",
                    "location": "Jardim da Estrela",
                    "meta_data": {
                        "max_participants": 12,
                        "time_zone": "Europe/Lisbon",
                        "recurrence": "FREQ=WEEKLY;BYDAY=TU",
                    },
                },
            ),
        ],
        responses={201: answer(one(EventAnswer), "The new event.", event={"data": EVENT})},
    ),
    retrieve=extend_schema(
        operation_id="show_event",
        tags=TAGS,
        summary="Show an event",
        description="One event.",
        parameters=[ID, INCLUDE],
        responses={200: _ONE},
    ),
    replace=_update(
        "put_event", "Replace parts of an event", "JSON objects are replaced as a whole.", {"title": "Chess indoors"}
    ),
    merge=_update(
        "patch_event",
        "Change an event",
        "JSON objects are merged into (RFC 7396): `null` removes a key, keys not named stay.",
        {"meta_data": {"max_participants": 16}},
    ),
    destroy=extend_schema(
        operation_id="delete_event",
        tags=TAGS,
        summary="Delete an event",
        description="With who attends it. For the organiser and admins.",
        parameters=[ID],
        responses={204: nothing("Deleted."), 403: forbidden(NOT_YOURS)},
    ),
    mine=extend_schema(
        operation_id="list_my_events",
        tags=TAGS,
        summary="List the events you organise",
        description="The caller's own events.",
        parameters=PAGING,
        responses={200: answer(page_of(EventAnswer), "Events.", **page_examples("/api/my/events", EVENT))},
    ),
    recent=extend_schema(
        operation_id="list_my_recent_events",
        tags=TAGS,
        summary="List the events you made last, flat",
        description="The shape the web frontend reads: no links, no pages.",
        parameters=[parameters.limit(default=10, most=MAX_PER_PAGE)],
        responses={
            200: answer(
                RecentEventsAnswer,
                "The newest events.",
                recent={
                    "events": [{name: value for name, value in EVENT.items() if name != "user"}],
                    "total": 1,
                    "page": 1,
                    "per_page": 10,
                },
            )
        },
    ),
)

_ANSWER = answer(
    one(AttendanceAnswer),
    "The caller's answer.",
    going={"data": ATTENDANCE},
    waiting={
        "data": {**ATTENDANCE, "status": "waiting", "waiting_place": 2, "current_participants": 12},
    },
)

attendance_docs = document(
    retrieve=extend_schema(
        operation_id="show_my_attendance",
        tags=TAGS,
        summary="Show your answer to an event",
        description="Null as `status` where there is none.",
        parameters=[ID],
        responses={200: _ANSWER},
    ),
    update=extend_schema(
        operation_id="attend_event",
        tags=TAGS,
        summary="Say whether you come",
        description=(
            "The same answer again changes nothing. `meta_data.max_participants` is a hard limit for `going`: 422 "
            "`full`, or with `wait: true` a place in line. Not once the event is over (422 `conflict`)."
        ),
        parameters=[ID],
        request=AttendanceSerializer,
        examples=[
            body("going", {"status": "going"}),
            body("or_wait", {"status": "going", "wait": True}),
            body("declined", {"status": "declined"}),
        ],
        responses={
            200: _ANSWER,
            403: blocked("A block stands between the caller and the organiser, or the caller may not write at all."),
            422: full("A field breaks a rule; every place is taken (`full`); the event is over (`conflict`)."),
        },
    ),
    destroy=extend_schema(
        operation_id="leave_event",
        tags=TAGS,
        summary="Take your answer back",
        description=(
            "Repeatable. Whoever waits for the place has it at once. It stays possible across a block and when the "
            "event is over."
        ),
        parameters=[ID],
        responses={204: nothing("The caller has no answer.")},
    ),
    list=extend_schema(
        operation_id="list_event_attendees",
        tags=TAGS,
        summary="List who answered an event",
        description=(
            "In the order of their answers, which is also the order of waiting, without people a block stands between: "
            "`meta.total` counts those listed, the event's `current_participants` everybody who goes."
        ),
        parameters=[
            ID,
            *parameters.paging("updated_at", "created_at", default="updated_at", descending=False),
            OpenApiParameter(
                "status", {"type": "string", "enum": AttendanceStatus.values}, description="Only this answer."
            ),
        ],
        responses={
            200: answer(
                page_of(AttendeeAnswer), "Answers.", **page_examples(f"/api/events/{EVENT_ID}/attendees", ATTENDEE)
            )
        },
    ),
)
