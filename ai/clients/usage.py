"""How many tokens a call took, as servers count them."""

from typing import NamedTuple


class Usage(NamedTuple):
    """The tokens of one call.

    Args:
        prompt_tokens: read, those from the server's cache included.
        cached_tokens: of these, read from the cache.
        completion_tokens: written, reasoning and tool calls included.
        is_estimate: the server did not say, as where a stream was cut; these are ours.
    """

    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    is_estimate: bool = False
