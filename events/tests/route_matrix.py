"""Who gets what from the routes of events, joins and calendars (lifestring/testing/matrix.py says how to read this).

The event is a join as well, so that both kinds of routes serve it.
"""

from datetime import datetime
from typing import Any

from events.models import AttendanceStatus, Event, EventAttendance
from lifestring.testing.matrix import Cast, Ids
from lifestring.testing.people import Person

MATRIX = """
                                          anonymous stranger connected blocked member owner mod admin suspended
GET    /api/events                        401       200      200       200     200    200   200 200   200
POST   /api/events                        401       201      201       201     201    201   201 201   403
GET    /api/events/{event_id}             401       200      200       200     200    200   200 200   200
PUT    /api/events/{event_id}             401       403      403       403     403    200   403 200   403
PATCH  /api/events/{event_id}             401       403      403       403     403    200   403 200   403
DELETE /api/events/{event_id}             401       403      403       403     403    204   403 204   403
GET    /api/events/{event_id}.ics         401       200      200       200     200    200   200 200   200
GET    /api/events/{event_id}/attendance  401       200      200       200     200    200   200 200   200
PUT    /api/events/{event_id}/attendance  401       200      200       403     200    200   200 200   403
DELETE /api/events/{event_id}/attendance  401       204      204       204     204    204   204 204   403
GET    /api/events/{event_id}/attendees   401       200      200       200     200    200   200 200   200
GET    /api/joins                         401       200      200       200     200    200   200 200   200
POST   /api/joins                         401       201      201       201     201    201   201 201   403
GET    /api/joins/my                      401       200      200       200     200    200   200 200   200
GET    /api/joins/{event_id}              401       200      200       200     200    200   200 200   200
PUT    /api/joins/{event_id}              401       403      403       403     403    200   403 200   403
DELETE /api/joins/{event_id}              401       403      403       403     403    204   403 204   403
GET    /api/my/events                     401       200      200       200     200    200   200 200   200
GET    /api/my/events.ics                 401       200      200       200     200    200   200 200   200
GET    /api/my/events.ics/token           401       200      200       200     200    200   200 200   200
POST   /api/my/events.ics/token           401       201      201       201     201    201   201 201   403
DELETE /api/my/events.ics/token           401       204      204       204     204    204   204 204   403
GET    /api/my/recent-events              401       200      200       200     200    200   200 200   200
"""

IDS = """
                                          id        asker  stranger's  nobody's  another-kind
GET    /api/events                        user_id   owner  200         200       200
GET    /api/events/{event_id}             event_id  owner  200         404       404
PUT    /api/events/{event_id}             event_id  owner  403         404       404
PATCH  /api/events/{event_id}             event_id  owner  403         404       404
DELETE /api/events/{event_id}             event_id  owner  403         404       404
GET    /api/events/{event_id}.ics         event_id  owner  200         404       404
GET    /api/events/{event_id}/attendance  event_id  owner  200         404       404
PUT    /api/events/{event_id}/attendance  event_id  owner  200         404       404
DELETE /api/events/{event_id}/attendance  event_id  owner  204         404       404
GET    /api/events/{event_id}/attendees   event_id  owner  200         404       404
GET    /api/joins/{event_id}              event_id  owner  200         404       404
PUT    /api/joins/{event_id}              event_id  owner  403         404       404
DELETE /api/joins/{event_id}              event_id  owner  403         404       404
"""

_START = "2050-06-01T18:00:00Z"
_CHANGED = {"title": "changed", "location": "elsewhere"}

BODIES: dict[str, Any] = {
    "POST /api/events": {"title": "new", "start_time": _START},
    "PUT /api/events/{event_id}": _CHANGED,
    "PATCH /api/events/{event_id}": _CHANGED,
    "PUT /api/events/{event_id}/attendance": {"status": "going"},
    "POST /api/joins": {"title": "new"},
    "PUT /api/joins/{event_id}": _CHANGED,
}


def things(owner: Person, cast: Cast) -> Ids:
    """An event of the owner's that somebody goes to."""
    start = datetime.fromisoformat(_START)
    event = Event.objects.create(user_id=owner.user_id, title="chess", start_time=start, meta_data={"is_join": True})
    EventAttendance.objects.create(event_id=event.id, user_id=cast.connected.user_id, status=AttendanceStatus.GOING)
    return {"event_id": str(event.id)}
