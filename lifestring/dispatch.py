"""The only way out of a transaction: broadcasts and jobs leave after commit, or not at all.

Both are hints (docs/architecture.md): a Redis outage is logged and never turns a committed write into an error, and what
was lost is found again by position checks and sweeps.
"""

import json
import logging
from collections.abc import Iterable, Mapping
from typing import Any

import dramatiq
from asgiref.sync import async_to_sync
from channels.layers import BaseChannelLayer, get_channel_layer
from django.db import transaction

from lifestring.rendering import dumps

logger = logging.getLogger(__name__)


def enqueue_on_commit(actor_name: str, *args: str | int) -> None:
    """Send a job by its actor's name once the transaction is committed; arguments are ids.

    Raises:
        dramatiq.ActorNotFound: no app declares the actor; at once, since after the commit nobody would hear of it.
    """
    actor = dramatiq.get_broker().get_actor(actor_name)

    def send() -> None:
        actor.send(*args)

    transaction.on_commit(send, robust=True)


def broadcast_on_commit(group: str, payload: Mapping[str, object]) -> None:
    """Send a rendered payload to a channel-layer group once the transaction is committed.

    Ids and times in it become text here, by the same rules as in REST answers.
    """
    broadcast_to_each_on_commit([group], payload)


def broadcast_to_each_on_commit(groups: Iterable[str], payload: Mapping[str, object]) -> None:
    """Send the same payload to several groups, as `broadcast_on_commit` does to one.

    They share the loop and the connection to Redis that a thread has to make, which cost more than the sending.
    """
    plain: dict[str, Any] = json.loads(dumps(payload))
    named = list(groups)

    async def send_all(layer: BaseChannelLayer) -> None:
        for group in named:
            await layer.group_send(group, {"type": "forward", "payload": plain})

    def send() -> None:
        layer = get_channel_layer()
        if layer is not None:
            async_to_sync(send_all)(layer)

    transaction.on_commit(send, robust=True)
