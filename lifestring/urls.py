"""Every route, by app."""

from django.contrib import admin
from django.urls import include, path

from lifestring import health
from lifestring.openapi.views import DocsView, LiveSchemaView, SchemaView
from lifestring.telemetry.exposition import metrics

handler400 = "lifestring.error_rendering.bad_request"
handler403 = "lifestring.error_rendering.forbidden"
handler404 = "lifestring.error_rendering.not_found"
handler500 = "lifestring.error_rendering.server_error"

urlpatterns = [
    path("api/", include("moderation.urls")),
    path("api/", include("strings.urls")),
    path("api/", include("accounts.urls")),
    path("api/", include("chat.urls")),
    path("api/", include("events.urls")),
    path("api/", include("ai.urls")),
    path("api/schema", SchemaView.as_view(), name="schema"),
    path("api/live-schema", LiveSchemaView.as_view(), name="live-schema"),
    path("api/docs", DocsView.as_view(), name="docs"),
    path("up", health.up, name="up"),
    path("ready", health.ready, name="ready"),
    path("metrics", metrics, name="metrics"),
    path("admin/", admin.site.urls),
]
