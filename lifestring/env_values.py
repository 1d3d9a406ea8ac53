"""What one environment variable may be: read, checked, and refused by its name."""

import re
import uuid
from decimal import Decimal
from ipaddress import ip_network
from typing import Any, cast
from urllib.parse import SplitResult, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

WEB_SCHEMES = ("http", "https")
# More than anybody means, and less than what a column or a timer holds.
MOST = 2_000_000_000
FLAGS = {"true": True, "on": True, "yes": True, "1": True, "false": False, "off": False, "no": False, "0": False}


class Asked(dict[str, str]):
    """The variables that are set, which remembers the names it was asked for: those that the service reads."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.names.add(name)
        return super().__getitem__(name)


def required(env: environ.Env, name: str) -> str:
    """Return a text that must be given.

    Raises:
        ImproperlyConfigured: it is not that.
    """
    value = cast(str, env.str(name, default=""))
    if not value:
        raise ImproperlyConfigured(f"{name} is not set; .env.example explains it.")
    return value


def names(env: environ.Env, name: str) -> list[str]:
    """Return a comma separated list, without empty parts."""
    return [value for part in env.list(name, default=[]) if (value := part.strip())]


def origins(env: environ.Env, name: str) -> list[str]:
    """Return web origins, each written out.

    Raises:
        ImproperlyConfigured: one is not that, or stands for all.
    """
    origins = names(env, name)
    for origin in origins:
        if origin == "*":
            raise ImproperlyConfigured(f"{name} must not be '*': list the names exactly.")
        parts = split_url(origin)
        if (
            parts is None
            or not parts.hostname
            or set("@*") & set(parts.netloc)
            or origin not in {f"{scheme}://{parts.netloc}" for scheme in WEB_SCHEMES}
        ):
            raise ImproperlyConfigured(f"{name} holds '{origin}', which is not an origin like https://app.example.")
    return origins


def split_url(url: str) -> SplitResult | None:
    """Return the parts of a URL that names a host (or a socket's path), None for anything else."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts if parts.hostname or parts.path else None


def url(env: environ.Env, name: str, *, schemes: tuple[str, ...] = WEB_SCHEMES, default: str | None = None) -> str:
    """Return a URL of one of these schemes; without a default it must be given.

    Raises:
        ImproperlyConfigured: it is not that.
    """
    value = required(env, name) if default is None else cast(str, env.str(name, default=default))
    parts = split_url(value)
    if value and (parts is None or parts.scheme not in schemes):
        raise ImproperlyConfigured(f"{name} is not a URL that starts with {' or '.join(f'{s}://' for s in schemes)}.")
    return value


def flag(env: environ.Env, name: str, *, default: bool = False) -> bool:
    """Return true or false, written in any of the usual ways.

    Raises:
        ImproperlyConfigured: it is not that.
    """
    value = cast(str, env.str(name, default="")).strip().lower()
    if value and value not in FLAGS:
        raise ImproperlyConfigured(f"{name} is '{value}'; it must be true or false.")
    return FLAGS.get(value, default)


def number(env: environ.Env, name: str, *, default: int, most: int = MOST) -> int:
    """Return a whole number of at least 1.

    Raises:
        ImproperlyConfigured: it is not that.
    """
    value = cast(str, env.str(name, default="")).strip() or str(default)
    if not (value.isascii() and value.isdecimal() and value.strip("0")):
        raise ImproperlyConfigured(f"{name} is '{value}'; it must be a whole number of at least 1.")
    if len(value) > len(str(most)) or int(value) > most:
        raise ImproperlyConfigured(f"{name} is '{value}'; it must be at most {most}.")
    return int(value)


def choice(env: environ.Env, name: str, choices: tuple[str, ...], default: str) -> Any:
    """Return one of some words.

    Raises:
        ImproperlyConfigured: it is not that.
    """
    value = env.str(name, default=default)
    if value not in choices:
        raise ImproperlyConfigured(f"{name} is '{value}'; it must be one of {', '.join(choices)}.")
    return value


def uuid_text(env: environ.Env, name: str) -> str:
    """Return a uuid as lowercase text, "" where none is given.

    Raises:
        ImproperlyConfigured: it is not that.
    """
    value = cast(str, env.str(name, default="")).strip()
    try:
        return str(uuid.UUID(value)) if value else ""
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is '{value}', which is not a uuid.") from error


def networks(env: environ.Env, name: str) -> list[str]:
    """Return IP networks, none of which is the whole world.

    Raises:
        ImproperlyConfigured: it is not that.
    """
    networks = names(env, name)
    for network in networks:
        try:
            wide = ip_network(network).prefixlen == 0
        except ValueError as error:
            raise ImproperlyConfigured(f"{name} holds '{network}', which is no network like 10.0.0.0/8.") from error
        if wide:
            raise ImproperlyConfigured(f"{name} must not hold {network}: everybody could claim any address.")
    return networks


def dollars(env: environ.Env, name: str, *, default: str) -> Decimal:
    """Return an amount of money.

    Raises:
        ImproperlyConfigured: it is not that.
    """
    value = cast(str, env.str(name, default="")).strip() or default
    if not re.fullmatch(r"\d{1,9}(\.\d{1,6})?", value, re.ASCII):
        raise ImproperlyConfigured(f"{name} is '{value}'; it must be an amount of dollars, such as 5 or 0.50.")
    return Decimal(value)
