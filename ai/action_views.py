"""The route that does what the assistant proposed, or a client's button says (docs/api.md, AI)."""

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.callers import caller_of
from ai.action_openapi import action_docs
from ai.serializers import ExecuteActionSerializer
from ai.tools import ACTIONS, perform
from lifestring import idempotency
from lifestring.errors import DomainError
from lifestring.links import base_url
from lifestring.views import ApiViewSet, validated


@action_docs
class ActionViewSet(ApiViewSet):
    """Actions."""

    def execute(self, request: Request) -> Response:
        """Do what the action's own route would do."""
        caller = caller_of(request)
        asked = validated(ExecuteActionSerializer(data=request.data))
        action = ACTIONS[asked["action_type"]]
        new_id = idempotency.new_id(request, caller.user_id)
        try:
            done = perform(caller, action, asked["action_data"], new_id=new_id, base=base_url(request))
        except DomainError as error:
            raise _in_action_data(error) from error
        return Response({"action_type": action.name, "message": done.message, "data": done.data}, status=done.status)


def _in_action_data(error: DomainError) -> DomainError:
    """The route's own error, its fields where they stand in this body."""
    fields = {f"action_data.{name}": texts for name, texts in (error.errors or {}).items()}
    return DomainError(
        error.message, code=error.code, status=error.status, errors=fields or None, headers=error.headers
    )
