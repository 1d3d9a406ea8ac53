"""Who is most like a person: the sources that can tell, the best first."""

import uuid
from collections.abc import Callable

from accounts.assistant import is_assistant
from ai.eligibility import Candidate
from ai.interests import INTERESTS, by_interests
from ai.meaning import MEANING, by_meaning

# Given a person and a limit, a source returns whom it would recommend, the most alike first; nobody, where it knows too
# little of the person to tell. Everybody it names is eligible (ai/eligibility.py).
Source = Callable[[uuid.UUID, int], list[Candidate]]
SOURCES: dict[str, Source] = {MEANING: by_meaning, INTERESTS: by_interests}


def candidates(user_id: uuid.UUID, limit: int) -> list[Candidate]:
    """Return so many people, as far as there are, the most alike first; never the assistant, who is nobody to meet.

    Where a source finds too few, since people have no vector yet or not of the same model, the next fills up.
    """
    found: dict[uuid.UUID, Candidate] = {}
    for source in SOURCES.values():
        if len(found) < limit:
            named = source(user_id, limit + 1)
            others = [one for one in named if one.user_id not in found and not is_assistant(one.user_id)]
            found |= {one.user_id: one for one in others[: limit - len(found)]}
    return sorted(found.values(), key=lambda one: -one.score)
