"""What local mode runs once its servers answer."""

import sys
from dataclasses import dataclass

WEB = ["uvicorn", "lifestring.asgi:application", "--ws", "websockets-sansio", "--lifespan", "off", "--no-access-log"]
WEB += ["--no-server-header", "--timeout-graceful-shutdown", "5"]
WORKER = ["dramatiq", "lifestring.worker", "--processes", "1", "--threads", "4"]


@dataclass(frozen=True)
class Command:
    """One command: `name` is its log's name and `title` what the person at the terminal reads."""

    name: str
    title: str
    argv: list[str]


@dataclass(frozen=True)
class Plan:
    """Commands to run one after the other to their end, then those that stay; the web service answers `ready_path`."""

    steps: list[Command]
    services: list[Command]
    ready_path: str


def _manage(*arguments: str) -> list[str]:
    return [sys.executable, "manage.py", *arguments]


def product_plan(host: str, port: int) -> Plan:
    """The product: migrate, seed once, then web, worker and scheduler."""
    web = [sys.executable, "-m", *WEB, "--host", host, "--port", str(port)]
    return Plan(
        steps=[
            Command("migrate", "Bringing the database up to date", _manage("migrate", "--no-input")),
            Command("seed", "Making a small world to look at, if there is none", _manage("seed", "--once")),
        ],
        services=[
            Command("web", "web service", web),
            Command("worker", "worker", [sys.executable, "-m", *WORKER]),
            Command("scheduler", "scheduler", _manage("crontab")),
        ],
        ready_path="/ready",
    )
