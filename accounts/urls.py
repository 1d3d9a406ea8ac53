"""Routes of the accounts app, below /api/."""

from django.urls import path

from accounts.views import MeViewSet, UserEnneagramViewSet, UserViewSet

urlpatterns = [
    path(
        "me", MeViewSet.as_view({"get": "retrieve", "put": "replace", "patch": "merge", "delete": "erase"}), name="me"
    ),
    path("users", UserViewSet.as_view({"get": "list", "post": "create"}), name="users"),
    path(
        "users/<uuid:user>",
        UserViewSet.as_view({"get": "retrieve", "put": "replace", "patch": "merge", "delete": "erase"}),
        name="user",
    ),
    path(
        "users/<uuid:user>/enneagrams",
        UserEnneagramViewSet.as_view({"get": "list", "post": "replace", "delete": "remove"}),
        name="user-enneagrams",
    ),
    path("enneagrams", UserEnneagramViewSet.as_view({"get": "types"}), name="enneagrams"),
]
