"""Where sockets go."""

from typing import Any

from channels.routing import URLRouter

websocket_application: Any = URLRouter([])
