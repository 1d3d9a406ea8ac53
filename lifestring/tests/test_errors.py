"""One error shape, whoever answers: views, Django around them, or the ASGI handler (docs/api.md, Errors)."""

import logging
import re
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.db import DataError, OperationalError, connection, connections, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path
from psycopg_pool import PoolTimeout
from rest_framework import exceptions as drf
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIClient
from rest_framework.views import APIView

from lifestring.context import RequestIdFilter, set_request_id
from lifestring.errors import (
    BlockedError,
    ConflictError,
    DomainError,
    ErrorCode,
    ForbiddenError,
    NotFoundError,
    UnavailableError,
    ValidationFailedError,
    flatten_errors,
)
from lifestring.testing.asserts import assert_error
from lifestring.testing.people import Person, client_for

handler400 = "lifestring.error_rendering.bad_request"
handler403 = "lifestring.error_rendering.forbidden"
handler404 = "lifestring.error_rendering.not_found"
handler500 = "lifestring.error_rendering.server_error"

SECRET = "the password is hunter2"


def _run(statement: str) -> Callable[[], None]:
    def run() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)

    return run


def _raise(error: Exception) -> Callable[[], None]:
    def run() -> None:
        raise error

    return run


FAILURES: dict[str, tuple[Callable[[], None], int, str]] = {
    "domain": (_raise(DomainError()), 400, "bad_request"),
    "own-code": (_raise(DomainError("Full.", code="full", status=422)), 422, "full"),
    "not-found": (_raise(NotFoundError()), 404, "not_found"),
    "forbidden": (_raise(ForbiddenError()), 403, "forbidden"),
    "blocked": (_raise(BlockedError()), 403, "blocked"),
    "conflict": (_raise(ConflictError()), 422, "conflict"),
    "unavailable": (_raise(UnavailableError()), 503, "unavailable"),
    "validation": (_raise(ValidationFailedError({"a.0": ["No.", "Never."]})), 422, "validation_failed"),
    "http404": (_raise(Http404(SECRET)), 404, "not_found"),
    "django-denied": (_raise(PermissionDenied(SECRET)), 403, "forbidden"),
    "drf-denied": (_raise(drf.PermissionDenied()), 403, "forbidden"),
    "drf-not-found": (_raise(drf.NotFound()), 404, "not_found"),
    "drf-parse": (_raise(drf.ParseError()), 400, "malformed_json"),
    "drf-method": (_raise(drf.MethodNotAllowed("GET")), 405, "method_not_allowed"),
    "drf-media": (_raise(drf.UnsupportedMediaType("text/plain")), 415, "unsupported_media_type"),
    "drf-throttled": (_raise(drf.Throttled(wait=3)), 429, "rate_limited"),
    "drf-validation": (_raise(drf.ValidationError({"name": ["Too long."]})), 422, "validation_failed"),
    "drf-unnamed": (_raise(drf.ValidationError("Nothing fits.")), 422, "validation_failed"),
    "drf-other": (_raise(drf.APIException("Strange.")), 500, "server_error"),
    "suspicious": (_raise(SuspiciousOperation(SECRET)), 400, "bad_request"),
    "django-bad-request": (_raise(BadRequest(SECRET)), 400, "bad_request"),
    "data-error": (_raise(DataError(SECRET)), 422, "validation_failed"),
    "real-data-error": (_run("SELECT 2147483648::int"), 422, "validation_failed"),
    "no-such-row": (_run("INSERT INTO strings (user_id) VALUES (gen_random_uuid())"), 422, "conflict"),
    "row-twice": (_run("INSERT INTO enneagrams (id, type_number, name) VALUES (1, 1, '')"), 422, "conflict"),
    "null-in-row": (_run("INSERT INTO enneagrams (id, type_number) VALUES (11, 1)"), 500, "server_error"),
    "down": (_raise(OperationalError(SECRET)), 503, "unavailable"),
    "pool": (_raise(PoolTimeout(SECRET)), 503, "unavailable"),
    "too-slow": (_run("SET LOCAL statement_timeout = 20; SELECT pg_sleep(5)"), 503, "unavailable"),
    "bug": (_raise(RuntimeError(SECRET)), 500, "server_error"),
    "key-error": (_raise(KeyError(SECRET)), 500, "server_error"),
    "real-bug": (_run("SELECT no_such_column_of_ours"), 500, "server_error"),
}


class FailingView(APIView):
    permission_classes = [AllowAny]

    def get(self, request: Request, failure: str) -> Response:
        FAILURES[failure][0]()
        return Response({})


def failing_plain(request: HttpRequest, failure: str) -> HttpResponse:
    FAILURES[failure][0]()
    return HttpResponse()


urlpatterns = [
    path("api/fails/<str:failure>", FailingView.as_view()),
    path("plain/<str:failure>", failing_plain),
    path("", include("lifestring.urls")),
]


@pytest.fixture
def client() -> APIClient:
    return APIClient(raise_request_exception=False)


@pytest.mark.django_db
@pytest.mark.urls(__name__)
class TestWhatAViewRaises:
    @pytest.mark.parametrize("failure", FAILURES)
    def test_becomes_the_one_shape(self, client: APIClient, failure: str):
        _, status, code = FAILURES[failure]
        answer = client.get(f"/api/fails/{failure}")
        assert_error(answer, status, code)
        assert SECRET.encode() not in answer.content
        assert b"Traceback" not in answer.content

    @pytest.mark.parametrize(
        ("failure", "status"),
        [("bug", 500), ("http404", 404), ("django-denied", 403), ("suspicious", 400), ("django-bad-request", 400)],
    )
    def test_outside_of_the_framework_too(self, client: APIClient, failure: str, status: int):
        answer = client.get(f"/plain/{failure}")
        assert_error(answer, status)
        assert SECRET.encode() not in answer.content

    @pytest.mark.parametrize("failure", ["down", "pool", "too-slow"])
    def test_says_when_to_come_back_if_the_database_is_away(self, client: APIClient, failure: str):
        assert client.get(f"/api/fails/{failure}").headers["Retry-After"] == "1"

    def test_says_when_to_come_back_if_there_were_too_many(self, client: APIClient):
        assert client.get("/api/fails/drf-throttled").headers["Retry-After"] == "3"

    def test_names_each_field_and_counts_the_messages(self, client: APIClient):
        body = assert_error(client.get("/api/fails/validation"), 422, field="a.0")
        assert body["errors"] == {"a.0": ["No.", "Never."]}
        assert body["message"] == "No. (and 1 more error)"

    def test_leaves_the_transaction_of_a_write_undone(self, client: APIClient):
        with pytest.raises(DataError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("INSERT INTO auth.users (id) VALUES (gen_random_uuid())")
            FAILURES["real-data-error"][0]()
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM auth.users")
            assert cursor.fetchone() == (0,)

    def test_is_logged_with_its_story_when_it_is_a_bug(self, client: APIClient, caplog: pytest.LogCaptureFixture):
        client.get("/api/fails/bug")
        assert any(record.exc_info and SECRET in str(record.exc_info[1]) for record in caplog.records)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("method", "path"), [("post", "/api/strings"), ("put", "{string}/like"), ("post", "{string}/comments")]
)
def test_an_account_that_supabase_deletes_meanwhile_is_a_conflict(alice: Person, bob: Person, method: str, path: str):
    string = alice.client.post("/api/strings", {"content_text": "x"}).json()["data"]["id"]
    url = path.format(string=f"/api/strings/{string}")
    supabase = connection.copy()
    supabase.set_autocommit(False)
    with supabase.cursor() as cursor:
        cursor.execute("DELETE FROM user_profiles WHERE user_id = %s", [bob.user_id])
        cursor.execute("DELETE FROM auth.users WHERE id = %s", [bob.user_id])
    answers: list[Any] = []

    def write() -> None:
        try:
            answers.append(getattr(client_for(bob.user_id), method)(url, {"content_text": "y", "content": "y"}))
        finally:
            connections.close_all()

    writing = threading.Thread(target=write)
    writing.start()
    with connection.cursor() as cursor:
        for _ in range(500):
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
            if cursor.fetchone() != (0,):
                break
            time.sleep(0.01)
    supabase.commit()
    supabase.close()
    writing.join()
    assert_error(answers[0], 422, "conflict")


NOWHERE = ["/api/nope", "/", "/api", "/api/", "/nope.html", "/api/strings/not-a-uuid", "/api/users/1", "/api/me/me",
           "/api/strings/%00", "/api/\ud7ff", "/api/%2e%2e/%2e%2e/etc/passwd", "/static/nope.js", "//api//me"]  # fmt: skip


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
@pytest.mark.parametrize("url", NOWHERE)
def test_an_unknown_address_is_404_in_json(client: APIClient, url: str, method: str):
    assert_error(getattr(client, method)(url), 404, "not_found")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("method", "url"),
    [("delete", "/api/strings"), ("post", "/api/me"), ("post", "/api/my/strings"), ("put", "/api/users"),
     ("patch", "/api/strings/00000000-0000-0000-0000-000000000000/like")],
)  # fmt: skip
def test_a_wrong_method_is_405_and_names_the_right_ones(alice: Person, method: str, url: str):
    answer = getattr(alice.client, method)(url)
    assert_error(answer, 405, "method_not_allowed")
    assert "GET" in answer.headers["Allow"] or "POST" in answer.headers["Allow"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml", "json/"],
)
def test_a_body_that_is_not_declared_json_is_415(alice: Person, content_type: str):
    answer = alice.client.generic("POST", "/api/strings", b'{"content_text": "x"}', content_type=content_type)
    assert_error(answer, 415, "unsupported_media_type")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "content_type", ["application/json", "application/json; charset=utf-8", "APPLICATION/JSON", ""]
)
def test_json_is_read_however_it_is_declared(alice: Person, content_type: str):
    answer = alice.client.generic("POST", "/api/strings", b'{"content_text": "x"}', content_type=content_type)
    assert answer.status_code == 201, answer.content


@pytest.mark.django_db
@pytest.mark.parametrize("accept", ["text/html", "application/xml", "nonsense", "*/*"])
def test_the_answer_is_json_whatever_is_accepted(alice: Person, accept: str):
    answer = alice.client.get("/api/me", HTTP_ACCEPT=accept)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"


@pytest.mark.django_db
@pytest.mark.parametrize("host", ["evil.example", "testserver.evil.example", "a b", "testserver:x", "<script>", ""])
def test_links_are_never_made_for_a_host_that_is_not_ours(alice: Person, host: str):
    answer = alice.client.get("/api/strings", HTTP_HOST=host)
    assert_error(answer, 400, "bad_request")
    assert not host or host.encode() not in answer.content


@pytest.mark.parametrize("url", ["/api/me", "/api/strings", "/api/users", "/api/enneagrams"])
def test_no_token_is_401_with_a_challenge(anonymous: APIClient, url: str):
    assert_error(anonymous.get(url), 401, "not_authenticated")


class TestTheRequestId:
    @pytest.mark.parametrize("given", ["a", "0" * 128, "550e8400-e29b-41d4-a716-446655440000", "svc:42.A_b-c"])
    def test_is_taken_over_when_sane(self, client: APIClient, given: str):
        answer = client.get("/api/nope", HTTP_X_REQUEST_ID=given)
        assert answer.headers["X-Request-Id"] == given
        assert_error(answer, 404)

    @pytest.mark.parametrize("given", ["", " ", "a b", "x" * 129, "<b>", "é", "a\nb", "a\n", "a;b", '"', "\x00"])
    def test_is_made_anew_when_not(self, client: APIClient, given: str):
        answer = client.get("/api/nope", HTTP_X_REQUEST_ID=given)
        assert re.fullmatch("[0-9a-f]{32}", answer.headers["X-Request-Id"])
        assert_error(answer, 404)

    def test_differs_from_request_to_request(self, client: APIClient):
        assert len({client.get("/up").headers["X-Request-Id"] for _ in range(5)}) == 5

    def test_is_on_the_log_line(self, client: APIClient, caplog: pytest.LogCaptureFixture):
        lines: list[tuple[Any, str]] = []

        class Keep(logging.Handler):
            def emit(self, record: logging.LogRecord) -> None:
                lines.append((record.__dict__["request_id"], record.getMessage()))

        handler, logger = Keep(), logging.getLogger("lifestring.access")
        handler.addFilter(RequestIdFilter())
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        try:
            client.get("/api/nope%0d%0aGET%20/api/forged?token=secret", HTTP_X_REQUEST_ID="from-the-client")
        finally:
            logger.removeHandler(handler)
            set_request_id("-")
        assert [request_id for request_id, _ in lines] == ["from-the-client"]
        assert lines[0][1].startswith("GET /api/nope%0D%0AGET%20/api/forged 404 ")
        assert "secret" not in lines[0][1]


@pytest.mark.parametrize(
    ("detail", "flat"),
    [
        ({"a": ["x"]}, {"a": ["x"]}),
        ({"a": {0: ["x"], 2: ["y", "z"]}}, {"a.0": ["x"], "a.2": ["y", "z"]}),
        ({"a": [{}, {"b": ["x"]}]}, {"a.1.b": ["x"]}),
        ({"a": {"non_field_errors": ["x"]}}, {"a": ["x"]}),
        ({"non_field_errors": ["x"]}, {"body": ["x"]}),
        (["x", "y"], {"body": ["x", "y"]}),
        ("x", {"body": ["x"]}),
        ({"a": {"b": {"c": "x"}}}, {"a.b.c": ["x"]}),
    ],
)
def test_nested_errors_have_dotted_names(detail: Any, flat: dict[str, list[str]]):
    assert flatten_errors(detail) == flat


@pytest.mark.parametrize(
    ("count", "message"),
    [
        (0, "The given data was invalid."),
        (1, "No 0."),
        (2, "No 0. (and 1 more error)"),
        (3, "No 0. (and 2 more errors)"),
    ],
)
def test_the_message_is_the_first_one_and_how_many_follow(count: int, message: str):
    assert ValidationFailedError({f"field{n}": [f"No {n}."] for n in range(count)}).message == message


def test_codes_are_stable_snake_case():
    assert all(re.fullmatch("[a-z]+(_[a-z]+)*", code) for code in ErrorCode)
    assert len({str(code) for code in ErrorCode}) == len(ErrorCode)
