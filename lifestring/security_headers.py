"""What browsers are told with every answer (docs/threats.md, Browsers).

`RestHandler` appends these bytes, made once, to whatever it sends: no answer can do without them, and none pays for it. A
page with a policy of its own, the admin's or the documentation's, keeps that; everything else is data, which runs and
loads nothing wherever somebody opens it.
"""

from django.conf import settings

Headers = list[tuple[bytes, bytes]]

CONTENT_POLICY = "Content-Security-Policy"
DATA_POLICY = b"default-src 'none'; frame-ancestors 'none'"
# Features of a browser that none of our pages uses.
UNUSED_FEATURES = ("accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "magnetometer",
                   "microphone", "midi", "payment", "usb")  # fmt: skip


def security_headers() -> Headers:
    """Return what goes with every answer, by the settings; the policy for data comes last."""
    headers = [
        (b"x-content-type-options", b"nosniff"),
        (b"x-frame-options", b"DENY"),
        # Not "no-referrer": the admin's forms are told from foreign ones by it.
        (b"referrer-policy", b"same-origin"),
        (b"permissions-policy", ", ".join(f"{name}=()" for name in UNUSED_FEATURES).encode()),
        (b"cross-origin-opener-policy", b"same-origin"),
    ]
    if seconds := settings.SECURE_HSTS_SECONDS:
        # Over plain HTTP browsers do not heed it, so it need not be known how the request came in.
        headers.append((b"strict-transport-security", f"max-age={seconds}".encode()))
    return [*headers, (CONTENT_POLICY.lower().encode(), DATA_POLICY)]
