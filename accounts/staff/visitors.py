"""Where a request to the admin comes from."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest

from accounts.services.sign_ins import Visitor


def visitor_of(request: HttpRequest) -> Visitor:
    """Return the address and browser of a request; behind a trusted proxy, the address is what that proxy says."""
    given = request.META.get("REMOTE_ADDR", "")
    if settings.TRUST_PROXY:
        # A proxy adds whom it heard to the end; what stands before that, anybody may have written.
        given = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip() or given
    try:
        ip = str(ipaddress.ip_address(given))
    except ValueError:
        ip = None
    return Visitor(ip, request.headers.get("User-Agent", "").replace("\0", ""))
