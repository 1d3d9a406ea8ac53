"""How drf-spectacular reads our views."""

from drf_spectacular.openapi import AutoSchema


class RouteSchema(AutoSchema):
    """Every documented operation."""
