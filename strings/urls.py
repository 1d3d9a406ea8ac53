"""Routes of the strings app, below /api/."""

from django.urls import path

from strings.comment_views import CommentViewSet
from strings.views import StringLikeViewSet, StringViewSet

_STRING = "strings/<uuid:string_id>"
_COMMENT = f"{_STRING}/comments/<uuid:comment_id>"

urlpatterns = [
    path("strings", StringViewSet.as_view({"get": "list", "post": "create"}), name="strings"),
    path(
        _STRING,
        StringViewSet.as_view({"get": "retrieve", "put": "update", "patch": "update", "delete": "destroy"}),
        name="string",
    ),
    path(
        f"{_STRING}/like",
        StringLikeViewSet.as_view({"post": "toggle", "put": "like", "delete": "unlike"}),
        name="string-like",
    ),
    path(f"{_STRING}/likes", StringLikeViewSet.as_view({"get": "list"}), name="string-likes"),
    path(f"{_STRING}/comments", CommentViewSet.as_view({"get": "list", "post": "create"}), name="comments"),
    path(
        _COMMENT,
        CommentViewSet.as_view({"get": "retrieve", "put": "update", "patch": "update", "delete": "destroy"}),
        name="comment",
    ),
    path(f"{_COMMENT}/replies", CommentViewSet.as_view({"get": "replies"}), name="comment-replies"),
    path("my/strings", StringViewSet.as_view({"get": "mine"}), name="my-strings"),
    path("my/liked-strings", StringViewSet.as_view({"get": "liked"}), name="my-liked-strings"),
    path("my/recent", StringViewSet.as_view({"get": "recent"}), name="my-recent"),
]
