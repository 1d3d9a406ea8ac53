"""`Idempotency-Key` without a table (docs/api.md, Conventions; docs/decisions/004-idempotency.md).

The id of the row to be created is derived from the user, the route and the key, so the primary key decides a race and
the loser reads the winner's row.
"""

import uuid

from rest_framework.request import Request

from lifestring.errors import ValidationFailedError
from lifestring.text import unstorable

_NAMESPACE = uuid.UUID("6c1f5b0e-6d0a-5c39-9d35-1f0f6f4f7a11")
MAX_KEY = 200


def new_id(request: Request, user_id: uuid.UUID) -> uuid.UUID:
    """Return the id for the row this request creates: derived from its key, or random without one.

    Raises:
        ValidationFailedError: the key is longer than 200 characters.
    """
    key = request.headers.get("Idempotency-Key", "")
    if not key:
        return uuid.uuid4()
    if len(key) > MAX_KEY or unstorable(key):
        raise ValidationFailedError({"Idempotency-Key": [f"The key must have at most {MAX_KEY} characters."]})
    return uuid.uuid5(_NAMESPACE, f"{user_id}\n{request.path_info}\n{key}")
