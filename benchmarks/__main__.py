"""`python -m benchmarks NAME …`: run a benchmark in the environment `make bench` sets up."""

import os
import sys
from importlib import import_module

import django

NAMES = (
    "admin_pages",
    "assistant",
    "cold_start",
    "feed",
    "growth",
    "live",
    "moderators",
    "observing",
    "pool_check",
    "search_quality",
    "search_speed",
    "vectors",
)


def main() -> int:
    """Run the named benchmarks, or all of them."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lifestring.settings")
    os.environ["LOG_LEVEL"] = "WARNING"
    django.setup()
    chosen = [name for name in sys.argv[1:] if not name.startswith("-")] or list(NAMES)
    for name in chosen:
        if name not in NAMES:
            print(f"There is no benchmark {name}; there are: {', '.join(NAMES)}.")
            return 2
        import_module(f"benchmarks.{name}").run(sys.argv[1:])
    return 0


if __name__ == "__main__":
    sys.exit(main())
