"""The least that can tell everybody something: what is posted goes to every open socket, as it is.

No token, no rooms, no database, no log, no other process: the limit the product's fan-out is counted against.
"""

from typing import Any

sockets: dict[int, Any] = {}


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Serve a listener, or a post to all of them."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        sockets[id(send)] = send
        while (await receive())["type"] != "websocket.disconnect":
            pass
        del sockets[id(send)]
    elif scope["type"] == "http":
        body, more = b"", True
        while more:
            part = await receive()
            body, more = body + part["body"], part.get("more_body", False)
        message = {"type": "websocket.send", "text": body.decode()}
        for listener in list(sockets.values()):
            await listener(message)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})
