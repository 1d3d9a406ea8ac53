"""What local mode runs once its servers answer."""

import sys
from dataclasses import dataclass

from lifestring.local.ports import free_port

WEB = ["lifestring.web_server", "lifestring.asgi:application", "--ws", "websockets-sansio", "--lifespan", "off"]
# As much of one frame as Daphne takes: frames over 64 KiB are refused with an error, and only beyond this is memory spared.
WEB += ["--no-access-log", "--no-server-header", "--timeout-graceful-shutdown", "5", "--ws-max-size", str(1024 * 1024)]
# Every browser asks for compression; it is done again for each socket, and doubles what an idle one holds.
WEB += ["--ws-per-message-deflate", "false"]
WORKER = ["dramatiq", "lifestring.worker", "--processes", "1", "--threads", "4"]


@dataclass(frozen=True)
class Command:
    """One command: `name` is its log's name and `title` what the person at the terminal reads."""

    name: str
    title: str
    argv: list[str]


@dataclass(frozen=True)
class Plan:
    """What to run: `steps` one after the other to their end, then `services`, which stay.

    The first service is the web service; it answers `ready_path` with 200 when it and the database are ready, within
    `ready_seconds`. `late` ones start after that, so as not to slow it down. `demo_model_url` is where one of the services
    answers in a model's place, empty without one.
    """

    steps: list[Command]
    services: list[Command]
    late: list[Command]
    ready_path: str
    ready_seconds: float = 60.0
    demo_model_url: str = ""


def _manage(*arguments: str) -> list[str]:
    return [sys.executable, "manage.py", *arguments]


def product_plan(host: str, port: int, *, has_demo_model: bool = False) -> Plan:
    """The product: a database up to date, then web service, worker and scheduler, and a demo in a model's place if asked."""
    demo_port = free_port() if has_demo_model else 0
    demo = [sys.executable, "-m", "lifestring.testing.demo_model", "--port", str(demo_port)]
    web = [sys.executable, "-m", *WEB, "--host", host, "--port", str(port)]
    return Plan(
        steps=[Command("prepare", "Bringing the database up to date", _manage("prepare_local"))],
        services=[
            Command("web", "web service", web),
            Command("worker", "worker", [sys.executable, "-m", *WORKER]),
            *([Command("demo-model", "demo model", demo)] if has_demo_model else []),
        ],
        late=[Command("scheduler", "scheduler", _manage("crontab"))],
        ready_path="/ready",
        demo_model_url=f"http://127.0.0.1:{demo_port}/v1" if has_demo_model else "",
    )
