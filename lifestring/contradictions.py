"""What no single variable shows: values that contradict one another or lead secrets astray, and names that nobody reads.

Every process refuses to start with them, as with anything else that `lifestring.config` refuses (docs/configuration.md).
"""

import re
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import jwt
from django.core.exceptions import ImproperlyConfigured

if TYPE_CHECKING:
    from lifestring.config import Config

# Read by docker-compose.yml and deploy/entrypoint.sh, and in tests.
READ_ELSEWHERE = {
    *("POSTGRES_PASSWORD", "WEB_CONCURRENCY", "WORKER_PROCESSES", "WORKER_THREADS", "PORT", "GRACE_SECONDS", "SITE"),
    *("LIFESTRING_TESTING", "TEST_DATABASE_URL", "TEST_REDIS_URL"),
}
# A letter or two apart, for names of the usual length.
ALIKE = 0.88
# OpenTelemetry's own, of which the service reads one (docs/operations.md, Traces).
FOREIGN = ("OTEL_",)
INSIDE = (".internal", ".local", ".localhost", ".svc")
SECRETS = ("secret_key", "supabase_jwt_secret", "metrics_token", "supabase_service_key", "openai_api_key")
_PROJECT_HOST = re.compile(r"(?:db\.)?([a-z0-9]+)\.supabase\.co")


def check(config: "Config", variables: Mapping[str, str]) -> None:
    """Hold what production was told against itself.

    Raises:
        ImproperlyConfigured: two values do not go together, or one is unsafe where it leads; the message says which and why.
    """
    for problem in (*_unsafe(config, variables), *_contradictory(config)):
        raise ImproperlyConfigured(problem)


def check_names(variables: Mapping[str, str], known: set[str]) -> None:
    """Refuse a variable that nobody reads where one is not set whose name is nearly the same.

    Args:
        variables: the environment.
        known: the names that are read.

    Raises:
        ImproperlyConfigured: there is such a one; the message names both.
    """
    for name in sorted(variables.keys() - known - READ_ELSEWHERE):
        if (meant := _meant(name, known - variables.keys())) and not name.startswith(FOREIGN):
            raise ImproperlyConfigured(f"{name} is set, which nothing reads: is {meant} meant?")


def _meant(name: str, among: set[str]) -> str | None:
    matcher = SequenceMatcher(b=name.upper())
    found: tuple[str | None, float] = None, ALIKE
    for known in sorted(among):
        matcher.set_seq1(known)
        if matcher.real_quick_ratio() >= found[1] and (ratio := matcher.ratio()) >= found[1]:
            found = known, ratio
    return found[0]


def is_inside(url: str) -> bool:
    """Return whether an address is of this machine or network, where secrets may go without TLS."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith(INSIDE)


def _unsafe(config: "Config", variables: Mapping[str, str]) -> Iterator[str]:
    # What is sent there, and what has to be believed that comes from there.
    led_to = {
        "PUBLIC_URL": (config.public_url, "links would lead tokens through an open line"),
        "SUPABASE_URL": (config.supabase_url, "passwords and keys go there"),
        "SUPABASE_JWKS_URL": (config.supabase_jwks_url, "whoever is between could sign in as anybody"),
        "OPENAI_BASE_URL": (config.openai_base_url if config.openai_api_key else "", "OPENAI_API_KEY goes there"),
        "EMBED_BASE_URL": (config.embed_base_url if config.embed_api_key else "", "EMBED_API_KEY goes there"),
    }
    for name, (url, why) in led_to.items():
        if url.startswith("http://") and not is_inside(url):
            yield f"{name} must start with https://: {why}."
    options = parse_qs(urlsplit(config.database_url).query)
    if set(options.get("sslmode", [])) & {"disable", "allow"} and not is_inside(config.database_url):
        yield "DATABASE_URL asks for a connection without TLS: leave sslmode out, or set it to require or verify-full."
    if variables.get("LIFESTRING_TESTING") and not is_inside(config.database_url):
        yield "LIFESTRING_TESTING is set, which loads a schema into DATABASE_URL: it is for tests alone."
    known: dict[str, str] = {}
    for name in SECRETS:
        if (secret := getattr(config, name)) and (other := known.setdefault(secret, name)) != name:
            yield f"{name.upper()} is the same as {other.upper()}: each must be known to those alone whom it is for."


def _contradictory(config: "Config") -> Iterator[str]:
    for name in config.allowed_hosts:
        if not re.fullmatch(r"\.?[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?|\[[0-9a-f:.]+\]", name):
            yield f"ALLOWED_HOSTS holds '{name}', which is no host name: without scheme, port and path, in lower case."
    for origin in config.cors_origins:
        scheme, _, host = origin.partition("://")
        if origin != origin.lower() or host.endswith({"https": ":443", "http": ":80"}[scheme]):
            yield f"CORS_ORIGINS holds '{origin}', which no browser writes so: in lower case, without the usual port."
    if config.trust_proxy and not config.trusted_proxies:
        yield "TRUST_PROXY is set and TRUSTED_PROXIES is not: limits by address would count all callers as one."
    threads = config.rest_threads + config.socket_threads
    if threads > config.database_pool_max:
        yield (
            f"REST_THREADS and SOCKET_THREADS are {threads} together, more than DATABASE_POOL_MAX "
            f"({config.database_pool_max}): they would wait for one another."
        )
    if config.chat_fallback_model and config.chat_fallback_model == config.chat_model:
        yield "CHAT_FALLBACK_MODEL is CHAT_MODEL: name another one, or none."
    yield from _of_different_projects(config)


def _of_different_projects(config: "Config") -> Iterator[str]:
    """A project is known by the same few letters in its addresses, its database's role and its older keys."""
    project = _project_of(config.supabase_url)
    database = urlsplit(config.database_url)
    others = {
        "DATABASE_URL": _project_of(config.database_url) or (database.username or "").partition("postgres.")[2],
        "SUPABASE_ANON_KEY": _project_of_key(config.supabase_anon_key),
        "SUPABASE_SERVICE_KEY": _project_of_key(config.supabase_service_key),
    }
    for name, other in others.items():
        if project and other and other != project:
            yield f"{name} is of the project {other}, and SUPABASE_URL of {project}."


def _project_of(url: str) -> str:
    match = _PROJECT_HOST.fullmatch(urlsplit(url).hostname or "")
    return match[1] if match else ""


def _project_of_key(key: str) -> str:
    try:
        return str(jwt.decode(key, options={"verify_signature": False}).get("ref") or "")
    except jwt.InvalidTokenError:
        return ""
