"""What tests check the same way everywhere."""

from typing import Any

from lifestring.openapi.error_codes import MORE


def assert_error(answer: Any, status: int, code: str | None = None, *, field: str | None = None) -> dict[str, Any]:
    """Check that an answer is an error of the one shape (docs/api.md, Errors) and return its body.

    Args:
        answer: a response of Django's or DRF's test client, or an `asgi.Answer`.
        status: the HTTP status it must have.
        code: the stable code it must carry, where it matters.
        field: a name that must be among the validation errors.
    """
    assert answer.status_code == status, (answer.status_code, answer.content)
    assert answer.headers["Content-Type"] == "application/json"
    body: dict[str, Any] = answer.json()
    always = {"message", "detail", "code", "request_id"}
    assert always <= body.keys() <= always | MORE.get(body["code"], {}).keys() | {"errors"}, body
    assert isinstance(body["message"], str)
    assert body["message"]
    assert body["detail"] == body["message"]
    assert body["code"] == body["code"].lower()
    assert body["request_id"] == answer.headers["X-Request-Id"]
    if code is not None:
        assert body["code"] == code, body
    if body["code"] == "validation_failed":
        assert body["errors"]
    for name, texts in body.get("errors", {}).items():
        assert isinstance(name, str)
        assert texts
        assert all(isinstance(text, str) and text for text in texts)
    if field is not None:
        assert field in body["errors"], body
    if status == 401:
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    return body
