"""Every write to strings, likes and comments."""

from strings.services.comments import comment_create, comment_delete, comment_update
from strings.services.likes import LikeResult, string_like, string_like_toggle, string_unlike
from strings.services.posts import string_create, string_delete, string_update

__all__ = [
    "LikeResult",
    "comment_create",
    "comment_delete",
    "comment_update",
    "string_create",
    "string_delete",
    "string_like",
    "string_like_toggle",
    "string_unlike",
    "string_update",
]
