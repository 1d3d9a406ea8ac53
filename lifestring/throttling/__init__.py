"""How much one caller may ask of the service (docs/configuration.md, Limits)."""

from lifestring.throttling.addresses import address_behind, client_address
from lifestring.throttling.places import Places
from lifestring.throttling.throttle import AddressThrottle, CallerThrottle, address_may_ask

__all__ = ["AddressThrottle", "CallerThrottle", "Places", "address_behind", "address_may_ask", "client_address"]
