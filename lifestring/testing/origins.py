"""Pages of other origins, and what they try; both REST and sockets are held against them."""

ORIGIN = "https://app.example"
FOREIGN_ORIGINS = [
    "https://evil.example",
    # one that begins, ends or looks like ours
    "https://app.example.evil.example",
    "https://evil-app.example",
    "https://evil.example/https://app.example",
    "https://app.example@evil.example",
    "https://www.app.example",
    "https://app.examplé",
    "https://app.example\\.evil.example",
    # ours, and yet not the same
    "http://app.example",
    "https://app.example:8443",
    "https://app.example:443",
    "https://app.example.",
    "https://app.example/",
    "https://APP.example",
    "HTTPS://app.example",
    "wss://app.example",
    # no origin at all
    "null",
    "*",
    "",
    "file://",
    "https://",
    "app.example",
    "https://app.example https://evil.example",
    "https://app.example, https://evil.example",
]
