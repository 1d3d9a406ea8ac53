"""Django settings, one section per concern; values come from the environment through lifestring.config."""

import os
from pathlib import Path
from typing import Any

import environ

from lifestring import config

BASE_DIR = Path(__file__).resolve().parent.parent
if (BASE_DIR / ".env").is_file() and "PYTEST_VERSION" not in os.environ:
    environ.Env.read_env(BASE_DIR / ".env")
CONFIG = config.load(os.environ, BASE_DIR)

# --- the project ---------------------------------------------------------------------------------------------------
DEBUG = CONFIG.debug
SECRET_KEY = CONFIG.secret_key
ALLOWED_HOSTS = CONFIG.allowed_hosts
LOCAL_MODE = CONFIG.local
PUBLIC_URL = CONFIG.public_url
ROOT_URLCONF = "lifestring.local.urls" if LOCAL_MODE else "lifestring.urls"
ASGI_APPLICATION = "lifestring.asgi.application"
APPEND_SLASH = False
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SILENCED_SYSTEM_CHECKS: list[str] = []

INSTALLED_APPS = [
    "lifestring",
    "accounts",
    "moderation",
    "strings",
    "chat",
    "events",
    "ai",
    "accounts.staff.apps.StaffAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "dramatiq_crontab",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
]

# The admin's middleware works only below /admin/: REST needs no session, and each layer costs every request.
MIDDLEWARE = [
    "lifestring.middleware.RequestContextMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "lifestring.middleware.AdminSessionMiddleware",
    "lifestring.middleware.AdminCsrfMiddleware",
    "lifestring.middleware.AdminAuthenticationMiddleware",
    "lifestring.middleware.AdminSecondFactorMiddleware",
    "lifestring.middleware.AdminMessageMiddleware",
    "lifestring.middleware.AdminPolicyMiddleware",
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

# --- database: Supabase's schemas are read, ours is `django` (docs/decisions/002-two-schemas.md) ----------------------
SEARCH_PATH = "django,public,extensions"
LOAD_SUPABASE_SCHEMA = LOCAL_MODE or os.environ.get("LIFESTRING_TESTING") == "1"
_database: dict[str, Any] = environ.Env.db_url_config(CONFIG.database_url)
_database["ENGINE"] = "lifestring.postgres"
_database["CONN_MAX_AGE"] = 0
_database.setdefault("OPTIONS", {})
# A host that vanished without a word is noticed within seconds and not after the system's many minutes.
_database["OPTIONS"].setdefault("connect_timeout", 5)
_database["OPTIONS"].setdefault("tcp_user_timeout", 10_000)
# The pool pauses longer and longer between attempts to connect; begun anew every ten seconds, no pause outlasts an outage
# by more than five.
_database["OPTIONS"]["pool"] = {
    "min_size": 1,
    "max_size": CONFIG.database_pool_max,
    "timeout": 10,
    "reconnect_timeout": 10,
}
if CONFIG.database_pool_mode == "transaction":
    # A transaction pooler takes no start-up options and keeps no session: search_path comes from ALTER ROLE.
    _database["DISABLE_SERVER_SIDE_CURSORS"] = True
else:
    # One core for a statement: others take longer to start than most of what is asked. Compiling a plan takes longer still,
    # and a search looks dear enough for both each time (docs/performance.md, Growth).
    _database["OPTIONS"]["options"] = f"-c search_path={SEARCH_PATH} -c max_parallel_workers_per_gather=0 -c jit=off"
DATABASES = {"default": _database}

# --- Redis: channel layer, jobs, cache --------------------------------------------------------------------------------
REDIS_URL = CONFIG.redis_url
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        # JSON, since msgpack has no integers beyond 64 bits, which JSONB columns may hold.
        "CONFIG": {"hosts": [REDIS_URL], "prefix": "lifestring:ws", "serializer_format": "json"},
    }
}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "lifestring:cache",
        # What is kept there can be had without; nobody waits for it long.
        "OPTIONS": {"socket_connect_timeout": 2, "socket_timeout": 2},
    }
}
JOBS_NAMESPACE = "lifestring:jobs"
DRAMATIQ_CRONTAB = {"REDIS_URL": REDIS_URL}

# --- who is calling ---------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.StaffUser"
# Local passwords first, so that they neither travel to Supabase nor wait for it.
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "accounts.staff_backend.SupabaseStaffBackend",
]
SUPABASE_URL = CONFIG.supabase_url
SUPABASE_ANON_KEY = CONFIG.supabase_anon_key
SUPABASE_SERVICE_KEY = CONFIG.supabase_service_key
SUPABASE_JWT_SECRET = CONFIG.supabase_jwt_secret
SUPABASE_JWT_ISSUER = CONFIG.supabase_jwt_issuer
SUPABASE_JWKS_URL = CONFIG.supabase_jwks_url
SUPABASE_JWKS = CONFIG.supabase_jwks
SUPABASE_TIMEOUT = 5.0
ADMIN_REQUIRE_2FA = CONFIG.admin_require_2fa
OTP_TOTP_ISSUER = "Lifestring"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# --- REST -------------------------------------------------------------------------------------------------------------
REST_THREADS = CONFIG.rest_threads
SOCKET_THREADS = CONFIG.socket_threads
MAX_BODY_BYTES = CONFIG.max_body_bytes
REQUEST_SECONDS = CONFIG.request_seconds
MAX_CONNECTIONS = CONFIG.max_connections
MAX_SOCKETS_PER_PERSON = CONFIG.max_sockets_per_person
MAX_SOCKETS_PER_ADDRESS = CONFIG.max_sockets_per_address
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_BODY_BYTES
RATE_LIMITS = CONFIG.rate_limits
TRUSTED_PROXIES = CONFIG.trusted_proxies
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.authentication.SupabaseAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.permissions.IsActiveCaller"],
    "DEFAULT_THROTTLE_CLASSES": ["lifestring.throttling.CallerThrottle"],
    "DEFAULT_RENDERER_CLASSES": ["lifestring.rendering.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["lifestring.parsing.StrictJSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "lifestring.rendering.AlwaysJSON",
    "DEFAULT_SCHEMA_CLASS": "lifestring.openapi.schema.RouteSchema",
    "EXCEPTION_HANDLER": "lifestring.error_rendering.exception_handler",
    "UNAUTHENTICATED_USER": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "TEST_REQUEST_RENDERER_CLASSES": ["lifestring.rendering.JSONRenderer"],
}
CORS_ALLOWED_ORIGINS = CONFIG.cors_origins
# Local mode serves pages a developer opens from any port of the same machine.
CORS_ALLOWED_ORIGIN_REGEXES = [r"^https?://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$"] if LOCAL_MODE else []
CORS_ALLOW_HEADERS = [
    "accept",
    "accept-profile",
    "apikey",
    "authorization",
    "content-profile",
    "content-type",
    "idempotency-key",
    "if-none-match",
    "prefer",
    "range",
    "x-client-info",
    "x-request-id",
    "x-supabase-api-version",
]
CORS_EXPOSE_HEADERS = [
    "content-disposition",
    "etag",
    "ratelimit-limit",
    "ratelimit-remaining",
    "ratelimit-reset",
    "retry-after",
    "x-request-id",
    "x-supabase-api-version",
]
CORS_PREFLIGHT_MAX_AGE = 3600

# --- AI (docs/configuration.md, AI) -----------------------------------------------------------------------------------
OPENAI_API_KEY = CONFIG.openai_api_key
OPENAI_BASE_URL = CONFIG.openai_base_url
EMBED_BASE_URL = CONFIG.embed_base_url or CONFIG.openai_base_url
# A key goes to the server it was given for, and to no other.
EMBED_API_KEY = CONFIG.embed_api_key or ("" if CONFIG.embed_base_url else CONFIG.openai_api_key)
# A server of one's own may want no key.
EMBEDDINGS = bool(EMBED_API_KEY or CONFIG.embed_base_url)
EMBED_MODEL = CONFIG.embed_model
# As with embeddings: a key, or a server of one's own.
ASSISTANT = bool(OPENAI_API_KEY or OPENAI_BASE_URL != config.OPENAI_URL)
CHAT_MODEL = CONFIG.chat_model
CHAT_FALLBACK_MODEL = CONFIG.chat_fallback_model
AI_PRICES = CONFIG.ai_prices
AI_BOT_USER_ID = CONFIG.ai_bot_user_id
AI_MODERATION = CONFIG.ai_moderation
AI_MESSAGES_PER_HOUR = CONFIG.ai_messages_per_hour
AI_MESSAGES_PER_DAY = CONFIG.ai_messages_per_day
AI_DAILY_BUDGET = CONFIG.ai_daily_budget
AI_MAX_ANSWER_TOKENS = CONFIG.ai_max_answer_tokens
AI_USAGE_DAYS = CONFIG.ai_usage_days
AI_PUBLIC_CHAT = CONFIG.ai_public_chat
AI_PUBLIC_MESSAGES_PER_HOUR = CONFIG.ai_public_messages_per_hour
AI_PUBLIC_MESSAGES_PER_DAY = CONFIG.ai_public_messages_per_day

# --- what staff see (docs/data.md) -------------------------------------------------------------------------------------
SIGN_IN_DAYS = CONFIG.sign_in_days
FIGURE_DAYS = CONFIG.figure_days
DEAD_LETTER_DAYS = CONFIG.dead_letter_days

# --- rooms ------------------------------------------------------------------------------------------------------------
ROOM_LOG_DAYS = CONFIG.room_log_days

# --- moderation (docs/configuration.md, Moderation) -------------------------------------------------------------------
REPORTS_PER_HOUR = CONFIG.reports_per_hour
SNAPSHOT_DAYS = CONFIG.snapshot_days
CASE_DAYS = CONFIG.case_days
SUSPENSION_BANS = CONFIG.suspension_bans
RULE_LINKS_PER_HOUR = CONFIG.rule_links_per_hour
RULE_REPEATS_PER_HOUR = CONFIG.rule_repeats_per_hour
RULE_REQUESTS_PER_HOUR = CONFIG.rule_requests_per_hour

# --- browsers ---------------------------------------------------------------------------------------------------------
TRUST_PROXY = CONFIG.trust_proxy
if TRUST_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# The only sessions are those of staff: of the admin's pages alone, and at most a working day long.
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = "/admin/"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "lifestring.admin_errors.csrf_failure"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not LOCAL_MODE
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
# The pages fill it into their forms themselves; no script of theirs reads it.
CSRF_COOKIE_HTTPONLY = True
# A year; what else goes with every answer is in lifestring/security_headers.py.
SECURE_HSTS_SECONDS = 0 if LOCAL_MODE else 365 * 86_400

# --- what is seen of it (docs/operations.md) --------------------------------------------------------------------------
METRICS_TOKEN = CONFIG.metrics_token
WORKER_METRICS_PORT = CONFIG.worker_metrics_port
SENTRY_DSN = CONFIG.sentry_dsn
TRACES_ENDPOINT = CONFIG.traces_endpoint

# --- logs -------------------------------------------------------------------------------------------------------------
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "request_id": {"()": "lifestring.context.RequestIdFilter"},
        "client_faults": {"()": "lifestring.log_filters.ClientFaultFilter"},
        "tokens": {"()": "lifestring.log_filters.TokenFilter"},
    },
    "formatters": {
        "line": {
            "class": "lifestring.telemetry.logs.LineFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s",
        },
        "json": {"()": "lifestring.telemetry.logs.JsonFormatter"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": CONFIG.log_format,
            "filters": ["request_id", "tokens"],
        }
    },
    "root": {"handlers": ["console"], "level": CONFIG.log_level},
    "loggers": {
        "django.server": {"level": "WARNING"},
        "apscheduler": {"level": "WARNING"},
        "httpx2": {"level": "WARNING"},
        # It has handlers of its own otherwise, whose lines look different.
        "uvicorn": {"handlers": [], "propagate": True},
        # Ours tell more, and no query.
        "uvicorn.access": {"handlers": [], "propagate": False},
        "uvicorn.error": {"filters": ["client_faults"]},
        "daphne.ws_protocol": {"filters": ["client_faults"]},
    },
}

# --- OpenAPI ----------------------------------------------------------------------------------------------------------
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Lifestring API",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.1",
    "DESCRIPTION": "The REST interface of Lifestring: people, strings, rooms, events and the assistant.",
    "COMPONENT_SPLIT_REQUEST": True,
    # PATCH bodies are the same as PUT's: what is optional in one is so in the other.
    "COMPONENT_SPLIT_PATCH": False,
    "SORT_OPERATION_PARAMETERS": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "PREPROCESSING_HOOKS": ["lifestring.openapi.hooks.only_api"],
    "POSTPROCESSING_HOOKS": ["lifestring.openapi.hooks.finish"],
}
