"""Addresses of the product's own routes inside answers."""

from django.conf import settings
from django.http import HttpRequest
from rest_framework.request import Request


def base_url(request: Request | HttpRequest) -> str:
    """Return scheme and host without a slash: `PUBLIC_URL` where set, else as the request came in."""
    return settings.PUBLIC_URL or f"{request.scheme}://{request.get_host()}"


def absolute(request: Request | HttpRequest, path: str) -> str:
    """Return the full address of a path."""
    return base_url(request) + path
