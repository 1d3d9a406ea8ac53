"""What every API view shares, and the routes of the service itself."""

from hashlib import blake2b
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import ViewSet

from lifestring.errors import ValidationFailedError
from lifestring.listing import check_query_text
from lifestring.throttling.throttle import AddressThrottle, limit_headers

SAFE_READS = {"GET", "HEAD"}


class ApiViewSet(ViewSet):
    """The base of every viewset: one format, checked text, ETags on reads."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Authenticate, permit, hold against the limits, and refuse text no column can hold."""
        address = AddressThrottle()
        if not address.allow_request(request, self):
            self.throttled(request, address.wait() or 1)
        super().initial(request, *args, **kwargs)
        check_query_text(request)

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Answer a repeated read whose result is unchanged with 304 (RFC 9110, If-None-Match)."""
        response = super().finalize_response(request, response, *args, **kwargs)
        for name, value in limit_headers(request).items():
            response[name] = value
        if request.method in SAFE_READS and isinstance(response, Response) and response.status_code == 200:
            response.add_post_render_callback(_tagged)
            if "HTTP_IF_NONE_MATCH" in request.META:
                response.add_post_render_callback(_conditional(request.META["HTTP_IF_NONE_MATCH"]))
        return response


def _tagged(response: Any) -> None:
    response["ETag"] = f'W/"{blake2b(response.content, digest_size=12).hexdigest()}"'
    response["Cache-Control"] = "private, no-cache"
    response["Vary"] = "Authorization"


def _conditional(given: str) -> Any:
    def check(response: Any) -> None:
        # Weak comparison: a proxy may have made the tag strong, or left it weak.
        tags = {tag.strip().removeprefix("W/") for tag in given.split(",")}
        if given.strip() == "*" or response["ETag"].removeprefix("W/") in tags:
            response.status_code = 304
            response.content = b""

    return check


def validated(serializer: BaseSerializer[Any]) -> Any:
    """Return the serializer's validated data.

    Raises:
        ValidationFailedError: the body breaks a rule, or is no object.
    """
    if not isinstance(serializer.initial_data, dict):
        raise ValidationFailedError({"body": ["The body must be a JSON object."]})
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data
