"""What is counted and timed, by Prometheus' client (docs/operations.md, Metrics).

Where several processes answer for one address, they share the folder PROMETHEUS_MULTIPROC_DIR, and each answers for all.
"""

from functools import lru_cache
from typing import Any

from prometheus_client import Counter, Gauge, Histogram

# Seconds, from what an index lookup takes to what nobody waits for.
REQUEST_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 10.0)
JOB_BUCKETS = (0.01, 0.05, 0.25, 1.0, 5.0, 30.0, 120.0, 600.0)

REQUESTS = Histogram(
    "lifestring_http_request_seconds",
    "How long requests took until their answer began.",
    ["method", "route", "status"],
    buckets=REQUEST_BUCKETS,
)
QUERIES = Counter("lifestring_http_queries_total", "Statements sent to the database by requests.", ["route"])
LIMITED = Counter("lifestring_limited_total", "Requests over a limit.", ["limit"])
SOCKETS = Gauge("lifestring_sockets", "Open sockets.", multiprocess_mode="livesum")
ROOMS = Gauge("lifestring_rooms_joined", "Rooms with a socket here.", multiprocess_mode="livesum")
FRAMES = Counter("lifestring_socket_frames_total", "Frames, `in` and `out`.", ["direction"])
FRAMES_IN, FRAMES_OUT = FRAMES.labels("in"), FRAMES.labels("out")
CLOSES = Counter("lifestring_socket_closes_total", "Sockets we closed, by code.", ["code"])
FILLED = Counter("lifestring_room_entries_filled_total", "Log entries read because a broadcast was missed.")
FAN_OUT = Histogram(
    "lifestring_fan_out_seconds",
    "From the time in a room's log to the sockets of a process.",
    buckets=REQUEST_BUCKETS,
)
JOBS = Histogram("lifestring_job_seconds", "How long jobs took.", ["actor", "outcome"], buckets=JOB_BUCKETS)
GIVEN_UP = Counter("lifestring_jobs_given_up_total", "Jobs that became dead letters.", ["actor"])
LOST_BROADCASTS = Counter("lifestring_broadcasts_lost_total", "Broadcasts that did not reach Redis.")


@lru_cache(maxsize=4096)
def request_of(method: str, route: str, status: int) -> tuple[Any, Any]:
    """Return the timer and the counter of one kind of request; looking them up by labels each time is dear."""
    return REQUESTS.labels(method, route, str(status)), QUERIES.labels(route)
