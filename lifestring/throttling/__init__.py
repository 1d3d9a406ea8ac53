"""How much one caller may ask of the service (docs/configuration.md, Limits)."""

from lifestring.throttling.addresses import client_address
from lifestring.throttling.throttle import AddressThrottle, CallerThrottle

__all__ = ["AddressThrottle", "CallerThrottle", "client_address"]
