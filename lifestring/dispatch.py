"""The only way out of a transaction: broadcasts and jobs leave after commit, or not at all.

Both are hints (docs/architecture.md): a Redis outage is logged and never turns a committed write into an error, and what
was lost is found again by position checks and sweeps.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypedDict

import dramatiq
from asgiref.sync import async_to_sync
from channels.layers import BaseChannelLayer, get_channel_layer
from django.db import transaction

from lifestring.rendering import dumps
from lifestring.telemetry.metrics import LOST_BROADCASTS

logger = logging.getLogger(__name__)

MAX_WAITING = 10_000
SEND_SECONDS = 5.0


class ForwardMessage(TypedDict):
    """What a group is sent: which group that is, and a rendered frame that goes to clients as it is."""

    type: Literal["forward"]
    group: str
    text: str


def enqueue_on_commit(actor_name: str, *args: str | int) -> None:
    """Send a job by its actor's name once the transaction is committed; arguments are ids.

    Raises:
        dramatiq.ActorNotFound: no app declares the actor; at once, since after the commit nobody would hear of it.
    """
    actor = dramatiq.get_broker().get_actor(actor_name)

    def send() -> None:
        actor.send(*args)

    transaction.on_commit(send, robust=True)


def retry_dead_letter(queue: str, message_id: str) -> bool:
    """Send a job that was given up once more, as a new one; returns whether it was there.

    Args:
        queue: where it was.
        message_id: under which Redis keeps it (lifestring/dead_letters.py).

    Raises:
        redis.RedisError: Redis does not answer.
    """
    broker: Any = dramatiq.get_broker()
    key = f"{broker.namespace}:{queue}.XQ"
    raw = broker.client.hget(f"{key}.msgs", message_id) if queue in broker.get_declared_queues() else None
    old = None if raw is None else dramatiq.Message.decode(raw)
    # An earlier release may have left one that nothing here runs.
    if old is None or old.actor_name not in broker.get_declared_actors():
        return False
    # A copy would keep the count of retries and be given up at once. Sent first and forgotten then: a job may run twice.
    broker.get_actor(old.actor_name).send(*old.args)
    broker.client.zrem(key, message_id)
    broker.client.hdel(f"{key}.msgs", message_id)
    return True


def broadcast_on_commit(group: str, payload: Mapping[str, Any]) -> None:
    """Send a rendered payload to a channel-layer group once the transaction is committed.

    It becomes JSON here and now, by the same rules as REST answers. Where an event loop of this process has offered to
    send (`send_from_this_loop`), it is handed over and nobody waits for Redis.
    """
    broadcast_to_each_on_commit([group], payload)


def broadcast_to_each_on_commit(groups: Iterable[str], payload: Mapping[str, Any]) -> None:
    """Send the same payload to several groups, as `broadcast_on_commit` does to one.

    Where no loop sends for them, they share the one that has to be made, which costs more than the sending.
    """
    text = dumps(payload).decode()
    messages = [ForwardMessage(type="forward", group=group, text=text) for group in groups]

    async def send_all(layer: BaseChannelLayer) -> None:
        for message in messages:
            await layer.group_send(message["group"], {**message})

    def send() -> None:
        if _sender is None or not all(_sender.hand_over(message) for message in messages):
            layer = get_channel_layer()
            if layer is not None:
                async_to_sync(send_all)(layer)

    transaction.on_commit(send, robust=True)


def broadcast_now(group: str, payload: Mapping[str, Any]) -> None:
    """Send what stores nothing (typing, presence) from the running loop, without waiting."""
    send_from_this_loop().put(ForwardMessage(type="forward", group=group, text=dumps(payload).decode()))


def send_from_this_loop() -> "LoopSender":
    """Have this process's broadcasts leave from the running loop from here on: one connection, in one order."""
    global _sender  # noqa: PLW0603 - one per process, by its nature
    loop = asyncio.get_running_loop()
    if _sender is None or _sender.loop is not loop:
        _sender = LoopSender(loop)
    return _sender


class LoopSender:
    """Sends one broadcast after the other from one event loop.

    Args:
        loop: the loop, which is running.

    At most `MAX_WAITING` wait. What cannot be sent is dropped together with all that waits, and logged once per outage.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._waiting: deque[ForwardMessage] = deque()
        self._task: asyncio.Task[None] | None = None
        self._failing = False

    def hand_over(self, message: ForwardMessage) -> bool:
        """Take a broadcast from any thread; returns False where the loop is not running any more."""
        if not self.loop.is_running():
            return False
        try:
            self.loop.call_soon_threadsafe(self.put, message)
        except RuntimeError:
            return False
        return True

    def put(self, message: ForwardMessage) -> None:
        """Take a broadcast from the loop itself."""
        if len(self._waiting) >= MAX_WAITING:
            self._lose("too many are waiting")
            return
        self._waiting.append(message)
        if self._task is None or self._task.done():
            self._task = self.loop.create_task(self._send_all())

    async def _send_all(self) -> None:
        layer = get_channel_layer()
        while layer is not None and self._waiting:
            message = self._waiting.popleft()
            try:
                async with asyncio.timeout(SEND_SECONDS):
                    await layer.group_send(message["group"], {**message})
            except Exception as error:
                self._lose(type(error).__name__)
            else:
                if self._failing:
                    logger.info("broadcasts go out again")
                self._failing = False

    def _lose(self, why: str) -> None:
        LOST_BROADCASTS.inc(len(self._waiting) + 1)
        self._waiting.clear()
        if not self._failing:
            logger.error("broadcasts do not go out: %s", why)
        self._failing = True


_sender: LoopSender | None = None
