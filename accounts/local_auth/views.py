"""The routes of `/auth/v1`: read a request, call LocalAuth, answer (source: Supabase Auth, REST API)."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from accounts.auth_gateway import AuthError, Scope
from accounts.local_auth import paging
from accounts.local_auth.gateway import LocalAuth
from accounts.local_auth.tokens import require_service_key, signed_in
from accounts.local_auth.users import AUDIENCE, user_json
from accounts.local_auth.wire import answer, bearer, flag, metadata_field, read_body, text

_SCOPES: dict[str, Scope] = {"": "global", "global": "global", "local": "local", "others": "others"}
_AUTH = LocalAuth()


def sign_up(request: HttpRequest) -> HttpResponse:
    """POST /signup."""
    body = read_body(request)
    email, phone = text(body, "email"), text(body, "phone")
    if phone:
        raise AuthError("Phone signups are disabled", code="phone_provider_disabled")
    if not email:
        message = "Anonymous sign-ins are disabled"
        raise AuthError(message, code="anonymous_provider_disabled", status=422)
    data = metadata_field(body, "data") or {}
    return answer(_AUTH.sign_up(email=email, password=text(body, "password"), data=data))


def token(request: HttpRequest) -> HttpResponse:
    """POST /token?grant_type=password or refresh_token."""
    grant_type = request.GET.get("grant_type", "")
    body = read_body(request)
    if grant_type == "refresh_token":
        return answer(_AUTH.refresh(refresh_token=text(body, "refresh_token")))
    if grant_type != "password":
        raise AuthError("unsupported_grant_type", code="invalid_credentials")
    if text(body, "phone"):
        raise AuthError("Phone logins are disabled", code="phone_provider_disabled")
    if not text(body, "email"):
        raise AuthError("missing email or phone", code="validation_failed")
    return answer(_AUTH.sign_in(email=text(body, "email"), password=text(body, "password")))


def user(request: HttpRequest) -> HttpResponse:
    """GET /user."""
    return answer(user_json(signed_in(bearer(request)).user))


def user_update(request: HttpRequest) -> HttpResponse:
    """PUT /user."""
    return answer(_AUTH.own_update(actor=signed_in(bearer(request)), body=read_body(request)))


def log_out(request: HttpRequest) -> HttpResponse:
    """POST /logout?scope=global, local or others."""
    scope = _SCOPES.get(request.GET.get("scope", ""))
    if scope is None:
        raise AuthError("Unsupported logout scope", code="validation_failed")
    _AUTH.sign_out(access_token=bearer(request), scope=scope)
    return HttpResponse(status=204)


def recover(request: HttpRequest) -> HttpResponse:
    """POST /recover."""
    _AUTH.recover(email=text(read_body(request), "email"))
    return answer({})


def provider_settings(_request: HttpRequest) -> HttpResponse:
    """GET /settings: e-mail and password are the only way in."""
    return answer(
        {
            "external": {"anonymous_users": False, "email": True, "phone": False},
            "disable_signup": False,
            "mailer_autoconfirm": True,
            "phone_autoconfirm": False,
            "sms_provider": "",
            "saml_enabled": False,
        }
    )


def health(_request: HttpRequest) -> HttpResponse:
    """GET /health."""
    return answer({"name": "GoTrue", "version": "local", "description": "Local stand-in for Supabase Auth"})


def keys(_request: HttpRequest) -> HttpResponse:
    """GET /.well-known/jwks.json."""
    response = answer(settings.SUPABASE_JWKS)
    response["Cache-Control"] = "public, max-age=600"
    return response


def admin_list(request: HttpRequest) -> HttpResponse:
    """GET /admin/users?page=&per_page=."""
    require_service_key(bearer(request))
    page = paging.accounts_page(request)
    response = answer({"users": [user_json(account) for account in page.accounts], "aud": AUDIENCE})
    response["X-Total-Count"] = str(page.total)
    response["Link"] = page.links
    return response


def admin_create(request: HttpRequest) -> HttpResponse:
    """POST /admin/users."""
    require_service_key(bearer(request))
    return answer(_AUTH.user_create(values=read_body(request)))


def admin_get(request: HttpRequest, user_id: str) -> HttpResponse:
    """GET /admin/users/{id}."""
    require_service_key(bearer(request))
    return answer(_AUTH.user(user_id=user_id))


def admin_update(request: HttpRequest, user_id: str) -> HttpResponse:
    """PUT /admin/users/{id}."""
    require_service_key(bearer(request))
    return answer(_AUTH.user_update(user_id=user_id, changes=read_body(request)))


def admin_delete(request: HttpRequest, user_id: str) -> HttpResponse:
    """DELETE /admin/users/{id}."""
    require_service_key(bearer(request))
    if flag(read_body(request), "should_soft_delete"):
        raise AuthError("Local mode deletes for good only", code="validation_failed", status=422)
    _AUTH.user_delete(user_id=user_id)
    return answer({})
