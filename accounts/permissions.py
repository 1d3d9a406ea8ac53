"""Who may call at all; what they may do to a thing is decided where the thing is fetched (docs/api.md, Who may what)."""

from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from accounts.callers import Caller
from lifestring.errors import SuspendedError


class IsActiveCaller(BasePermission):
    """Closed by default: a signed-in caller, and for writes one who is not suspended.

    A view that must stay open to the suspended sets `open_to_suspended = True`.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        """Tell whether the request may reach the view.

        Raises:
            SuspendedError: a suspended caller's write (403 `suspended`).
        """
        caller: object = request.user
        if not isinstance(caller, Caller):
            return False
        if caller.is_suspended and request.method not in SAFE_METHODS and not getattr(view, "open_to_suspended", False):
            raise SuspendedError
        return True
