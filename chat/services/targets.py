"""Messages and rooms as things that can be reported, removed and put back (docs/decisions/012-moderation.md).

Either way goes through the room's log, so that clients follow. Entries of the log do not name who of the staff did it.
"""

import uuid
from typing import Any

from accounts.callers import Caller
from accounts.shapes import AUTHOR_COLUMNS
from chat import reads
from chat.broadcasts import tell_message, tell_message_deleted, tell_room_added, tell_room_deleted
from chat.columns import MESSAGE_COLUMNS
from chat.models import LogKind, Message
from chat.services.log import RoomTurn
from lifestring import rows
from lifestring.errors import ConflictError
from lifestring.statements import all_rows, changed, first_row
from moderation.targets import Context, Line, Subject, Taken

AUTHOR_GONE = "The author is gone, so this cannot be put back."
ROOM_GONE = "The room this was said in is gone; put that back first."
NOBODY_LEFT = "Nobody who was in this room is left, so it cannot be put back."
THERE = "This is there already."
# So many messages staff see around one, or of a room.
IN_CONTEXT = 20

LINE_COLUMNS = ("id", "user_id", AUTHOR_COLUMNS[1], "content", "created_at")
_MEMBER = "SELECT 1 FROM public.room_participants WHERE room_id = %s AND user_id = %s"
_MESSAGE = "SELECT json_build_object('message', to_json(m))::text FROM public.messages m WHERE m.id = %s"
_AUTHOR_IS_THERE = """
SELECT p.user_id FROM public.user_profiles p
 WHERE p.user_id = (%(content)s::json -> 'message' ->> 'user_id')::uuid FOR KEY SHARE
"""
_ROOM_OF = "SELECT (%(content)s::json -> 'message' ->> 'room_id')::uuid"
_PUT_MESSAGE = """
INSERT INTO public.messages (id, room_id, user_id, content, created_at, updated_at)
SELECT id, room_id, user_id, content, created_at, updated_at
  FROM json_populate_record(NULL::public.messages, %(content)s::json -> 'message')
"""
_ROOM_IS_THERE = "SELECT 1 FROM public.rooms WHERE id = %s"
_ROOM = """
SELECT json_build_object(
         'room', to_json(r),
         'places', coalesce((SELECT json_agg(p) FROM public.room_participants p WHERE p.room_id = r.id), '[]'),
         'messages', coalesce((SELECT json_agg(m) FROM public.messages m WHERE m.room_id = r.id), '[]'),
         'marks', coalesce((SELECT json_agg(k) FROM django.chat_readmark k WHERE k.room_id = r.id), '[]'),
         'log', coalesce((SELECT json_agg(e) FROM django.chat_roomlogentry e WHERE e.room_id = r.id), '[]'),
         'position', (SELECT to_json(l) FROM django.chat_roomposition l WHERE l.room_id = r.id))::text,
       ARRAY(SELECT user_id FROM public.room_participants WHERE room_id = r.id
             UNION SELECT user_id FROM public.messages WHERE room_id = r.id
             UNION SELECT user_id FROM django.chat_readmark WHERE room_id = r.id
             UNION SELECT user_id FROM django.chat_roomlogentry WHERE room_id = r.id AND user_id IS NOT NULL
             UNION SELECT subject_id FROM django.chat_roomlogentry
                    WHERE room_id = r.id AND kind LIKE 'participant.%%' AND subject_id IS NOT NULL),
       ARRAY(SELECT user_id FROM public.room_participants WHERE room_id = r.id)
  FROM public.rooms r WHERE r.id = %(room)s
"""
_HAS_PROFILE = "EXISTS (SELECT FROM public.user_profiles p WHERE p.user_id = r.user_id)"
# In this order: a place holds on to its room, and everything else comes after who is in it.
_PUT_ROOM = (
    """
INSERT INTO public.rooms (id, name, metadata, created_at, updated_at)
SELECT id, name, metadata, created_at, updated_at
  FROM json_populate_record(NULL::public.rooms, %(content)s::json -> 'room')
""",
    f"""
INSERT INTO public.room_participants (room_id, user_id)
SELECT room_id, user_id FROM json_populate_recordset(NULL::public.room_participants, %(content)s::json -> 'places') r
 WHERE {_HAS_PROFILE}
""",  # noqa: S608 - a constant
    f"""
INSERT INTO public.messages (id, room_id, user_id, content, created_at, updated_at)
SELECT id, room_id, user_id, content, created_at, updated_at
  FROM json_populate_recordset(NULL::public.messages, %(content)s::json -> 'messages') r WHERE {_HAS_PROFILE}
""",  # noqa: S608
    f"""
INSERT INTO django.chat_readmark (room_id, user_id, message_id, message_at, at)
SELECT room_id, user_id, message_id, message_at, at
  FROM json_populate_recordset(NULL::django.chat_readmark, %(content)s::json -> 'marks') r WHERE {_HAS_PROFILE}
""",  # noqa: S608
    """
INSERT INTO django.chat_roomlogentry (room_id, seq, kind, subject_id, user_id, at)
SELECT room_id, seq, kind, subject_id, user_id, at
  FROM json_populate_recordset(NULL::django.chat_roomlogentry, %(content)s::json -> 'log')
""",
    # The turn made the row anew; the numbers go on where they stood.
    """
UPDATE django.chat_roomposition l SET seq = r.seq, at = r.at
  FROM json_populate_record(NULL::django.chat_roomposition, %(content)s::json -> 'position') r
 WHERE l.room_id = %(room)s AND r.seq IS NOT NULL
""",
)
_MEMBERS = "SELECT user_id FROM public.room_participants WHERE room_id = %s"
_ROOM_ROW = "SELECT id, name, metadata::text, created_at, updated_at, 0 FROM public.rooms WHERE id = %s"
_WITHOUT = """
WITH content AS (SELECT %(content)s::json AS c)
SELECT json_build_object(
    'room', c -> 'room', 'position', c -> 'position',
    'places', coalesce((SELECT json_agg(r) FROM json_array_elements(c -> 'places') r
                         WHERE r ->> 'user_id' <> %(user)s), '[]'),
    'messages', coalesce((SELECT json_agg(r) FROM json_array_elements(c -> 'messages') r
                           WHERE r ->> 'user_id' <> %(user)s), '[]'),
    'marks', coalesce((SELECT json_agg(r) FROM json_array_elements(c -> 'marks') r
                        WHERE r ->> 'user_id' <> %(user)s), '[]'),
    'log', coalesce((SELECT json_agg(json_build_object(
                         'room_id', r ->> 'room_id', 'seq', r -> 'seq', 'kind', r ->> 'kind', 'at', r ->> 'at',
                         'user_id', nullif(r ->> 'user_id', %(user)s),
                         'subject_id', nullif(r ->> 'subject_id', %(user)s)))
                       FROM json_array_elements(c -> 'log') r), '[]'))::text,
    EXISTS (SELECT FROM json_array_elements(c -> 'places') r WHERE r ->> 'user_id' <> %(user)s)
  FROM content
"""


def _is_member(room_id: uuid.UUID | None, caller: Caller) -> bool:
    return first_row(_MEMBER, [room_id, caller.user_id]) is not None


class MessageTarget:
    """A message; who is in the room can see it."""

    def find(self, target_id: uuid.UUID) -> Subject | None:
        """Return its author, and the room."""
        for author_id, room_id in rows.fetch(reads.messages_by_id, ((target_id,),), ("user_id", "room_id")):
            return Subject(author_id, room_id)
        return None

    def is_visible_to(self, target_id: uuid.UUID, caller: Caller) -> bool:
        """Members of the room read it."""
        subject = self.find(target_id)
        return subject is not None and _is_member(subject.room_id, caller)

    def context(self, target_id: uuid.UUID) -> Context | None:
        """Return it among the messages around it."""
        columns = (*LINE_COLUMNS, "room_id", "room__name")
        for found_id, user_id, name, text, at, room_id, room in rows.fetch(
            reads.messages_by_id, ((target_id,),), columns
        ):
            place, half = (room_id, at, found_id), IN_CONTEXT // 2
            before = rows.fetch(reads.messages_before, place, LINE_COLUMNS, limit=half)
            after = rows.fetch(reads.messages_following, place, LINE_COLUMNS, limit=half)
            own = Line(found_id, user_id, name, text, at, is_subject=True)
            around = [*(Line(*row) for row in reversed(before)), own, *(Line(*row) for row in after)]
            return Context(text, user_id, name, at, {"room": room or str(room_id)}, around)
        return None

    def take(self, target_id: uuid.UUID) -> Taken | None:
        """Delete it, in the room's turn."""
        subject = self.find(target_id)
        if subject is None or subject.room_id is None or subject.person_id is None:
            return None
        turn = RoomTurn.take(subject.room_id)
        row = first_row(_MESSAGE, [target_id])
        if row is None:
            return None
        log = turn.append(LogKind.MESSAGE_DELETED, target_id, by=None)
        Message.objects.filter(id=target_id).delete()
        tell_message_deleted(log)
        return Taken(row[0], [subject.person_id])

    def put_back(self, target_id: uuid.UUID, content: str) -> None:
        """Write it again as it was: for the room's log it is a message that came."""
        values = {"content": content}
        row = first_row(_ROOM_OF, values)
        if row is None or first_row(_ROOM_IS_THERE, row) is None:
            raise ConflictError(ROOM_GONE)
        if first_row(_AUTHOR_IS_THERE, values) is None:
            raise ConflictError(AUTHOR_GONE)
        room_id: uuid.UUID = row[0]
        turn = RoomTurn.take(room_id)
        if reads.messages_by_id((target_id,)).exists():
            raise ConflictError(THERE)
        log = turn.append(LogKind.MESSAGE_CREATED, target_id, by=None)
        changed(_PUT_MESSAGE, values)
        tell_message(log, rows.fetch(reads.message, (room_id, target_id), MESSAGE_COLUMNS)[0])

    def without(self, content: str, user_id: uuid.UUID) -> str | None:
        """Keep nothing: it is one person's."""
        return None


class RoomTarget:
    """A room with everything said in it, which is nobody's in particular."""

    def find(self, target_id: uuid.UUID) -> Subject | None:
        """Return the room."""
        return Subject(None, target_id) if first_row(_ROOM_IS_THERE, [target_id]) else None

    def is_visible_to(self, target_id: uuid.UUID, caller: Caller) -> bool:
        """Members see it."""
        return _is_member(target_id, caller)

    def context(self, target_id: uuid.UUID) -> Context | None:
        """Return its name and the newest messages."""
        row: Any = first_row(_ROOM_ROW, [target_id])
        if row is None:
            return None
        newest = rows.fetch(reads.newest_messages, (target_id,), LINE_COLUMNS, limit=IN_CONTEXT)
        return Context(row[1] or "", None, None, row[3], {}, [Line(*line) for line in reversed(newest)])

    def take(self, target_id: uuid.UUID) -> Taken | None:
        """Delete it with its log; everybody in it hears of that."""
        turn = RoomTurn.take(target_id)
        row = first_row(_ROOM, {"room": target_id})
        turn.end()
        if row is None:
            return None
        content, people, members = row
        tell_room_deleted(target_id, members)
        return Taken(content, people)

    def put_back(self, target_id: uuid.UUID, content: str) -> None:
        """Put it back with those who are still there; its log goes on with the next number."""
        RoomTurn.take(target_id)
        if first_row(_ROOM_IS_THERE, [target_id]):
            raise ConflictError(THERE)
        for statement in _PUT_ROOM:
            changed(statement, {"content": content, "room": target_id})
        members = [row[0] for row in all_rows(_MEMBERS, [target_id])]
        if not members:
            raise ConflictError(NOBODY_LEFT)
        room = first_row(_ROOM_ROW, [target_id])
        if room is not None:
            tell_room_added(room, members)

    def without(self, content: str, user_id: uuid.UUID) -> str | None:
        """Drop what one person said and where they were; with the last of those who were in it, all of it."""
        row = first_row(_WITHOUT, {"content": content, "user": str(user_id)})
        return row[0] if row and row[1] else None
