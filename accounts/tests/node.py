"""Whether this machine can run supabase-js."""

import os
import re
import shutil
import subprocess

OLDEST = 20


def wanted() -> bool:
    """Whether tests that need Node are collected: where it is there, and always in CI, whose failure is then honest."""
    return os.environ.get("CI", "").lower() in {"1", "true"} or version() >= OLDEST


def version() -> int:
    """Return Node's major version, 0 without Node and npm."""
    if not shutil.which("node") or not shutil.which("npm"):
        return 0
    said = subprocess.run(["node", "--version"], capture_output=True, text=True, timeout=30, check=False).stdout
    match = re.match(r"v(\d+)\.", said)
    return int(match[1]) if match else 0
