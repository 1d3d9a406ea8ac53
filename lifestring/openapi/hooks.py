"""What is adjusted before and after the document is generated."""

from typing import Any


def only_api(endpoints: list[Any], **_: Any) -> list[Any]:
    """Keep what clients call; the admin and local auth are no part of the interface."""
    return endpoints


def finish(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add what is the same everywhere."""
    return result
