"""How drf-spectacular reads our views: what an operation says of itself, plus what follows from how it is built.

A view's own documentation names its request, its successes and its special refusals. That there is a token to send, an
ETag to remember or a 413 to expect follows from the view, so it is added here and can neither be forgotten nor differ.
"""

from typing import Any

from drf_spectacular.drainage import get_override
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ComponentRegistry, is_list_serializer
from rest_framework.permissions import SAFE_METHODS, AllowAny

from lifestring.openapi import fields
from lifestring.openapi.components import Json, shared
from lifestring.openapi.operations import FIELD_DESCRIPTIONS, IDEMPOTENCY_KEY, SharedError
from lifestring.views import ApiViewSet

__all__ = ["RouteSchema", "fields"]

AUTH = "Auth"
_COMPONENTS = {
    "400": "BadRequest",
    "401": "Unauthorized",
    "403": "Forbidden",
    "404": "NotFound",
    "408": "RequestTimeout",
    "413": "PayloadTooLarge",
    "415": "UnsupportedMediaType",
    "422": "Unprocessable",
    "429": "TooManyRequests",
    "4XX": "AuthRefused",
    "500": "ServerError",
    "502": "AIFailed",
    "503": "Unavailable",
}
_ERROR_HEADERS = {
    "401": {"WWW-Authenticate": "WWWAuthenticate"},
    "429": {"Retry-After": "RetryAfter"},
    "503": {"Retry-After": "RetryAfter"},
}


class RouteSchema(AutoSchema):
    """Every documented operation."""

    def get_operation(
        self, path: str, path_regex: str, path_prefix: str, method: str, registry: ComponentRegistry
    ) -> Json | None:
        """Return the operation object, completed."""
        operation: Json | None = super().get_operation(path, path_regex, path_prefix, method, registry)
        if operation is None:
            return None
        operation.setdefault("security", [])
        if body := operation.get("requestBody"):
            body["required"] = True
        operation["responses"] = self._responses(operation)
        operation["parameters"] = self._parameters(operation)
        return operation

    def _responses(self, operation: Json) -> Json:
        declared: Json = operation["responses"]
        responses = {code: self._success(answer) for code, answer in declared.items() if code < "4"}
        if self._is_conditional():
            responses["304"] = self._success({"description": "Nothing has changed; no body."})
        errors = self._implied_errors(operation) | {code for code in declared if code >= "4"}
        for code in sorted(errors):
            responses[code] = self._error(code, declared.get(code))
        return responses

    def _success(self, answer: Json) -> Json:
        headers = {"X-Request-Id": shared(self.registry, "headers", "XRequestId")}
        if self._is_conditional():
            headers["ETag"] = shared(self.registry, "headers", "ETag")
        return {**answer, "headers": {**headers, **answer.get("headers", {})}}

    def _error(self, code: str, declared: Json | None) -> Json:
        if declared is not None and "content" in declared:
            return self._own_error(code, declared)
        reference = shared(self.registry, "responses", self._component(code))
        return {**reference, "description": declared["description"]} if declared else reference

    def _own_error(self, code: str, declared: Json) -> Json:
        """An error that an operation describes with examples of its own: it still is an error like all others."""
        schema = shared(self.registry, "schemas", "AuthError" if AUTH in self.get_tags() else "Error")
        for content in declared["content"].values():
            content["schema"] = schema
        names = {"X-Request-Id": "XRequestId", **_ERROR_HEADERS.get(code, {})}
        headers = {header: shared(self.registry, "headers", name) for header, name in names.items()}
        return {**declared, "headers": headers}

    def _component(self, code: str) -> str:
        given = self._given_error(code)
        if isinstance(given, SharedError):
            return given.component
        if code == "400" and AUTH in self.get_tags():
            return "AuthRefused"
        if code == "400" and self.get_request_serializer() is None:
            return "MalformedRequest"
        if code == "403" and given is None:
            return "Banned" if self.method in SAFE_METHODS else "Suspended"
        if code == "422" and given is None and self.method in SAFE_METHODS:
            return "Unreadable"
        return _COMPONENTS[code]

    def _given_error(self, code: str) -> Any:
        given: Any = self.get_response_serializers()
        return given.get(int(code)) if isinstance(given, dict) and code.isdigit() else None

    def _implied_errors(self, operation: Json) -> set[str]:
        """The refusals that follow from what the operation reads, wherever they are raised."""
        codes = {"500"}
        if self.view.get_authenticators():
            codes |= {"401", "403"}
        if "{" in self.path:
            codes.add("404")
        if "requestBody" in operation:
            codes |= {"400", "408", "413", "415", "422"}
        if any(parameter["in"] != "path" for parameter in operation.get("parameters", [])):
            codes |= {"400", "422"}
        if self.view.get_throttles():
            codes.add("429")
        if isinstance(self.view, ApiViewSet):
            codes.add("503")
        if AUTH in self.get_tags():
            codes.add("4XX")
        return codes

    def _parameters(self, operation: Json) -> list[Json]:
        key = IDEMPOTENCY_KEY.name
        parameters = [
            shared(self.registry, "parameters", "IdempotencyKey") if parameter["name"] == key else parameter
            for parameter in operation.get("parameters", [])
        ]
        if self._is_conditional():
            parameters.append(shared(self.registry, "parameters", "IfNoneMatch"))
        return [*parameters, shared(self.registry, "parameters", "XRequestId")]

    def _is_conditional(self) -> bool:
        return self.method == "GET" and bool(getattr(self.view, "conditional", isinstance(self.view, ApiViewSet)))

    def get_auth(self) -> list[Json]:
        """Return what signs in; nothing at all where everybody may call."""
        open_to_all = any(isinstance(permission, AllowAny) for permission in self.view.get_permissions())
        return [] if open_to_all else super().get_auth()

    def get_operation_id(self) -> str:
        """Return a name made of the path; operations that share theirs are named by hand."""
        return "_".join(part.replace("-", "_") for part in self._tokenize_path())

    def get_request_serializer(self) -> Any:
        """Return the body's serializer: GET and DELETE have one only where their documentation says so."""
        return None if self.method in {"GET", "DELETE"} else super().get_request_serializer()

    def get_serializer_name(self, serializer: Any, direction: Any) -> str:
        """Name components after what they are, not after their role in our code."""
        return super().get_serializer_name(serializer, direction).removesuffix("Answer")

    def _is_list_view(self, serializer: Any = None) -> bool:
        """Our lists have an envelope of their own, so an answer is a list only where it says so."""
        return is_list_serializer(serializer)

    def _get_request_body(self, direction: Any = "request") -> Json | None:
        if self.method != "DELETE":
            return self._body(direction)
        if self.get_request_serializer() is None:
            return None
        # drf-spectacular knows no DELETE with a body; the contract has one (docs/api.md, People).
        self.method = "POST"
        try:
            return self._body(direction)
        finally:
            self.method = "DELETE"

    def _body(self, direction: Any) -> Json | None:
        body: Json | None = super()._get_request_body(direction)  # type: ignore[no-untyped-call]
        return body

    def _get_serializer_field_meta(self, field: Any, direction: Any) -> Json:
        meta: Json = super()._get_serializer_field_meta(field, direction)  # type: ignore[no-untyped-call]
        described = get_override(getattr(field, "parent", None), FIELD_DESCRIPTIONS, {})
        if field.field_name in described:
            meta["description"] = described[field.field_name]
        return meta
