"""Whose address a request comes from, behind however many proxies (docs/configuration.md, Limits)."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

Address = IPv4Address | IPv6Address
# What one customer of a provider gets: whoever has one IPv6 address has all of its network.
IPV6_PREFIX = 64
UNKNOWN = "unknown"


def client_address(request: HttpRequest) -> str:
    """Return the address that counts as a request's client's."""
    return address_behind(str(request.META.get("REMOTE_ADDR", "")), str(request.META.get("HTTP_X_FORWARDED_FOR", "")))


def address_behind(peer: str, forwarded: str) -> str:
    """Return the address that counts as the client's, an IPv6 network for IPv6.

    Args:
        peer: whose connection it is.
        forwarded: what `X-Forwarded-For` says.

    The header is read from its end, where our own proxies add what they saw, and only as far as trusted proxies reach: the
    first address that is none of them is the client's, whatever stands before it.
    """
    seen = _parsed(peer)
    hops = forwarded.split(",")
    while seen is not None and hops and _is_trusted(seen):
        named = _parsed(hops.pop())
        if named is None:
            break
        seen = named
    if isinstance(seen, IPv6Address):
        return str(IPv6Network((seen, IPV6_PREFIX), strict=False))
    return UNKNOWN if seen is None else str(seen)


def _parsed(text: str) -> Address | None:
    try:
        found = ip_address(text.strip().partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


def _is_trusted(address: Address) -> bool:
    return any(address in network for network in _networks(tuple(settings.TRUSTED_PROXIES)))


@lru_cache(maxsize=8)
def _networks(names: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(name) for name in names)
