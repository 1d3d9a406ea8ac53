"""Routes of the accounts app, below /api/."""

from django.urls import path

from accounts.auth_views import AuthViewSet
from accounts.views import MeViewSet, UserEnneagramViewSet, UserViewSet

urlpatterns = [
    path("auth/register", AuthViewSet.as_view({"post": "register"}), name="auth-register"),
    path("auth/login", AuthViewSet.as_view({"post": "login"}), name="auth-login"),
    path("auth/refresh", AuthViewSet.as_view({"post": "refresh"}), name="auth-refresh"),
    path("auth/logout", AuthViewSet.as_view({"post": "logout"}), name="auth-logout"),
    path("auth/recover", AuthViewSet.as_view({"post": "recover"}), name="auth-recover"),
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
