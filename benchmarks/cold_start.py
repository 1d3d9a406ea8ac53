"""`make bench ARGS=cold_start`: from a container's start to `/ready` 200, beside a bare import of Django."""

import os
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from lifestring.local.ports import free_port
from lifestring.testing.environment import PROJECT

ROUNDS, PATIENCE, LIMIT_SECONDS = 5, 60.0, 5.0


def run(arguments: list[str]) -> None:
    """Measure and print seconds and their ratio."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    bare, ours = [], []
    # In turns, since other work on the machine comes and goes.
    for _ in range(ROUNDS):
        bare.append(_bare_import())
        ours.append(_cold_start())
        print(f"  {ours[-1]:.2f} s beside {bare[-1]:.2f} s", flush=True)
    print(f"import of Django alone: {statistics.median(bare):.2f} s, least {min(bare):.2f} s ({ROUNDS})")
    print(
        f"a web process to /ready 200: {statistics.median(ours):.2f} s, least {min(ours):.2f}, most {max(ours):.2f} s"
    )
    print(f"ratio {statistics.median(ours) / statistics.median(bare):.1f}; the limit is {LIMIT_SECONDS:.0f} s")


def _bare_import() -> float:
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", "import django; django.setup"], check=True, cwd=PROJECT)
    return time.monotonic() - began


def _cold_start() -> float:
    port = free_port()
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    began = time.monotonic()
    process = subprocess.Popen(
        ["/bin/sh", "deploy/entrypoint.sh", "web"],
        cwd=PROJECT,
        env={**os.environ, "PATH": path, "PORT": str(port), "LOG_LEVEL": "WARNING"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while time.monotonic() - began < PATIENCE:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/ready", timeout=5):
                    return time.monotonic() - began
            except (urllib.error.URLError, OSError):
                time.sleep(0.02)
        raise RuntimeError("the web process never got ready")
    finally:
        process.terminate()
        process.wait(timeout=30)
