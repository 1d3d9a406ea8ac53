"""Every route, by app."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerView

from lifestring import health

handler400 = "lifestring.error_rendering.bad_request"
handler403 = "lifestring.error_rendering.forbidden"
handler404 = "lifestring.error_rendering.not_found"
handler500 = "lifestring.error_rendering.server_error"

urlpatterns = [
    path("api/", include("strings.urls")),
    path("api/", include("accounts.urls")),
    path("api/", include("ai.urls")),
    path("api/schema", SpectacularJSONAPIView.as_view(), name="schema"),
    path("api/docs", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
    path("up", health.up, name="up"),
    path("ready", health.ready, name="ready"),
    path("admin/", admin.site.urls),
]
