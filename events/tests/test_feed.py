"""The private calendar feed, and the token that opens it (docs/api.md, Events)."""

import logging
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.utils import timezone
from django.utils.module_loading import import_string
from ical.calendar_stream import IcsCalendarStream
from ical.event import EventStatus
from rest_framework.test import APIClient

from accounts.models import AuthUser, Suspension, UserConnection
from events.models import CalendarToken
from events.tests.invitations import attend, body_of, event_row, get, going, invite, leave
from lifestring.log_filters import TokenFilter
from lifestring.testing.asserts import assert_error
from lifestring.testing.documented import assert_documented
from lifestring.testing.people import Person, block

pytestmark = pytest.mark.django_db

FEED, TOKEN = "/api/my/events.ics", "/api/my/events.ics/token"


def open_feed(person: Person) -> str:
    answer = person.client.post(TOKEN)
    assert_documented(answer)
    parts = urlsplit(body_of(answer, 201)["data"]["url"])
    return f"{parts.path}?{parts.query}"


def entries(client: APIClient, url: str = FEED) -> dict[str, EventStatus | None]:
    answer = client.get(url)
    assert answer.status_code == 200, answer.content
    assert_documented(answer)
    calendar = IcsCalendarStream.calendar_from_ics(answer.content.decode())
    return {str(event.summary): event.status for event in calendar.events}


def test_it_holds_what_one_organises_and_may_come_to(alice: Person, bob: Person, charlie: Person, anonymous: APIClient):
    invite(bob, title="own")
    for status in ("going", "maybe", "declined"):
        attend(bob, invite(alice, title=status), status)
    full = invite(alice, title="full", places=1)
    going(alice, full)
    going(bob, full, wait=True)
    left = invite(alice, title="left")
    going(bob, left)
    leave(bob, left)
    expected = {"own": EventStatus.CONFIRMED, "going": EventStatus.CONFIRMED, "maybe": EventStatus.TENTATIVE}

    assert entries(bob.client) == entries(anonymous, open_feed(bob)) == expected
    leave(alice, full)
    assert entries(bob.client) == {**expected, "full": EventStatus.CONFIRMED}
    assert entries(charlie.client) == {}


def test_nothing_of_people_a_block_stands_between(alice: Person, bob: Person, anonymous: APIClient):
    going(bob, invite(alice, title="alice's"))
    url = open_feed(bob)
    for one, other in ((alice, bob), (bob, alice)):
        UserConnection.objects.all().delete()
        block(one, other)
        assert entries(bob.client) == entries(anonymous, url) == {}
    UserConnection.objects.all().delete()
    assert entries(anonymous, url).keys() == {"alice's"}


def test_a_token_opens_the_feed_and_nothing_else_until_it_is_replaced_or_revoked(alice: Person, anonymous: APIClient):
    invite(alice, title="mine")
    assert get(alice, TOKEN)["data"] == {"active": False, "created_at": None}
    first = open_feed(alice)
    assert entries(anonymous, first).keys() == entries(anonymous, first.replace("?", "/?")).keys() == {"mine"}
    assert get(alice, TOKEN)["data"]["active"] is True
    query = first.partition("?")[2]
    for url in ("/api/me", "/api/events", "/api/my/events", TOKEN):
        assert_error(anonymous.get(f"{url}?{query}"), 401, "not_authenticated")
    assert_error(anonymous.post(first), 405, "method_not_allowed")

    second = open_feed(alice)
    assert first != second
    assert_error(anonymous.get(first), 401, "token_invalid")
    assert entries(anonymous, second).keys() == {"mine"}
    for _ in range(2):
        assert alice.client.delete(TOKEN).status_code == 204
    answer = anonymous.get(second)
    assert_error(answer, 401, "token_invalid")
    assert_documented(answer)
    for bad in (
        "",
        "?token=",
        "?token=%00",
        "?token=%ED%A0%80",
        f"?token={'x' * 5000}",
        "?token=a&token=b",
        "?Token=x",
    ):
        assert_error(anonymous.get(f"{FEED}{bad}"), 401)
    assert entries(alice.client, f"{FEED}?token=wrong").keys() == {"mine"}, "a bearer token counts first"


def test_only_a_hash_is_kept(alice: Person, bob: Person):
    token = open_feed(alice).partition("=")[2]
    open_feed(bob)
    kept = CalendarToken.objects.get(user_id=alice.user_id)

    assert len(token) >= 40
    assert token not in f"{vars(kept)} {kept}"
    assert CalendarToken.objects.count() == 2


def test_it_ends_with_the_account_and_pauses_with_a_ban_but_the_suspended_read_on(alice: Person, anonymous: APIClient):
    invite(alice, title="mine")
    url = open_feed(alice)
    suspension = Suspension.objects.create(user_id=alice.user_id)
    assert entries(anonymous, url).keys() == {"mine"}
    assert_error(alice.client.post(TOKEN), 403, "suspended")
    suspension.delete()
    AuthUser.objects.filter(id=alice.user_id).update(banned_until=timezone.now() + timedelta(hours=1))
    answer = anonymous.get(url)
    assert_error(answer, 403, "user_banned")
    assert_documented(answer)
    AuthUser.objects.filter(id=alice.user_id).update(banned_until=None, deleted_at=timezone.now())
    assert_error(anonymous.get(url), 401, "user_not_found")
    AuthUser.objects.filter(id=alice.user_id).update(deleted_at=None)
    assert alice.client.delete("/api/me").status_code == 204
    assert_error(anonymous.get(url), 401, "token_invalid")


def test_unchanged_it_is_not_sent_again(alice: Person, bob: Person, anonymous: APIClient):
    event = invite(alice, title="mine")
    url = open_feed(alice)
    answer = anonymous.get(url)
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert b"X-WR-CALNAME:Lifestring" in answer.content
    going(bob, event)
    again = anonymous.get(url, HTTP_IF_NONE_MATCH=answer["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    alice.client.patch(f"/api/events/{event}", {"location": "elsewhere"})
    assert anonymous.get(url, HTTP_IF_NONE_MATCH=answer["ETag"]).status_code == 200


def test_a_long_life_leaves_out_what_is_longest_ago(alice: Person, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("events.calendar_views.FEED_MOST", 2)
    for days in range(4):
        event_row(alice, title=str(days), start_time=timezone.now() + timedelta(days=days))

    assert entries(alice.client).keys() == {"2", "3"}


@pytest.mark.parametrize(
    ("message", "arguments"),
    [
        ('%s - "%s %s HTTP/%s" %d', ("1.2.3.4:5", "GET", "/api/my/events.ics?token=secret-1&x=2", "1.1", 200)),
        ("GET /api/my/events.ics?x=2&Token=secret-1 200", ()),
        ("%(path)s", ({"path": "/api/my/events.ics"},)),
    ],
)
def test_no_log_line_holds_a_token(message: str, arguments: Any):
    record = logging.LogRecord("uvicorn.access", logging.INFO, "", 0, message, arguments, None)

    assert TokenFilter().filter(record)
    assert "secret" not in record.getMessage()
    assert "/api/my/events.ics" in record.getMessage()


def test_our_own_log_line_holds_none_and_every_line_is_filtered(
    alice: Person, anonymous: APIClient, caplog: pytest.LogCaptureFixture, settings: Any
):
    url = open_feed(alice)
    token = url.partition("=")[2]
    anonymous.get(url)
    anonymous.get(f"{url}x")

    assert FEED in caplog.text
    assert token not in caplog.text
    assert "tokens" in settings.LOGGING["handlers"]["console"]["filters"]
    assert import_string("lifestring.asgi.application")
    assert any(isinstance(found, TokenFilter) for found in logging.getLogger("uvicorn.access").filters)
