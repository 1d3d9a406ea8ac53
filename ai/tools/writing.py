"""Actions that change something: the services of the routes, called as the routes do."""

import uuid
from collections.abc import Sequence
from typing import Any

from accounts import services as people_services
from accounts.callers import Caller
from accounts.services.connections import UNKNOWN
from accounts.shapes import PERSON_COLUMNS, user_shape_for
from ai import reads
from ai.assistant.sources import Source
from ai.tools.actions import Ask, Done
from ai.tools.finding import title
from events import reads as event_reads
from events import services as event_services
from events.shapes import attendance_shape_for, event_shape_for, join_shape_for
from lifestring import rows
from lifestring.errors import NotFoundError, ValidationFailedError
from strings import services as string_services
from strings.serializers import NEITHER
from strings.shapes import string_shape_for

CREATED = 201
ANSWERS = {"going": "Say that you come to", "maybe": "Say that you may come to", "declined": "Decline"}


def create_string(ask: Ask) -> Done:
    """Post a string."""
    made = string_services.string_create(caller=ask.caller, string_id=ask.new_id, values=ask.values)
    shape = _there(string_shape_for(made, caller=ask.caller, base=ask.base))
    return _created("string", shape, "The string is posted.", shape["content_text"])


def label_string(_: Caller, values: dict[str, Any]) -> str:
    """Say what would be posted."""
    if not values.get("content_text"):
        raise ValidationFailedError({"content": [NEITHER]})
    return f"Post “{title(values['content_text'])}”"


def create_event(ask: Ask) -> Done:
    """Invite to an event."""
    made = event_services.event_create(caller=ask.caller, event_id=ask.new_id, values=ask.values)
    shape = _there(event_shape_for(made, base=ask.base))
    return _created("event", shape, "The event is made.", shape["title"])


def create_join(ask: Ask) -> Done:
    """Look for company."""
    made = event_services.event_create(caller=ask.caller, event_id=ask.new_id, values=ask.values)
    shape = _there(join_shape_for(made, ask.caller))
    return _created("event", shape, "The join is made.", shape["title"])


def label_event(_: Caller, values: dict[str, Any]) -> str:
    """Say what would be invited to, and when."""
    return f"Invite to “{title(values['title'])}” on {values['start_time']:%Y-%m-%d, %H:%M} UTC"


def label_join(_: Caller, values: dict[str, Any]) -> str:
    """Say what company would be looked for."""
    return f"Look for company: “{title(values['title'])}”"


def join_event(ask: Ask) -> Done:
    """Answer an event."""
    event_id: uuid.UUID = ask.values["event_id"]
    status, wait = ask.values["status"], ask.values["wait"]
    event_services.attendance_set(caller=ask.caller, event_id=event_id, status=status, wait=wait)
    shape = _there(attendance_shape_for(event_id, ask.caller))
    said = {"event_id": str(event_id), "answer": shape["status"], "waiting_place": shape["waiting_place"]}
    return Done(shape, "The answer is noted.", said)


def label_answer(caller: Caller, values: dict[str, Any]) -> str:
    """Say what would be answered to which event."""
    found = rows.fetch(event_reads.one, (values["event_id"],), ("title", "user_id"))
    if not found or found[0][1] in caller.hidden_ids:
        raise NotFoundError("There is no such event.")
    return f"{ANSWERS[values['status']]} “{title(found[0][0])}”"


def send_connection_request(ask: Ask) -> Done:
    """Ask somebody for a connection."""
    receiver_id: uuid.UUID = ask.values["receiver_id"]
    made = people_services.connection_request(caller=ask.caller, receiver_id=receiver_id)
    said = {"receiver_id": str(receiver_id), "request": made["status"]}
    return Done(made, "Connection request sent successfully", said, status=CREATED)


def label_request(caller: Caller, values: dict[str, Any]) -> str:
    """Say whom would be asked."""
    found = rows.fetch(reads.people, ((values["receiver_id"],), caller), PERSON_COLUMNS)
    if not found or values["receiver_id"] == caller.user_id:
        raise ValidationFailedError({"receiver_id": [UNKNOWN]})
    return f"Ask {title(found[0][2]) or 'this person'} for a connection"


def update_profile(ask: Ask) -> Done:
    """Merge into one's profile."""
    me = ask.caller.user_id
    people_services.profile_merge(caller=ask.caller, user_id=me, values=ask.values)
    shape = _there(user_shape_for(me, caller=ask.caller))
    return Done(shape, "The profile is changed.", {"changed": sorted(ask.values)})


def label_profile(_: Caller, values: dict[str, Any]) -> str:
    """Say what of the profile would change."""
    if not values:
        raise ValidationFailedError({"attributes": ["Say what to change."]})
    keys: Sequence[str] = [str(key) for column in values.values() for key in column]
    return f"Change your profile: {title(', '.join(keys) or ', '.join(values))}"


def _there(shape: Any) -> Any:
    if shape is None:
        raise NotFoundError
    return shape


def _created(kind: str, shape: Any, message: str, text: str | None) -> Done:
    made: uuid.UUID = shape["id"]
    return Done(shape, message, {"id": str(made)}, (Source(kind, made, title(text)),), CREATED)
