"""All that can be done by an action (docs/api.md, AI; docs/decisions/021-tools.md)."""

from accounts.serializers import ConnectionRequestSerializer, ProfileWriteSerializer
from ai.tools import finding, writing
from ai.tools.actions import Action
from ai.tools.schemas import Json
from ai.tools.serializers import FindEventsSerializer, JoinEventSerializer, SearchSerializer
from events.serializers import EventCreateSerializer, JoinCreateSerializer
from strings.serializers import StringWriteSerializer

_TEXT: Json = {"type": "string"}
_TEXTS: Json = {"type": "array", "items": _TEXT}
# What a model is never shown of a profile, contact data above all, it does not write either.
_ABOUT_ME = {
    "attributes": dict.fromkeys(("interests", "passions", "hobbies", "skills", "questions"), _TEXTS),
    "biography": dict.fromkeys(("bio", "work", "education", "goals", "ambitions", "dreams", "looking_for"), _TEXT),
}
_MEETING: dict[str, Json] = {
    "max_participants": {"type": "integer", "minimum": 1},
    "time_zone": {"type": "string", "description": "A name of the tz database, such as Europe/Lisbon."},
    "recurrence": {"type": "string", "description": "An RRULE of RFC 5545, daily at most."},
}
_WORDS = "Every word must be there, so give one or two that matter."

ACTIONS = {
    action.name: action
    for action in (
        Action(
            "search_users",
            f"Find people by name, biography and interests. {_WORDS}",
            SearchSerializer,
            {"query": None},
            finding.search_users,
        ),
        Action(
            "search_strings",
            f"Find strings, which are posts, by their text. {_WORDS}",
            SearchSerializer,
            {"query": None},
            finding.search_strings,
        ),
        Action(
            "find_events",
            f"List events to come, the next one first; joins, which look for company, are events too. {_WORDS}",
            FindEventsSerializer,
            {"query": None, "location": None, "start_from": None, "start_to": None},
            finding.find_events,
        ),
        Action(
            "create_string",
            "Post a string in the person's name. Only when they ask for it.",
            StringWriteSerializer,
            # Images are fetched by everybody who reads the post, so their addresses are not a model's to choose.
            {"content_text": None},
            writing.create_string,
            writing.label_string,
        ),
        Action(
            "create_event",
            "Make an event at a time, in the person's name. Only when they ask for it.",
            EventCreateSerializer,
            {"title": None, "start_time": None, "end_time": None, "location": None, "description": None,
             "meta_data": _MEETING},
            writing.create_event,
            writing.label_event,
        ),
        Action(
            "create_join",
            "Look for company for something, in the person's name; without a time it is for now. Only when they ask for it.",
            JoinCreateSerializer,
            dict.fromkeys(("title", "description", "location", "start_time", "end_time", "duration", "difficulty",
                           "max_participants", "tags")),
            writing.create_join,
            writing.label_join,
        ),
        Action(
            "join_event",
            "Answer an event or a join for the person: that they come, may come, or decline.",
            JoinEventSerializer,
            {"event_id": None, "status": None, "wait": None},
            writing.join_event,
            writing.label_answer,
        ),
        Action(
            "send_connection_request",
            "Ask somebody for a connection, in the person's name. Only when they ask for it.",
            ConnectionRequestSerializer,
            {"receiver_id": None},
            writing.send_connection_request,
            writing.label_request,
        ),
        Action(
            "update_profile",
            "Change what the person's own profile says. Lists are replaced: repeat what is to stay.",
            ProfileWriteSerializer,
            _ABOUT_ME,
            writing.update_profile,
            writing.label_profile,
        ),
    )
}  # fmt: skip
