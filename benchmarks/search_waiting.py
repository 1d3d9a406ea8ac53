"""What a model that hangs costs those who search, and those who do not; a part of `make bench ARGS=search_speed`."""

import http.client
import statistics
import threading
import time
import uuid
from urllib.parse import quote

from benchmarks.processes import PATIENT, UVICORN, running
from lifestring.testing.openai_server import serve_models
from lifestring.testing.people import make_token

SEARCHERS = 8
SECONDS = 20.0
# Longer than anybody waits.
HANGING = 30.0


def print_waiting(user_id: uuid.UUID, model: str) -> None:
    """Let eight clients search one process, each a new question every time, while another one reads who they are."""
    for how, delay in (("answers", 0.0), ("hangs", HANGING)):
        with serve_models() as server:
            server.delay = delay
            environment = {"EMBED_BASE_URL": server.url, "EMBED_MODEL": model}
            with running({"web": [*UVICORN, *PATIENT, "lifestring.asgi:application"]}, **environment) as servers:
                searches, others = _load(servers["web"].port, make_token(user_id))
            asked = len(server.requests)
        print(
            f"the model {how}: {len(searches)} searches, {_told(searches)}; {asked} waited for it; "
            f"others meanwhile {_told(others)}"
        )


def _load(port: int, token: str) -> tuple[list[float], list[float]]:
    until = time.monotonic() + SECONDS
    searches: list[float] = []
    others: list[float] = []

    def client(paths: list[str], times: list[float]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while time.monotonic() < until:
            started = time.perf_counter()
            path = paths[len(times) % len(paths)].format(unique=uuid.uuid4().hex[:6])
            connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
            connection.getresponse().read()
            times.append((time.perf_counter() - started) * 1000)

    search = f"/api/search?type=strings&q={quote('garden')}%20{{unique}}"
    threads = [threading.Thread(target=client, args=([search], searches)) for _ in range(SEARCHERS)]
    threads.append(threading.Thread(target=client, args=(["/api/me"], others)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return searches, others


def _told(times: list[float]) -> str:
    ordered = sorted(times)
    return f"middle {statistics.median(ordered):.0f} ms, longest {ordered[-1]:.0f} ms"
