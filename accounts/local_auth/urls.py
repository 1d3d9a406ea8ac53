"""Routes of local mode's Supabase Auth, below /auth/v1/. Clients send no trailing slash."""

from django.urls import path, re_path

from accounts.local_auth import views
from accounts.local_auth.wire import endpoint, not_found

urlpatterns = [
    path("signup", endpoint(POST=views.sign_up)),
    path("token", endpoint(POST=views.token)),
    path("user", endpoint(GET=views.user, PUT=views.user_update)),
    path("logout", endpoint(POST=views.log_out)),
    path("recover", endpoint(POST=views.recover)),
    path("settings", endpoint(GET=views.provider_settings)),
    path("health", endpoint(GET=views.health)),
    path(".well-known/jwks.json", endpoint(GET=views.keys)),
    path("admin/users", endpoint(GET=views.admin_list, POST=views.admin_create)),
    path(
        "admin/users/<str:user_id>",
        endpoint(GET=views.admin_get, PUT=views.admin_update, DELETE=views.admin_delete),
    ),
    # Supabase's clients need JSON here as well; Django's own 404 would do, but in another shape.
    re_path(r"", endpoint(**dict.fromkeys(["GET", "POST", "PUT", "PATCH", "DELETE"], not_found))),
]
