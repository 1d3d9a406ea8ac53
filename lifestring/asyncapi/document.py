"""The AsyncAPI 3 document: every frame of every app's `realtime.py`, and what the socket's table of handlers does with it.

Which frames are which follows from the frames themselves. What clients send may carry a `ref`; what answers them does
carry it; what comes unasked has none (docs/live.md, Client to server).
"""

import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any, get_args, get_type_hints, is_typeddict
from urllib.parse import urlsplit

from django.apps import apps
from django.conf import settings
from django.utils.module_loading import import_string

from lifestring.asyncapi.schemas import Json, schema_of, summary_of

HANDLERS = "chat.handlers.HANDLERS"
_CHANNEL = {"$ref": "#/channels/socket"}
_DESCRIPTION = """
One socket per client carries all of its rooms, in JSON text frames. What is promised of order, loss and coming back, the
close codes and the limits are in the prose of docs/live.md; this document has the frames.
"""


@cache
def frames() -> dict[str, Any]:
    """Return every frame there is by the name of its type."""
    return {kind.__name__: kind for module in _realtime_modules() for kind in vars(module).values() if _is_frame(kind)}


def types_of(frame: Any) -> tuple[str, ...]:
    """Return the values its `type` may have."""
    values: tuple[str, ...] = get_args(get_type_hints(frame)["type"])
    return values


def is_sent_by_clients(frame: Any) -> bool:
    """Whether it is a client that sends this frame."""
    return "ref" in frame.__optional_keys__


def is_answer(frame: Any) -> bool:
    """Whether it answers a frame."""
    return "ref" in frame.__required_keys__


def live_document() -> Json:
    """Return the document."""
    schemas: dict[str, Json] = {}
    messages = {name: _message(frame, schemas) for name, frame in frames().items()}
    unasked = [name for name, frame in frames().items() if not is_sent_by_clients(frame) and not is_answer(frame)]
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Lifestring live", "version": "1.0.0", "description": _DESCRIPTION.strip()},
        "defaultContentType": "application/json",
        "servers": {"here": _server()},
        "channels": {
            "socket": {
                "address": "/ws",
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
                "bindings": {"ws": {"method": "GET"}},
            }
        },
        "operations": {
            **dict(_asked()),
            "tell": {
                "action": "send",
                "channel": _CHANNEL,
                "summary": "What the server sends without being asked.",
                "messages": _in_channel(unasked),
            },
        },
        "components": {
            "schemas": schemas,
            "messages": messages,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An access token of Supabase Auth; browsers offer it as the subprotocol "
                    "`bearer.<token>`, beside `lifestring.v1`.",
                }
            },
        },
    }


def _realtime_modules() -> Iterator[Any]:
    for app in apps.get_app_configs():
        if find_spec(f"{app.name}.realtime"):
            yield import_module(f"{app.name}.realtime")


def _is_frame(kind: Any) -> bool:
    return is_typeddict(kind) and "type" in kind.__required_keys__


def _message(frame: Any, schemas: dict[str, Json]) -> Json:
    summary, _, more = summary_of(frame).partition("\n\n")
    text = {"summary": summary, **({"description": more} if more else {})}
    return {"name": " | ".join(types_of(frame)), "title": frame.__name__, **text, "payload": schema_of(frame, schemas)}


def _server() -> Json:
    address = urlsplit(settings.PUBLIC_URL)
    found: Json = {"security": [{"$ref": "#/components/securitySchemes/token"}]}
    if address.netloc:
        return {"host": address.netloc, "protocol": "wss" if address.scheme == "https" else "ws", **found}
    host = {"default": "127.0.0.1:8000", "description": "Where this document came from."}
    return {"host": "{host}", "protocol": "ws", "variables": {"host": host}, **found}


def _asked() -> Iterator[tuple[str, Json]]:
    """Yield what clients may ask for: an operation for each entry of the handlers' table."""
    sent = {types_of(frame)[0]: name for name, frame in frames().items() if is_sent_by_clients(frame)}
    for name, handler in import_string(HANDLERS).items():
        answer = get_type_hints(handler, localns={"SocketConsumer": Any})["return"]
        answers = [kind.__name__ for kind in (answer, *get_args(answer)) if is_typeddict(kind)]
        yield (
            re.sub(r"\W", "_", name),
            {
                "action": "receive",
                "channel": _CHANNEL,
                "summary": summary_of(frames()[sent[name]]).partition("\n\n")[0],
                "messages": _in_channel([sent[name]]),
                "reply": {"channel": _CHANNEL, "messages": _in_channel([*answers, "ErrorFrame"])},
            },
        )


def _in_channel(names: list[str]) -> list[Json]:
    return [{"$ref": f"#/channels/socket/messages/{name}"} for name in names]
