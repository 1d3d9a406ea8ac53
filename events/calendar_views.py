"""The routes of calendars: single events, the private feed, and the token that opens it (docs/api.md, Events)."""

import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import SupabaseAuthentication
from accounts.callers import caller_of
from events import reads, services
from events.authentication import FeedTokenAuthentication
from events.calendar_openapi import event_file_docs, feed_docs, feed_token_docs
from events.calendars import CALENDAR_COLUMNS, calendar_file
from lifestring import rows
from lifestring.errors import NotFoundError
from lifestring.links import absolute
from lifestring.rendering import JSONRenderer
from lifestring.views import ApiViewSet

MEDIA_TYPE = "text/calendar"
FEED_NAME = "Lifestring"
# A calendar program asks for all of it every hour.
FEED_MOST = 1000


class CalendarRenderer(JSONRenderer):
    """Passes a finished calendar on; errors are JSON, as everywhere."""

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        """Return the body."""
        return data if isinstance(data, bytes) else super().render(data, accepted_media_type, renderer_context)


class _CalendarViewSet(ApiViewSet):
    renderer_classes = [CalendarRenderer]

    def _file(self, content: bytes, name: str) -> Response:
        headers = {"Content-Disposition": f'attachment; filename="{name}.ics"'}
        return Response(content, content_type=f"{MEDIA_TYPE}; charset=utf-8", headers=headers)


@event_file_docs
class EventFileViewSet(_CalendarViewSet):
    """One event for a calendar."""

    def retrieve(self, request: Request, event_id: uuid.UUID) -> Response:
        """Show one event as iCalendar."""
        found = rows.fetch(reads.one_for_calendar, (event_id, caller_of(request)), CALENDAR_COLUMNS)
        if not found:
            raise NotFoundError
        return self._file(calendar_file(found), str(event_id))


@feed_docs
class FeedViewSet(_CalendarViewSet):
    """The caller's calendar, open to programs that know its address."""

    authentication_classes = [SupabaseAuthentication, FeedTokenAuthentication]

    def retrieve(self, request: Request) -> Response:
        """Show the events the caller organises or may come to."""
        found = rows.fetch(reads.calendar, (caller_of(request),), CALENDAR_COLUMNS, limit=FEED_MOST)
        return self._file(calendar_file(found, name=FEED_NAME), "lifestring")


@feed_token_docs
class FeedTokenViewSet(ApiViewSet):
    """What opens the caller's feed without a bearer token."""

    def retrieve(self, request: Request) -> Response:
        """Tell whether there is a token, and since when; which, nobody knows any more."""
        since = reads.feed_since(caller_of(request))
        return Response({"data": {"active": since is not None, "created_at": since}})

    def create(self, request: Request) -> Response:
        """Make a token; the one before opens nothing any more."""
        caller = caller_of(request)
        token = services.calendar_token_make(caller=caller)
        address = absolute(request, reverse("my-calendar"))
        made = {
            "token": token,
            "url": f"{address}?{urlencode({'token': token})}",
            "created_at": reads.feed_since(caller),
        }
        return Response({"data": made}, status=201)

    def destroy(self, request: Request) -> Response:
        """Close the feed."""
        services.calendar_token_revoke(caller=caller_of(request))
        return Response(status=204)
