"""What the assistant's frames do: the same turn as over REST (docs/live.md, Client to server)."""

import uuid
from typing import TYPE_CHECKING

from django.conf import settings

from accounts.callers import Caller
from ai import services
from ai.assistant.answering import question_shape, turn_events
from ai.assistant.rooms import assistant_room
from ai.assistant.running import watch_of_this_loop
from ai.assistant.serializers import ChatMessageSerializer
from ai.realtime import AiDoneFrame, AiTokenFrame, AiToolFrame
from ai.services import Turn
from chat.frames import Frame
from chat.handlers import Handler
from chat.handlers.messages import as_active
from chat.realtime import OkFrame, SentFrame
from lifestring.error_rendering import error_or_fault
from lifestring.errors import socket_error
from lifestring.views import validated

if TYPE_CHECKING:
    from chat.consumers import SocketConsumer


async def send(socket: "SocketConsumer", frame: Frame) -> SentFrame:
    """Ask the assistant; what follows comes after the answer, as long as the socket is open.

    Raises:
        ValidationFailedError: a field is not what it must be, or the id is taken.
        NotFoundError, NotAMemberError: the room is not the caller's.
        DomainError: it is not a room of the assistant, or the caller is suspended.
        ConflictError: the assistant is still answering.
    """
    room_id, message_id = frame.id("room_id"), frame.optional_id("id") or uuid.uuid4()

    def act(caller: Caller) -> Turn:
        assistant_room(room_id, caller)
        content = validated(ChatMessageSerializer(data=frame.data))["content"]
        return services.turn_begin(caller=caller, room_id=room_id, message_id=message_id, content=content)

    turn: Turn = await as_active(socket.caller.user_id, act)
    socket.attend(_tell(socket, frame.ref, turn))
    return SentFrame(type="ok", ref=frame.ref, message=question_shape(turn, settings.PUBLIC_URL), seq=turn.question.seq)


async def cancel(socket: "SocketConsumer", frame: Frame) -> OkFrame:
    """End the answer under way, whoever listens to it; also right where there is none.

    Raises:
        ValidationFailedError, NotFoundError, NotAMemberError, DomainError: as `send`.
    """
    room_id = frame.id("room_id")

    def act(caller: Caller) -> uuid.UUID | None:
        assistant_room(room_id, caller)
        return services.turn_cancel(caller=caller, room_id=room_id)

    turn_id = await as_active(socket.caller.user_id, act)
    if turn_id is not None:
        watch_of_this_loop().stop(turn_id, "cancelled")
    return OkFrame(type="ok", ref=frame.ref)


async def _tell(socket: "SocketConsumer", ref: str | None, turn: Turn) -> None:
    try:
        async for event in turn_events(turn, settings.PUBLIC_URL):
            if event["type"] == "token":
                socket.emit(AiTokenFrame(type="ai.token", room_id=turn.room_id, content=event["content"]))
            elif event["type"] == "tool":
                name, result = event["name"], event["result"]
                socket.emit(AiToolFrame(type="ai.tool", room_id=turn.room_id, name=name, result=result))
            elif event["type"] == "done":
                socket.emit(
                    AiDoneFrame(
                        type="ai.done",
                        room_id=turn.room_id,
                        message_id=event["message_id"],
                        tokens=event["tokens"],
                        cost=float(event["cost"]),
                        sources=event["sources"],
                        actions=event["actions"],
                        cancelled=event["cancelled"],
                    )
                )
    except Exception as exc:
        socket.emit(socket_error(error_or_fault(exc), ref))


HANDLERS: dict[str, Handler] = {"ai.send": send, "ai.cancel": cancel}
