"""What is pushed about recommendations (docs/live.md); it goes to the person's own group (accounts/realtime.py)."""

from typing import Literal, TypedDict


class RecommendationReadyFrame(TypedDict):
    """Recommendations were made anew: so many people were found."""

    type: Literal["recommendation.ready"]
    count: int


def recommendation_ready(count: int) -> RecommendationReadyFrame:
    """Return the frame."""
    return RecommendationReadyFrame(type="recommendation.ready", count=count)
