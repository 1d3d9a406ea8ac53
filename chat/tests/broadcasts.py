"""Hearing what is sent to channel-layer groups, through the real Redis."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from channels.layers import get_channel_layer
from django.db import connections

Frame = dict[str, Any]


def heard(act: Callable[[], object], *groups: str) -> list[list[Frame]]:
    """What each of these groups is sent while `act` runs in a thread of its own, as a request does."""

    def act_alone() -> None:
        try:
            act()
        finally:
            connections.close_all()

    async def everything(layer: Any, channel: str) -> list[Frame]:
        found = []
        try:
            while True:
                found.append(json.loads((await asyncio.wait_for(layer.receive(channel), 0.15))["text"]))
        except TimeoutError:
            return found

    async def listen() -> list[list[Frame]]:
        layer: Any = get_channel_layer()
        channels = [await layer.new_channel() for _ in groups]
        for group, channel in zip(groups, channels, strict=True):
            await layer.group_add(group, channel)
        await asyncio.to_thread(act_alone)
        found = [await everything(layer, channel) for channel in channels]
        await layer.flush()
        return found

    return asyncio.run(listen())
