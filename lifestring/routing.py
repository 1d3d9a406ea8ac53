"""Where sockets go; the apps' parts are named by path, as in urls.py."""

from typing import Any

from channels.routing import URLRouter
from django.urls import re_path
from django.utils.module_loading import import_string

_authenticated = import_string("accounts.socket_auth.SocketAuth")
_refuse: Any = import_string("accounts.socket_auth.refuse_handshake")
_socket = import_string("chat.consumers.SocketConsumer")

websocket_application: Any = URLRouter(
    [
        re_path(r"^ws/?$", _authenticated(_socket.as_asgi())),
        # Without this a wrong address would be an exception in the log.
        re_path(r"", _refuse),
    ]
)
