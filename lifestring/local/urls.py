"""Local mode's routes: the product's, and Supabase Auth's own under the address clients know it by."""

from django.urls import include, path

from lifestring.urls import handler400, handler403, handler404, handler500
from lifestring.urls import urlpatterns as product_urlpatterns

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

urlpatterns = [*product_urlpatterns, path("auth/v1/", include("accounts.local_auth.urls"))]
