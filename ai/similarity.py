"""Who is most like a person: the sources that can tell, the best first."""

import uuid
from collections.abc import Callable

from accounts.assistant import is_assistant
from ai.eligibility import Candidate
from ai.interests import by_interests

# Given a person and a limit, a source returns whom it would recommend, the most alike first, or None where it knows too
# little of the person to tell; then the next is asked. Everybody it names is eligible (ai/eligibility.py).
Source = Callable[[uuid.UUID, int], list[Candidate] | None]
SOURCES: dict[str, Source] = {"interests": by_interests}


def candidates(user_id: uuid.UUID, limit: int) -> tuple[str, list[Candidate]]:
    """Return the name of the source that could tell, and whom it found; never the assistant, who is nobody to meet."""
    for name, source in SOURCES.items():
        found = source(user_id, limit + 1)
        if found is not None:
            return name, [one for one in found if not is_assistant(one.user_id)][:limit]
    return "", []
