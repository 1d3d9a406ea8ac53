"""What the environment says, read once and refused where it is missing or unsafe.

`load` turns environment variables (and a `.env` file beside manage.py) into one typed `Config`; settings.py maps it to
Django's names. Every variable is explained in `.env.example`.
"""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast
from urllib.parse import SplitResult, urlsplit

import environ
import jwt
from django.core.exceptions import ImproperlyConfigured

from lifestring.local.secrets import LocalSecrets
from lifestring.local.state import LocalState

PoolMode = Literal["direct", "session", "transaction"]
WEB_SCHEMES = ("http", "https")
FLAGS = {"true": True, "on": True, "yes": True, "1": True, "false": False, "off": False, "no": False, "0": False}
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
    ai_prices: dict[str, float]
    ai_bot_user_id: str
    rest_threads: int
    socket_threads: int
    max_body_bytes: int
    room_log_days: int
    admin_require_2fa: bool
    reports_per_hour: int
    snapshot_days: int
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
    # A secret may begin with a dollar sign; unescaped, environ would take the rest for another variable's name.
    env.escape_proxy = True
    # An empty line of .env leaves the variable out: an empty value is never meant, and could be unsafe.
    env.ENVIRON = {name: value.replace("$", r"\$") for name, value in variables.items() if value.strip()}
    data = Path(env.str("LIFESTRING_DATA", default=str(base_dir / ".lifestring")))
    data = data if data.is_absolute() else base_dir / data
    local = not env.str("DATABASE_URL", default="")
    served = _local_servers(env, data) if local else _given_servers(env)
    debug = _flag(env, "DEBUG")
    if debug and not local:
        raise ImproperlyConfigured("DEBUG is for local mode alone: it must not be true where DATABASE_URL is set.")
    supabase_url = served["supabase_url"]
    return Config(
        local=local,
        data=data,
        debug=debug,
        public_url=_url(env, "PUBLIC_URL", default="").rstrip("/"),
        trust_proxy=_flag(env, "TRUST_PROXY"),
        database_pool_mode=_choice(env, "DATABASE_POOL_MODE", ("direct", "session", "transaction"), "direct"),
        database_pool_max=_number(env, "DATABASE_POOL_MAX", default=10),
        supabase_jwt_issuer=_url(env, "SUPABASE_JWT_ISSUER", default=f"{supabase_url}/auth/v1"),
        supabase_jwks_url=_url(env, "SUPABASE_JWKS_URL", default=f"{supabase_url}/auth/v1/.well-known/jwks.json"),
        openai_api_key=env.str("OPENAI_API_KEY", default=""),
        openai_base_url=_url(env, "OPENAI_BASE_URL", default="https://api.openai.com/v1"),
        embed_base_url=_url(env, "EMBED_BASE_URL", default=""),
        embed_api_key=env.str("EMBED_API_KEY", default=""),
        embed_model=_embed_model(env),
        chat_model=env.str("CHAT_MODEL", default="gpt-6-luna"),
        ai_prices=_prices(env),
        ai_bot_user_id=_uuid(env, "AI_BOT_USER_ID"),
        rest_threads=_number(env, "REST_THREADS", default=4),
        socket_threads=_number(env, "SOCKET_THREADS", default=6),
        max_body_bytes=_number(env, "MAX_BODY_BYTES", default=1024 * 1024),
        room_log_days=_number(env, "ROOM_LOG_DAYS", default=30),
        log_level=_choice(env, "LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), "INFO"),
        **_moderation(env),
        **served,
    )


def _moderation(env: environ.Env) -> dict[str, Any]:
    return {
        "reports_per_hour": _number(env, "REPORTS_PER_HOUR", default=30),
        "snapshot_days": _number(env, "SNAPSHOT_DAYS", default=30),
        "suspension_bans": _flag(env, "SUSPENSION_BANS", default=True),
        "rule_links_per_hour": _number(env, "RULE_LINKS_PER_HOUR", default=15),
        "rule_repeats_per_hour": _number(env, "RULE_REPEATS_PER_HOUR", default=5),
        "rule_requests_per_hour": _number(env, "RULE_REQUESTS_PER_HOUR", default=60),
    }


def _given_servers(env: environ.Env) -> dict[str, Any]:
    """What production must be told; there is no default that would be safe."""
    secret_key = _required(env, "SECRET_KEY")
    if len(secret_key) < 32 or len(set(secret_key)) < 8 or "change-me" in secret_key:
        raise ImproperlyConfigured("SECRET_KEY is too weak: give at least 32 random characters.")
    allowed_hosts = _names(env, "ALLOWED_HOSTS")
    if not allowed_hosts:
        raise ImproperlyConfigured("ALLOWED_HOSTS is not set: name the hosts this service answers for.")
    cors_origins = _names(env, "CORS_ORIGINS")
    for name, values in (("ALLOWED_HOSTS", allowed_hosts), ("CORS_ORIGINS", cors_origins)):
        if "*" in values:
            raise ImproperlyConfigured(f"{name} must not be '*': list the names exactly.")
    _check_origins(cors_origins)
    return {
        "secret_key": secret_key,
        "allowed_hosts": allowed_hosts,
        "cors_origins": cors_origins,
        "database_url": _url(env, "DATABASE_URL", schemes=("postgres", "postgresql")),
        "redis_url": _url(env, "REDIS_URL", schemes=("redis", "rediss", "unix")),
        "admin_require_2fa": _flag(env, "ADMIN_REQUIRE_2FA", default=True),
        "supabase_url": _url(env, "SUPABASE_URL").rstrip("/"),
        "supabase_jwt_secret": _jwt_secret(env),
        "supabase_jwks": None,
        "supabase_anon_key": _api_key(_required(env, "SUPABASE_ANON_KEY"), "SUPABASE_ANON_KEY"),
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
        "allowed_hosts": [*LOOPBACK_HOSTS, *_names(env, "ALLOWED_HOSTS")],
        "cors_origins": _names(env, "CORS_ORIGINS"),
        "database_url": state.database_url,
        "redis_url": state.redis_url,
        # Its demo accounts have a published password anyway.
        "admin_require_2fa": _flag(env, "ADMIN_REQUIRE_2FA"),
        "supabase_url": state.web_url,
        "supabase_jwt_secret": secrets.jwt_secret,
        "supabase_jwks": secrets.jwks(),
        "supabase_anon_key": secrets.anon_key,
        "supabase_service_key": secrets.service_key,
    }


def _required(env: environ.Env, name: str) -> str:
    value = cast(str, env.str(name, default=""))
    if not value:
        raise ImproperlyConfigured(f"{name} is not set; .env.example explains it.")
    return value


def _names(env: environ.Env, name: str) -> list[str]:
    return [value for part in env.list(name, default=[]) if (value := part.strip())]


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


def _check_origins(origins: list[str]) -> None:
    for origin in origins:
        parts = _split(origin)
        if (
            parts is None
            or not parts.hostname
            or origin not in {f"{scheme}://{parts.netloc}" for scheme in WEB_SCHEMES}
        ):
            raise ImproperlyConfigured(
                f"CORS_ORIGINS holds '{origin}', which is not an origin like https://app.example."
            )


def _split(url: str) -> SplitResult | None:
    """The parts of a URL that names a host (or a socket's path), None for anything else."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts if parts.hostname or parts.path else None


def _url(env: environ.Env, name: str, *, schemes: tuple[str, ...] = WEB_SCHEMES, default: str | None = None) -> str:
    value = _required(env, name) if default is None else cast(str, env.str(name, default=default))
    parts = _split(value)
    if value and (parts is None or parts.scheme not in schemes):
        raise ImproperlyConfigured(f"{name} is not a URL that starts with {' or '.join(f'{s}://' for s in schemes)}.")
    return value


def _flag(env: environ.Env, name: str, *, default: bool = False) -> bool:
    value = cast(str, env.str(name, default="")).strip().lower()
    if value and value not in FLAGS:
        raise ImproperlyConfigured(f"{name} is '{value}'; it must be true or false.")
    return FLAGS.get(value, default)


def _number(env: environ.Env, name: str, *, default: int) -> int:
    value = cast(str, env.str(name, default="")).strip() or str(default)
    if not (value.isascii() and value.isdecimal() and int(value)):
        raise ImproperlyConfigured(f"{name} is '{value}'; it must be a whole number of at least 1.")
    return int(value)


def _embed_model(env: environ.Env) -> str:
    """The embedding model, refused where its vectors are known not to fit Supabase's columns."""
    model = cast(str, env.str("EMBED_MODEL", default="text-embedding-3-small"))
    if model == "text-embedding-3-large":
        raise ImproperlyConfigured(
            f"EMBED_MODEL is {model}, whose vectors have 3,072 dimensions; the database holds 1,536 or fewer."
        )
    return model


def _prices(env: environ.Env) -> dict[str, float]:
    """Dollars for a million tokens by model."""
    problem = 'AI_PRICES must be a JSON object of dollars for a million tokens by model, such as {"my-model": 0.05}.'
    try:
        given = json.loads(env.str("AI_PRICES", default="") or "{}")
    except ValueError as error:
        raise ImproperlyConfigured(problem) from error
    if not isinstance(given, dict) or not all(_is_price(price) for price in given.values()):
        raise ImproperlyConfigured(problem)
    return {model: float(price) for model, price in given.items()}


def _is_price(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1_000_000


def _uuid(env: environ.Env, name: str) -> str:
    value = cast(str, env.str(name, default="")).strip()
    try:
        return str(uuid.UUID(value)) if value else ""
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is '{value}', which is not a uuid.") from error


def _choice(env: environ.Env, name: str, choices: tuple[str, ...], default: str) -> Any:
    value = env.str(name, default=default)
    if value not in choices:
        raise ImproperlyConfigured(f"{name} is '{value}'; it must be one of {', '.join(choices)}.")
    return value
