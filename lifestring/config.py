"""What the environment says, read once and refused where it is missing or unsafe.

`load` turns environment variables (and a `.env` file beside manage.py) into one typed `Config`; settings.py maps it to
Django's names. Every variable is explained in `.env.example`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, cast

import environ
import jwt
from django.core.exceptions import ImproperlyConfigured

from lifestring import contradictions, env_tables, env_values
from lifestring.local.secrets import LocalSecrets
from lifestring.local.state import LocalState

PoolMode = Literal["direct", "session", "transaction"]
# Local mode makes this account itself.
LOCAL_ASSISTANT = "a1f5e57a-1d5f-4c0e-9a11-0c0ffee0b075"
DEMO_MODEL = "demo"
OPENAI_URL = "https://api.openai.com/v1"
# The cheapest there are of OpenAI that are not about to be shut down, of two generations: what befalls one spares the other.
CHAT_MODEL, CHAT_FALLBACK_MODEL = "gpt-6-luna", "gpt-5.6-luna"
# An empty variable is one that is not set.
NO_FALLBACK = "none"
LOOPBACK_HOSTS = ["127.0.0.1", "localhost", "[::1]", "testserver"]


@dataclass(frozen=True)
class Config:
    """The product's configuration; times are in seconds, sizes in bytes."""

    local: bool
    data: Path
    debug: bool
    secret_key: str
    allowed_hosts: list[str]
    cors_origins: list[str]
    public_url: str
    trust_proxy: bool
    database_url: str
    database_pool_mode: PoolMode
    database_pool_max: int
    redis_url: str
    supabase_url: str
    supabase_jwt_secret: str
    supabase_jwt_issuer: str
    supabase_jwks_url: str
    supabase_jwks: dict[str, Any] | None
    supabase_anon_key: str
    supabase_service_key: str
    openai_api_key: str
    openai_base_url: str
    embed_base_url: str
    embed_api_key: str
    embed_model: str
    chat_model: str
    chat_fallback_model: str
    ai_prices: env_tables.Prices
    ai_bot_user_id: str
    ai_moderation: bool
    ai_messages_per_hour: int
    ai_messages_per_day: int
    ai_daily_budget: Decimal
    ai_max_answer_tokens: int
    ai_usage_days: int
    ai_public_chat: bool
    ai_public_messages_per_hour: int
    ai_public_messages_per_day: int
    rate_limits: env_tables.RateLimits
    trusted_proxies: list[str]
    metrics_token: str
    worker_metrics_port: int | None
    log_format: str
    sentry_dsn: str
    traces_endpoint: str
    rest_threads: int
    socket_threads: int
    max_body_bytes: int
    request_seconds: int
    max_connections: int
    max_sockets_per_person: int
    max_sockets_per_address: int
    room_log_days: int
    admin_require_2fa: bool
    reports_per_hour: int
    snapshot_days: int
    case_days: int
    sign_in_days: int
    figure_days: int
    dead_letter_days: int
    suspension_bans: bool
    rule_links_per_hour: int
    rule_repeats_per_hour: int
    rule_requests_per_hour: int
    log_level: str


def load(variables: Mapping[str, str], base_dir: Path) -> Config:
    """Return the configuration these variables describe.

    Without `DATABASE_URL` the local servers of `make run` are used where they run (docs/configuration.md, Local mode).

    Raises:
        ImproperlyConfigured: a variable is missing, malformed, contradictory or unsafe; the message names it.
    """
    env = environ.Env()
    asked = env_values.Asked()
    # A secret may begin with a dollar sign; unescaped, environ would take the rest for another variable's name.
    env.escape_proxy = True
    # An empty line of .env leaves the variable out: an empty value is never meant, and could be unsafe.
    asked |= {name: value.replace("$", r"\$") for name, value in variables.items() if value.strip()}
    env.ENVIRON = asked
    try:
        config = _read(env, base_dir)
    except ImproperlyConfigured:
        # What is missing may be there under a name that is nearly its own.
        contradictions.check_names(asked, asked.names)
        raise
    contradictions.check_names(asked, asked.names)
    if not config.local:
        contradictions.check(config, asked)
    return config


def _read(env: environ.Env, base_dir: Path) -> Config:
    data = base_dir / env.str("LIFESTRING_DATA", default=".lifestring")
    local = not env.str("DATABASE_URL", default="")
    served = _local_servers(env, data) if local else _given_servers(env)
    debug = env_values.flag(env, "DEBUG")
    if debug and not local:
        raise ImproperlyConfigured("DEBUG is for local mode alone: it must not be true where DATABASE_URL is set.")
    supabase_url = served["supabase_url"]
    return Config(
        local=local,
        data=data,
        debug=debug,
        public_url=env_values.url(env, "PUBLIC_URL", default="").rstrip("/"),
        trust_proxy=env_values.flag(env, "TRUST_PROXY"),
        database_pool_mode=env_values.choice(env, "DATABASE_POOL_MODE", ("direct", "session", "transaction"), "direct"),
        database_pool_max=env_values.number(env, "DATABASE_POOL_MAX", default=10),
        supabase_jwt_issuer=env_values.url(env, "SUPABASE_JWT_ISSUER", default=f"{supabase_url}/auth/v1"),
        supabase_jwks_url=env_values.url(
            env, "SUPABASE_JWKS_URL", default=f"{supabase_url}/auth/v1/.well-known/jwks.json"
        ),
        **(_demo_model(demo) if (demo := served.pop("demo_model_url", "")) else _models(env)),
        ai_bot_user_id=env_values.uuid_text(env, "AI_BOT_USER_ID") or (LOCAL_ASSISTANT if local else ""),
        **_assistant(env),
        **_limits(env),
        **_telemetry(env, local=local),
        rest_threads=env_values.number(env, "REST_THREADS", default=4),
        socket_threads=env_values.number(env, "SOCKET_THREADS", default=6),
        **_retention(env),
        log_level=env_values.choice(env, "LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), "INFO"),
        **_moderation(env),
        **served,
    )


def _retention(env: environ.Env) -> dict[str, Any]:
    """For how many days what is kept (docs/data.md)."""
    return {
        "room_log_days": env_values.number(env, "ROOM_LOG_DAYS", default=30),
        "sign_in_days": env_values.number(env, "SIGN_IN_DAYS", default=90),
        "figure_days": env_values.number(env, "FIGURE_DAYS", default=800),
        "dead_letter_days": env_values.number(env, "DEAD_LETTER_DAYS", default=7),
    }


def _moderation(env: environ.Env) -> dict[str, Any]:
    return {
        "reports_per_hour": env_values.number(env, "REPORTS_PER_HOUR", default=30),
        "snapshot_days": env_values.number(env, "SNAPSHOT_DAYS", default=30),
        "case_days": env_values.number(env, "CASE_DAYS", default=1100),
        "suspension_bans": env_values.flag(env, "SUSPENSION_BANS", default=True),
        "rule_links_per_hour": env_values.number(env, "RULE_LINKS_PER_HOUR", default=15),
        "rule_repeats_per_hour": env_values.number(env, "RULE_REPEATS_PER_HOUR", default=5),
        "rule_requests_per_hour": env_values.number(env, "RULE_REQUESTS_PER_HOUR", default=60),
    }


def _models(env: environ.Env) -> dict[str, Any]:
    """Whom to ask, and what that costs."""
    return {
        "openai_api_key": env.str("OPENAI_API_KEY", default=""),
        "openai_base_url": env_values.url(env, "OPENAI_BASE_URL", default=OPENAI_URL),
        "embed_base_url": env_values.url(env, "EMBED_BASE_URL", default=""),
        "embed_api_key": env.str("EMBED_API_KEY", default=""),
        "embed_model": _embed_model(env),
        "chat_model": env.str("CHAT_MODEL", default=CHAT_MODEL),
        "chat_fallback_model": _fallback_model(env),
        "ai_prices": env_tables.prices(env),
    }


def _demo_model(url: str) -> dict[str, Any]:
    """The demo of `make run AI=demo`, whatever the variables say: no key goes to it, and it costs nothing."""
    return {
        "openai_api_key": "",
        "openai_base_url": url,
        "embed_base_url": url,
        "embed_api_key": "",
        # A model of its own, so that its vectors are not taken for a real one's later.
        "embed_model": DEMO_MODEL,
        "chat_model": DEMO_MODEL,
        "chat_fallback_model": "",
        "ai_prices": {DEMO_MODEL: env_tables.price(0)},
    }


def _assistant(env: environ.Env) -> dict[str, Any]:
    """How much of the assistant there is, for whom."""
    return {
        "ai_moderation": env_values.flag(env, "AI_MODERATION", default=True),
        "ai_messages_per_hour": env_values.number(env, "AI_MESSAGES_PER_HOUR", default=100),
        "ai_messages_per_day": env_values.number(env, "AI_MESSAGES_PER_DAY", default=500),
        "ai_daily_budget": env_values.dollars(env, "AI_DAILY_BUDGET", default="5"),
        "ai_max_answer_tokens": env_values.number(env, "AI_MAX_ANSWER_TOKENS", default=1000),
        "ai_usage_days": env_values.number(env, "AI_USAGE_DAYS", default=400),
        "ai_public_chat": env_values.flag(env, "AI_PUBLIC_CHAT"),
        "ai_public_messages_per_hour": env_values.number(env, "AI_PUBLIC_MESSAGES_PER_HOUR", default=10),
        "ai_public_messages_per_day": env_values.number(env, "AI_PUBLIC_MESSAGES_PER_DAY", default=30),
    }


def _given_servers(env: environ.Env) -> dict[str, Any]:
    """What production must be told; there is no default that would be safe."""
    secret_key = env_values.required(env, "SECRET_KEY")
    if len(secret_key) < 32 or len(set(secret_key)) < 8 or "change-me" in secret_key:
        raise ImproperlyConfigured("SECRET_KEY is too weak: give at least 32 random characters.")
    allowed_hosts = env_values.names(env, "ALLOWED_HOSTS")
    if not allowed_hosts:
        raise ImproperlyConfigured("ALLOWED_HOSTS is not set: name the hosts this service answers for.")
    cors_origins = env_values.origins(env, "CORS_ORIGINS")
    if "*" in allowed_hosts:
        raise ImproperlyConfigured("ALLOWED_HOSTS must not be '*': list the names exactly.")
    return {
        "secret_key": secret_key,
        "allowed_hosts": allowed_hosts,
        "cors_origins": cors_origins,
        "database_url": env_values.url(env, "DATABASE_URL", schemes=("postgres", "postgresql")),
        "redis_url": env_values.url(env, "REDIS_URL", schemes=("redis", "rediss", "unix")),
        "admin_require_2fa": env_values.flag(env, "ADMIN_REQUIRE_2FA", default=True),
        "supabase_url": env_values.url(env, "SUPABASE_URL").rstrip("/"),
        "supabase_jwt_secret": _jwt_secret(env),
        "supabase_jwks": None,
        "supabase_anon_key": _api_key(env_values.required(env, "SUPABASE_ANON_KEY"), "SUPABASE_ANON_KEY"),
        "supabase_service_key": _api_key(env.str("SUPABASE_SERVICE_KEY", default=""), "SUPABASE_SERVICE_KEY"),
    }


def _local_servers(env: environ.Env, data: Path) -> dict[str, Any]:
    """The servers that `make run` started for the data folder."""
    if env.str("SUPABASE_URL", default=""):
        raise ImproperlyConfigured("SUPABASE_URL is set but DATABASE_URL is not: set both, or neither for local mode.")
    state = LocalState.read(data)
    if state is None:
        raise ImproperlyConfigured(
            "DATABASE_URL is not set, and no local servers run: set it, or start them with `make run`."
        )
    secrets = LocalSecrets.read_or_create(data)
    return {
        "secret_key": secrets.secret_key,
        "allowed_hosts": [*LOOPBACK_HOSTS, *env_values.names(env, "ALLOWED_HOSTS")],
        "cors_origins": env_values.names(env, "CORS_ORIGINS"),
        "database_url": state.database_url,
        "redis_url": state.redis_url,
        # Its demo accounts have a published password anyway.
        "admin_require_2fa": env_values.flag(env, "ADMIN_REQUIRE_2FA"),
        "supabase_url": state.web_url,
        "supabase_jwt_secret": secrets.jwt_secret,
        "supabase_jwks": secrets.jwks(),
        "supabase_anon_key": secrets.anon_key,
        "supabase_service_key": secrets.service_key,
        "demo_model_url": state.demo_model_url,
    }


def _jwt_secret(env: environ.Env) -> str:
    """The legacy HS256 secret; optional, since projects with signing keys have none in use."""
    secret = cast(str, env.str("SUPABASE_JWT_SECRET", default=""))
    if secret and len(secret) < 32:
        raise ImproperlyConfigured("SUPABASE_JWT_SECRET is shorter than 32 characters, which no Supabase project's is.")
    return secret


def _api_key(key: str, name: str) -> str:
    """A Supabase API key, refused where the public and the secret one were swapped; either may be of the older kind."""
    wanted_prefix, wanted_role = {
        "SUPABASE_ANON_KEY": ("sb_publishable_", "anon"),
        "SUPABASE_SERVICE_KEY": ("sb_secret_", "service_role"),
    }[name]
    if key.startswith("sb_"):
        suits = key.startswith(wanted_prefix)
    else:
        try:
            # Only to tell the two apart: whose signature it is, is for Supabase to check.
            suits = jwt.decode(key, options={"verify_signature": False}).get("role") == wanted_role
        except jwt.InvalidTokenError:
            suits = False
    if key and not suits:
        raise ImproperlyConfigured(
            f"{name} is not a key of that kind: it starts with {wanted_prefix}, or is a JWT whose "
            f"role is {wanted_role}."
        )
    return key


def _embed_model(env: environ.Env) -> str:
    """The embedding model, refused where its vectors are known not to fit Supabase's columns."""
    model = cast(str, env.str("EMBED_MODEL", default="text-embedding-3-small"))
    if model == "text-embedding-3-large":
        raise ImproperlyConfigured(
            f"EMBED_MODEL is {model}, whose vectors have 3,072 dimensions; the database holds 1,536 or fewer."
        )
    return model


def _fallback_model(env: environ.Env) -> str:
    """Whom to ask second; nobody where the first is the operator's choice, or where that is what they say."""
    chosen = env.str("CHAT_MODEL", default=CHAT_MODEL), env.str("OPENAI_BASE_URL", default=OPENAI_URL)
    default = CHAT_FALLBACK_MODEL if chosen == (CHAT_MODEL, OPENAI_URL) else ""
    named = cast(str, env.str("CHAT_FALLBACK_MODEL", default=default))
    return "" if named == NO_FALLBACK else named


def _telemetry(env: environ.Env, *, local: bool) -> dict[str, Any]:
    """How the running service is looked at."""
    token = cast(str, env.str("METRICS_TOKEN", default=""))
    if token and len(token) < 16:
        raise ImproperlyConfigured("METRICS_TOKEN is too short: give at least 16 random characters.")
    port = env_values.number(env, "WORKER_METRICS_PORT", default=1, most=65_535)
    return {
        "metrics_token": token,
        "worker_metrics_port": port if port > 1 else None,
        "sentry_dsn": env_values.url(env, "SENTRY_DSN", default=""),
        "traces_endpoint": env_values.url(env, "OTEL_EXPORTER_OTLP_ENDPOINT", default=""),
        "log_format": env_values.choice(env, "LOG_FORMAT", ("line", "json"), "line" if local else "json"),
    }


def _limits(env: environ.Env) -> dict[str, Any]:
    """What one caller may ask, and how callers' addresses are known."""
    return {
        "rate_limits": env_tables.rate_limits(env),
        "trusted_proxies": env_values.networks(env, "TRUSTED_PROXIES"),
        "max_body_bytes": env_values.number(env, "MAX_BODY_BYTES", default=1024 * 1024),
        "request_seconds": env_values.number(env, "REQUEST_SECONDS", default=20),
        "max_connections": env_values.number(env, "MAX_CONNECTIONS", default=10_000),
        "max_sockets_per_person": env_values.number(env, "MAX_SOCKETS_PER_PERSON", default=20),
        "max_sockets_per_address": env_values.number(env, "MAX_SOCKETS_PER_ADDRESS", default=500),
    }
