"""What the OpenAPI document says of calendars, and of how calendar programs sign in."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema

from events.answers import EVENT_ID, FeedStateAnswer, FeedTokenAnswer
from lifestring.openapi import parameters
from lifestring.openapi.envelopes import BASE_URL, one
from lifestring.openapi.operations import answer, document, nothing

TAGS = ["Events"]
TOKEN = "Q3v0c2RkT1l6a0hXbkZ5cUpiZ0w4ZVhUdU1pN3N4"  # noqa: S105 - an example
_FILE = "\r\n".join(
    (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "BEGIN:VEVENT",
        f"UID:{EVENT_ID}@lifestring",
        "SUMMARY:Chess in the park",
        "DTSTART:20261129T140000Z",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    )
)


class FeedTokenScheme(OpenApiAuthenticationExtension):
    """The calendar feed's other way in."""

    target_class = "events.authentication.FeedTokenAuthentication"
    name = "feedToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """Return the security scheme."""
        return {
            "type": "apiKey",
            "in": "query",
            "name": "token",
            "description": "The token of a calendar feed; it opens that feed and nothing else.",
        }


def _calendar(description: str) -> dict[tuple[int, str], OpenApiResponse]:
    example = OpenApiExample("calendar", value=_FILE, response_only=True, media_type="text/calendar")
    return {(200, "text/calendar"): OpenApiResponse(OpenApiTypes.STR, description=description, examples=[example])}


event_file_docs = document(
    retrieve=extend_schema(
        operation_id="show_event_calendar",
        tags=TAGS,
        summary="Download an event for a calendar",
        description="iCalendar (RFC 5545): in the event's time zone where it has one, in UTC otherwise.",
        parameters=[parameters.in_path("event_id", "The event.")],
        responses=_calendar("The event."),
    )
)

feed_docs = document(
    retrieve=extend_schema(
        operation_id="show_my_calendar",
        tags=TAGS,
        summary="Subscribe to your events",
        description=(
            "iCalendar with the events the caller organises and those they are going, or may be going, to; without "
            "those of people a block stands between. The 1,000 that start last."
        ),
        responses=_calendar("The calendar."),
    )
)

feed_token_docs = document(
    retrieve=extend_schema(
        operation_id="show_my_calendar_token",
        tags=TAGS,
        summary="Tell whether your calendar can be subscribed to",
        description="The token itself is not kept, only a hash of it.",
        responses={
            200: answer(
                one(FeedStateAnswer),
                "Whether there is a token.",
                open={"data": {"active": True, "created_at": "2026-11-23T10:02:00.000000Z"}},
                closed={"data": {"active": False, "created_at": None}},
            )
        },
    ),
    create=extend_schema(
        operation_id="make_my_calendar_token",
        tags=TAGS,
        summary="Make the address of your calendar",
        description="For programs that cannot send headers. A new one closes the one before.",
        request=None,
        responses={
            201: answer(
                one(FeedTokenAnswer),
                "The address; it is shown this once.",
                made={
                    "data": {
                        "token": TOKEN,
                        "url": f"{BASE_URL}/api/my/events.ics?token={TOKEN}",
                        "created_at": "2026-11-23T10:02:00.000000Z",
                    }
                },
            )
        },
    ),
    destroy=extend_schema(
        operation_id="revoke_my_calendar_token",
        tags=TAGS,
        summary="Close the address of your calendar",
        description="Repeatable.",
        responses={204: nothing("There is no token.")},
    ),
)
