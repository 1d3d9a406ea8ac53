"""Routes of the accounts app, below /api/."""

from django.urls import path

from accounts.auth_views import AuthViewSet
from accounts.connection_views import BlockViewSet, ConnectionViewSet, DiscoverViewSet
from accounts.export_views import ExportViewSet
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
    path("me/export", ExportViewSet.as_view({"get": "download"}), name="me-export"),
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
    path("users/<uuid:user>/block", BlockViewSet.as_view({"post": "create", "delete": "destroy"}), name="user-block"),
    path("connections", ConnectionViewSet.as_view({"get": "list", "post": "create"}), name="connections"),
    path("connections/accepted", ConnectionViewSet.as_view({"get": "accepted"}), name="connections-accepted"),
    path("connections/pending", ConnectionViewSet.as_view({"get": "pending"}), name="connections-pending"),
    path(
        "connections/<uuid:user>",
        ConnectionViewSet.as_view({"get": "retrieve", "put": "update", "delete": "destroy"}),
        name="connection",
    ),
    path("connections/<uuid:user>/respond", ConnectionViewSet.as_view({"put": "respond"}), name="connection-respond"),
    path("my/connections", ConnectionViewSet.as_view({"get": "mine"}), name="my-connections"),
    path("my/pending-requests", ConnectionViewSet.as_view({"get": "requests"}), name="my-pending-requests"),
    path("my/blocks", BlockViewSet.as_view({"get": "list"}), name="my-blocks"),
    path("discover", DiscoverViewSet.as_view({"get": "list"}), name="discover"),
    path("enneagrams", UserEnneagramViewSet.as_view({"get": "types"}), name="enneagrams"),
]
