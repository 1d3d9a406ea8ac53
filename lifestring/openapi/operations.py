"""How views say what their operations are."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from drf_spectacular.drainage import get_override, isolate_view_method, set_override
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse

FIELD_DESCRIPTIONS = "field_descriptions"
# Stands for the shared parameter of that name.
IDEMPOTENCY_KEY = OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER)

View = TypeVar("View", bound=type[Any])
Decorator = Callable[[Any], Any]


class SharedError(OpenApiResponse):
    """A refusal that a component describes.

    Args:
        component: a name under `components/responses`.
        description: when this operation refuses so.
    """

    def __init__(self, component: str, description: str) -> None:
        super().__init__(description=description)
        self.component = component


FORBIDDEN = "Forbidden"
BLOCKED = "Blocked"
FULL = "Full"
NOT_A_MEMBER = "NotAMember"


def document(**actions: Decorator | Sequence[Decorator]) -> Callable[[View], View]:
    """Document a viewset's actions: `document(list=extend_schema(…), mine=extend_schema(…))`.

    drf-spectacular's `extend_schema_view` does the same for the names it knows. An action that serves two methods takes
    a decorator for each, told apart by `methods`.

    Raises:
        AttributeError: the view has no such action.
    """

    def decorate(view: View) -> View:
        for name, decorators in actions.items():
            for decorator in decorators if isinstance(decorators, Sequence) else [decorators]:
                decorator(isolate_view_method(view, name))
        return view

    return decorate


def describe(serializer: type[Any], **fields: str) -> None:
    """Say in words what the fields of a request body are."""
    known: Mapping[str, str] = get_override(serializer, FIELD_DESCRIPTIONS, {})
    set_override(serializer, FIELD_DESCRIPTIONS, {**known, **fields})


def body(name: str, value: Any, summary: str = "") -> OpenApiExample:
    """Return an example of a request body."""
    return OpenApiExample(name, value=value, summary=summary, request_only=True)


def answer(serializer: Any, description: str, **examples: Any) -> OpenApiResponse:
    """Return a response with its examples by name."""
    listed = [OpenApiExample(name, value=value, response_only=True) for name, value in examples.items()]
    return OpenApiResponse(serializer, description=description, examples=listed)


def nothing(description: str) -> OpenApiResponse:
    """Return a response without a body."""
    return OpenApiResponse(description=description)


def forbidden(description: str) -> SharedError:
    """Return a 403 for lack of rights."""
    return SharedError(FORBIDDEN, description)


def blocked(description: str) -> SharedError:
    """Return a 403 for a block."""
    return SharedError(BLOCKED, description)


def blocked_or_forbidden(description: str) -> SharedError:
    """Return a 403 for a block, or for lack of rights."""
    return SharedError("BlockedOrForbidden", description)


def unprocessable(description: str) -> SharedError:
    """Return a 422 of an operation that reads neither body nor query."""
    return SharedError("Unprocessable", description)


def full(description: str) -> SharedError:
    """Return a 422 that may also say that no place is left."""
    return SharedError(FULL, description)


def not_a_member(description: str) -> SharedError:
    """Return a 403 for a room that is not the caller's."""
    return SharedError(NOT_A_MEMBER, description)


def blocked_or_not_a_member(description: str) -> SharedError:
    """Return a 403 for a room that is not the caller's, or a block."""
    return SharedError("BlockedOrNotAMember", description)


def ai_unavailable(description: str) -> SharedError:
    """Return a 503 that may also say that no model is set up."""
    return SharedError("AIUnavailable", description)


def ai_failed(description: str) -> SharedError:
    """Return a 502 for a model's answer that is none."""
    return SharedError("AIFailed", description)


def ai_refused(description: str) -> SharedError:
    """Return a 422 that may also say that the model does not take it."""
    return SharedError("AIRefused", description)


def ai_budget_exceeded(description: str) -> SharedError:
    """Return a 429 for a limit of the assistant that is used up."""
    return SharedError("AIBudgetExceeded", description)


def asks_a_model(
    unprocessable: str = "A value breaks a rule, or the model does not take it.",
) -> dict[int, SharedError]:
    """Return the refusals of an operation that waits for a model's answer, by status."""
    return {
        422: ai_refused(unprocessable),
        429: ai_budget_exceeded("A limit of the assistant is used up."),
        502: ai_failed("The model answered with what is no answer."),
        503: ai_unavailable("No model is set up, or it does not answer."),
    }
