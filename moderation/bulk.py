"""The same act on many cases: one after the other, each in a transaction of its own, and every refusal told."""

import uuid
from collections.abc import Callable, Mapping
from typing import NamedTuple

from lifestring.errors import DomainError

Act = Callable[[uuid.UUID, int], int]


class BulkResult(NamedTuple):
    """What became of it: the new versions of the cases that were done, and why the others were not."""

    done: dict[uuid.UUID, int]
    refused: dict[uuid.UUID, str]


def each(cases: Mapping[uuid.UUID, int], act: Act) -> BulkResult:
    """Do something with every case.

    Args:
        cases: the version of each case that the moderator saw.
        act: calls a service with a case and its version, and returns what that returns.
    """
    result = BulkResult({}, {})
    for case_id, version in cases.items():
        try:
            result.done[case_id] = act(case_id, version)
        except DomainError as error:
            result.refused[case_id] = error.message
    return result
