"""The ASGI application behind a channel layer that misbehaves: what chaos runs serve, and nobody else.

Of everything that is broadcast some is lost on the way to all processes, some on the way into one; some comes late, after
what was sent later, and some twice.
"""

import asyncio
import random
from typing import Any

from channels.layers import channel_layers
from channels_redis.pubsub import RedisPubSubChannelLayer
from django.conf import settings

from lifestring.asgi import application

__all__ = ["application"]

LOST, LATE, TWICE = 0.08, 0.08, 0.04
LATEST_SECONDS = 0.4


class LossyLayer(RedisPubSubChannelLayer):  # type: ignore[misc]
    """Redis publish and subscribe as the product uses it, at its worst."""

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        """Send, or do not."""
        if random.random() >= LOST:
            await self._get_layer().group_send(group, message)

    async def receive(self, channel: str) -> Any:
        """Return the next message that is neither lost nor late."""
        layer, loop = self._get_layer(), asyncio.get_running_loop()
        while True:
            message = await layer.receive(channel)
            fate = random.random()
            if fate < LOST:
                continue
            if fate < LOST + LATE + TWICE:
                again = layer.channels[channel].put_nowait
                loop.call_later(random.uniform(0, LATEST_SECONDS), again, self.serialize(message))
                if fate < LOST + LATE:
                    continue
            return message


_layers: Any = settings.CHANNEL_LAYERS
channel_layers.set("default", LossyLayer(**_layers["default"]["CONFIG"]))
