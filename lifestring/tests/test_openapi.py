"""The OpenAPI document: complete, valid and served by ourselves; whether it is true, test_openapi_truth.py tells."""

import json
import re
from html.parser import HTMLParser
from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import path as url
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from drf_spectacular.validation import validate_schema
from jsonschema import Draft202012Validator
from rest_framework.test import APIClient
from rest_framework.throttling import AnonRateThrottle

from lifestring.errors import ErrorCode
from lifestring.openapi.error_codes import MEANINGS
from lifestring.openapi.hooks import TAGS
from lifestring.openapi.operations import document as document_view
from lifestring.openapi.views import document
from lifestring.testing.documented import openapi, operations, resolved, routes, validator
from lifestring.views import ApiViewSet


def _nodes(node):
    yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _nodes(child)


def test_it_documents_exactly_the_routes_there_are():
    documented = {(method, path) for method, path, _ in operations()}

    assert documented == routes()


def test_the_routes_it_is_held_against_are_all_of_them():
    found = routes()

    assert {("get", "/up"), ("get", "/ready"), ("get", "/api/schema"), ("get", "/api/docs")} < found
    assert {("put", "/api/strings/{string_id}"), ("delete", "/api/users/{user}/enneagrams")} < found


def test_it_is_generated_without_a_warning_and_valid():
    out = StringIO()

    call_command("spectacular", "--format", "openapi-json", "--fail-on-warn", "--validate", stdout=out)

    assert json.loads(out.getvalue()) == openapi()


def test_what_is_served_is_valid_openapi_3_1():
    assert openapi()["openapi"].startswith("3.1.")
    validate_schema(openapi())


def test_the_validation_it_passes_notices_a_broken_document():
    broken = {**openapi(), "paths": {"/api/strings": {"get": {"responses": "none"}}}}

    with pytest.raises(Exception, match="none"):
        validate_schema(broken)


def test_every_reference_leads_somewhere_and_every_component_is_used():
    references = {node["$ref"] for node in _nodes(openapi()) if isinstance(node, dict) and "$ref" in node}
    components = {
        f"#/components/{kind}/{name}"
        for kind, named in openapi()["components"].items()
        for name in named
        if kind != "securitySchemes"
    }

    assert references == components


def test_every_schema_is_json_schema_and_says_what_it_is():
    for name, schema in openapi()["components"]["schemas"].items():
        Draft202012Validator.check_schema(schema)
        assert schema.get("description") or "oneOf" in schema, name
        assert not {"nullable", "x-spec-enum-id"} & {
            key for node in _nodes(schema) if isinstance(node, dict) for key in node
        }


def test_every_operation_says_what_it_does():
    for method, path, operation in operations():
        where = f"{method} {path}"
        assert re.fullmatch(r"[a-z_]+", operation["operationId"]), where
        assert 0 < len(operation["summary"]) <= 60, where
        assert operation["description"].endswith("."), where
        assert len(operation["tags"]) == 1, where
        assert operation["tags"][0] in TAGS, where


def _parameters():
    for method, path, operation in operations():
        for parameter in map(resolved, operation["parameters"]):
            yield f"{method} {path} {parameter['name']}", parameter


def test_every_parameter_says_what_it_is_and_what_it_takes():
    for where, parameter in _parameters():
        schema = parameter["schema"]
        assert parameter["description"], where
        if schema["type"] == "integer":
            assert {"minimum", "maximum", "default"} <= set(schema), where
        elif schema["type"] == "string" and parameter["name"] != "cursor":
            assert {"enum", "maxLength", "format", "pattern", "examples"} & set(schema), where


def test_every_id_in_a_path_is_a_documented_uuid():
    for method, path, operation in operations():
        declared = {p["name"]: p["schema"] for p in map(resolved, operation["parameters"]) if p["in"] == "path"}
        assert set(declared) == set(re.findall(r"{(\w+)}", path)), f"{method} {path}"
        assert all(schema == {"type": "string", "format": "uuid"} for schema in declared.values()), f"{method} {path}"


# What these are about stands in the body, or may be switched off.
NOT_BY_PATH = {"/api/reports", "/metrics"} | {
    f"/api/ai/{name}" for name in ("execute-action", "lifestring-chat", "lifestring-chat-public", "summarize-to-string")
}


def test_every_operation_says_what_it_answers():
    for method, path, operation in operations():
        statuses = set(operation["responses"])
        where = f"{method} {path} {sorted(statuses)}"
        assert any(status[0] == "2" for status in statuses), where
        assert path == "/up" or "500" in statuses, where
        assert operation["tags"] == ["Auth"] or bool(operation["security"]) == ({"401", "403"} <= statuses), where
        assert ("{" in path or path in NOT_BY_PATH) == ("404" in statuses), where
        assert ("requestBody" in operation) == ({"400", "408", "413", "415", "422"} <= statuses), where
        for answer in operation["responses"].values():
            assert answer.get("description") or resolved(answer)["description"], where
            assert "X-Request-Id" in resolved(answer)["headers"], where


def _json_contents():
    for method, path, operation in operations():
        if "requestBody" in operation:
            yield f"{method} {path} request", operation["requestBody"]["content"]["application/json"]
        for status, answer in operation["responses"].items():
            content = resolved(answer).get("content", {})
            if "application/json" in content:
                yield f"{method} {path} {status}", content["application/json"]


def test_every_body_has_examples_that_keep_to_its_schema():
    problems = []
    for where, content in _json_contents():
        problems += [f"{where} has no example"] if not content.get("examples") else []
        for name, example in content.get("examples", {}).items():
            errors = validator(content["schema"], closed=True).iter_errors(example["value"])
            problems += [f"{where} {name}: {error.message}" for error in errors]

    assert problems == []


def test_operation_ids_are_unique_and_tags_are_described():
    ids = [operation["operationId"] for _, _, operation in operations()]
    used = {operation["tags"][0] for _, _, operation in operations()}

    assert len(ids) == len(set(ids))
    assert {tag["name"] for tag in openapi()["tags"]} == used
    assert all(tag["description"] for tag in openapi()["tags"])


def test_only_these_routes_are_open_to_everybody():
    public = {path for _, path, operation in operations() if not operation["security"]}

    assert {path for path in public if not path.startswith("/api/auth/")} == {
        "/up",
        "/ready",
        "/metrics",
        "/api/schema",
        "/api/live-schema",
        "/api/docs",
        "/api/ai/lifestring-chat-public",
    }


def test_signing_in_is_by_bearer_token_and_the_calendar_feed_has_one_of_its_own():
    by_feed = [path for _, path, operation in operations() if {"feedToken": []} in operation["security"]]

    assert by_feed == ["/api/my/events.ics"]
    assert set(openapi()["components"]["securitySchemes"]) == {"bearerAuth", "feedToken"}
    assert openapi()["components"]["securitySchemes"]["bearerAuth"]["scheme"] == "bearer"


def test_every_error_code_is_explained():
    schema = openapi()["components"]["schemas"]["ErrorCode"]

    assert set(MEANINGS) == set(ErrorCode)
    assert schema["enum"] == [str(code) for code in ErrorCode]
    assert all(f"`{code}`" in schema["description"] for code in ErrorCode)


def test_an_operation_of_a_throttled_view_says_429_and_an_excluded_one_nothing():
    class Throttled(ApiViewSet):
        authentication_classes: list[type] = []
        throttle_classes = [AnonRateThrottle]

        @extend_schema(tags=["Service"], responses={200: str})
        def list(self, request):
            """Answer now and then."""

        @extend_schema(exclude=True)
        def create(self, request):
            """Answer nobody."""

    routes = [url("api/now", Throttled.as_view({"get": "list", "post": "create"}))]
    made = SchemaGenerator(patterns=routes).get_schema(public=True)

    assert set(made["paths"]["/api/now"]) == {"get"}
    assert made["paths"]["/api/now"]["get"]["responses"]["429"] == {"$ref": "#/components/responses/TooManyRequests"}
    assert "Retry-After" in made["components"]["responses"]["TooManyRequests"]["headers"]


def test_documenting_an_action_that_does_not_exist_fails_at_once():
    with pytest.raises(AttributeError, match="lost"):
        document_view(lost=extend_schema())(type("View", (ApiViewSet,), {}))


@pytest.mark.parametrize("headers", [{}, {"HTTP_ACCEPT": "application/yaml"}, {"HTTP_ACCEPT": "text/html"}])
def test_the_document_is_answered_as_json_without_a_token(anonymous: APIClient, headers):
    answer = anonymous.get("/api/schema", **headers)

    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/json"
    assert answer.json()["servers"] == [{"url": "/", "description": "Where this document came from."}]


def test_the_document_is_made_once(anonymous: APIClient):
    first = anonymous.get("/api/schema")
    again = anonymous.get("/api/schema", HTTP_IF_NONE_MATCH=first["ETag"])

    assert document() is document()
    assert first.content == document().content
    assert (again.status_code, again.content) == (304, b"")


def test_other_methods_on_the_document_and_its_page_are_refused_in_json(anonymous: APIClient):
    for path in ("/api/schema", "/api/live-schema", "/api/docs"):
        answer = anonymous.post(path)
        assert answer.status_code == 405
        assert answer.json()["code"] == "method_not_allowed"


class _Assets(HTMLParser):
    def __init__(self):
        super().__init__()
        self.addresses = []
        self.scripts = []

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        self.addresses += [named[name] for name in ("src", "href", "action", "data-schema") if name in named]
        if tag == "script":
            self.scripts.append(named.get("src"))


def _page(client):
    answer = client.get("/api/docs")
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/html")
    page = _Assets()
    page.feed(answer.content.decode())
    return answer, page


def test_the_page_and_all_it_loads_come_from_us(anonymous: APIClient):
    _, page = _page(anonymous)

    assert len(page.addresses) >= 5
    for address in page.addresses:
        assert re.match(r"/\w", address), address
        answer = anonymous.get(address)
        assert answer.status_code == 200, address
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert content
        if address.endswith(".css"):
            loaded = re.findall(rb"url\(['\"]?([^'\")]+)", content) + re.findall(rb"@import[^;]+", content)
            assert all(target.startswith(b"data:") for target in loaded)


def test_a_browser_would_refuse_the_page_anything_from_elsewhere(anonymous: APIClient):
    answer, page = _page(anonymous)
    policy = dict(part.strip().split(" ", 1) for part in answer["Content-Security-Policy"].split(";"))

    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == "'self'"
    assert not re.search(r"https?://|\*", answer["Content-Security-Policy"])
    assert None not in page.scripts, "the policy stops scripts inside the page"


def test_the_page_asks_no_validator_on_the_internet(anonymous: APIClient):
    script = anonymous.get("/static/lifestring/docs.js")

    assert b"validatorUrl: null" in b"".join(script.streaming_content)
