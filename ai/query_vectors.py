"""What a question means, asked of the model while somebody waits (docs/decisions/019-hybrid-search.md)."""

from typing import NamedTuple


class QueryVector(NamedTuple):
    """What a question means to one model or, while `EMBED_MODEL` is being changed, to two.

    Args:
        by_model: a vector for each `model_version`.
    """

    by_model: dict[str, list[float]]


def query_vector(text: str) -> QueryVector | None:
    """Return what a question means; None where no model is set up, or none answers in time. Never raises."""
    return None
