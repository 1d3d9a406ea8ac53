"""Jobs that were given up, as staff look at them in the admin (docs/architecture.md, A job)."""

from datetime import UTC, datetime
from typing import Any, NamedTuple

import dramatiq
import redis
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from dramatiq import Message

from lifestring.dispatch import retry_dead_letter

# Of each queue; they are kept for `DEAD_LETTER_DAYS`.
MOST_SHOWN = 100


class DeadLetter(NamedTuple):
    """A job that was given up.

    Args:
        queue: where it was.
        message_id: under which it is kept in Redis, which is another than the message's own.
        actor: what should have run.
        arguments: ids, as text.
        since: when it was given up.
        error: the last line of what went wrong.
    """

    queue: str
    message_id: str
    actor: str
    arguments: str
    since: datetime
    error: str


def dead_letters() -> list[DeadLetter]:
    """Return what was given up, the newest of each queue first."""
    broker: Any = dramatiq.get_broker()
    found: list[DeadLetter] = []
    for queue in sorted(broker.get_declared_queues()):
        key = f"{broker.namespace}:{queue}.XQ"
        for redis_id, at in broker.client.zrevrange(key, 0, MOST_SHOWN - 1, withscores=True):
            raw = broker.client.hget(f"{key}.msgs", redis_id)
            if raw is not None:
                found.append(_letter(queue, redis_id.decode(), at, Message.decode(raw)))
    return found


def waiting_jobs() -> float | None:
    """Return how many jobs are queued, put off ones included; None where Redis does not answer."""
    broker: Any = dramatiq.get_broker()
    names = [f"{queue}{kind}" for queue in broker.get_declared_queues() for kind in ("", ".DQ")]
    try:
        return float(sum(broker.client.hlen(f"{broker.namespace}:{name}.msgs") for name in names))
    except redis.RedisError:
        return None


def dead_letters_view(request: HttpRequest) -> HttpResponse:
    """Show them, and send one again: `queue` and `message_id` say which."""
    try:
        if request.method == "POST":
            again = retry_dead_letter(request.POST.get("queue", ""), request.POST.get("message_id", ""))
            messages.info(request, "The job is queued again." if again else "There is no such job any more.")
            return HttpResponseRedirect(request.path)
        found = dead_letters()
    except redis.RedisError:
        messages.error(request, "Redis does not answer, where jobs are kept.")
        found = []
    context = {**admin.site.each_context(request), "title": "Jobs given up", "letters": found}
    return TemplateResponse(request, "admin/dead_letters.html", context)


def _letter(queue: str, redis_id: str, at: float, message: Message[Any]) -> DeadLetter:
    lines = str(message.options.get("traceback") or "").strip().splitlines()
    return DeadLetter(
        queue,
        redis_id,
        message.actor_name,
        ", ".join(map(str, message.args)),
        datetime.fromtimestamp(at / 1000, UTC),
        lines[-1][:200] if lines else "",
    )
