"""Holding routes and answers against the OpenAPI document.

The document lets answers grow, as clients must; here its objects are closed, so that a field nobody documented fails.
"""

import copy
import json
import re
from collections.abc import Iterator
from functools import cache
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from django.urls import URLPattern, URLResolver, get_resolver
from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from lifestring.openapi.views import document

Json = dict[str, Any]

METHODS = ("get", "put", "post", "delete", "patch")
# Supabase Auth's own objects, which hold more than we know.
FOREIGN = {"Session", "SessionUser"}
# Where codes are Supabase Auth's own.
PASSED_ON = "/api/auth/"
_URN = "urn:openapi"
_CONVERTER = re.compile(r"<(?:\w+:)?(\w+)>")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z\Z")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")

formats = FormatChecker(formats=())
formats.checks("date-time")(lambda value: not isinstance(value, str) or bool(_TIME.match(value)))
formats.checks("uuid")(lambda value: not isinstance(value, str) or bool(_UUID.match(value)))
formats.checks("uri")(lambda value: not isinstance(value, str) or bool(urlsplit(value).netloc))


@cache
def openapi() -> Json:
    """Return the document, as clients get it."""
    parsed: Json = json.loads(document().content)
    return parsed


def operations() -> Iterator[tuple[str, str, Json]]:
    """Yield (method, path, operation object) for every operation of the document."""
    for path, methods in openapi()["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def template(route: str) -> str:
    """Return a route of Django's as the document writes it: `/api/strings/{string_id}`."""
    return "/" + _CONVERTER.sub(r"{\1}", route)


def routes() -> set[tuple[str, str]]:
    """Return every (method, path) that the product's URLs serve, the admin's left out."""
    return set(_walk(get_resolver("lifestring.urls").url_patterns, ""))


def _walk(patterns: list[URLPattern | URLResolver], prefix: str) -> Iterator[tuple[str, str]]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if route.startswith("admin/"):
            continue
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, route)
            continue
        actions = getattr(pattern.callback, "actions", None)
        served = actions or getattr(getattr(pattern.callback, "cls", None), "__dict__", {"get": None})
        yield from ((method, template(route)) for method in METHODS if method in served)


def resolved(node: Any) -> Any:
    """Follow a reference, if it is one."""
    if isinstance(node, dict) and "$ref" in node:
        target: Any = openapi()
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        return target
    return node


def validator(schema: Json, *, closed: bool = False) -> Draft202012Validator:
    """Return a validator of one schema of the document; a closed one refuses fields that are not documented."""
    absolute = _absolute(copy.deepcopy(schema))
    return Draft202012Validator(
        _close(absolute) if closed else absolute, registry=_registry(closed=closed), format_checker=formats
    )


@cache
def _closed_validator(schema: str) -> Draft202012Validator:
    return validator(json.loads(schema), closed=True)


@cache
def _registry(*, closed: bool) -> Registry[Any]:
    contents = _absolute(copy.deepcopy(openapi()))
    if closed:
        for name, schema in contents["components"]["schemas"].items():
            if name not in FOREIGN:
                _close(schema)
    empty: Registry[Any] = Registry()
    registry: Registry[Any] = empty.with_resource(_URN, DRAFT202012.create_resource(contents))
    return registry


def _absolute(node: Any) -> Any:
    if isinstance(node, dict):
        return {
            key: _URN + value if key == "$ref" and isinstance(value, str) else _absolute(value)
            for key, value in node.items()
        }
    return [_absolute(item) for item in node] if isinstance(node, list) else node


def _close(node: Any) -> Any:
    if isinstance(node, dict):
        for value in node.values():
            _close(value)
        if node.get("type") == "object" and "properties" in node:
            node.setdefault("additionalProperties", False)
    elif isinstance(node, list):
        for item in node:
            _close(item)
    return node


def assert_documented(response: Any) -> None:
    """Fail unless the document says that this answer may come: its status, headers, type and every field of its body.

    Args:
        response: what a test client got from a route that exists.
    """
    route = template(response.wsgi_request.resolver_match.route)
    assert_answer_documented(response.request["REQUEST_METHOD"].lower(), route, response)


def assert_answer_documented(method: str, path: str, response: Any) -> None:
    """As `assert_documented`, of an answer to this operation, however it was called."""
    assert method in openapi()["paths"].get(path, {}), f"{method} {path} is not documented"
    answers = openapi()["paths"][path][method]["responses"]
    status = str(response.status_code)
    where = f"{method} {path} {status}"
    declared = resolved(answers.get(status, answers.get(f"{status[0]}XX")))
    assert declared is not None, f"{where} is not documented: {response.content!r}"
    missing = [name for name in declared.get("headers", {}) if name not in response.headers]
    assert not missing, f"{where} lacks documented headers: {missing}"
    assert_body_documented(where, declared, response)
    if response.status_code >= HTTPStatus.BAD_REQUEST and not path.startswith(PASSED_ON):
        assert_code_documented(where, declared, response)


def assert_body_documented(where: str, declared: Json, response: Any) -> None:
    """Fail unless the body is what the response object declares."""
    if "content" not in declared:
        assert response.content == b"", f"{where} has an undocumented body"
        return
    media_type = response.headers["Content-Type"].partition(";")[0]
    assert media_type in declared["content"], f"{where} is {media_type}, which is not documented"
    if media_type == "application/json":
        closed = _closed_validator(json.dumps(declared["content"][media_type]["schema"]))
        problems = [f"{error.json_path}: {error.message}" for error in closed.iter_errors(json.loads(response.content))]
        assert not problems, f"{where}: {problems}"


def assert_code_documented(where: str, declared: Json, response: Any) -> None:
    """Fail where an error's code is in none of the examples that the response object gives of it."""
    examples = map(resolved, declared["content"]["application/json"]["examples"].values())
    codes = {example["value"].get("code") for example in examples}
    # /ready says no more than which dependency is away.
    code = json.loads(response.content).get("code")
    assert code in codes, f"{where} is {code}, and only {sorted(codes)} are documented"
