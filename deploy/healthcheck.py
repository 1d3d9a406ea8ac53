"""The image's health check: exit code 0 while the web process of this container answers /up."""

import os
import sys
import urllib.request


def main() -> int:
    """Ask once; any answer but 200 raises, which is exit code 1."""
    # Straight to this container, whatever proxy the environment names.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"http://127.0.0.1:{os.environ.get('PORT', '8000')}/up", timeout=4) as response:
        return 0 if response.status == 200 else 1


if __name__ == "__main__":
    sys.exit(main())
