"""A moderator's day in a real browser, against a real server: from the sign-in to the trail."""

import json
import re
from base64 import b32decode
from collections.abc import Iterator
from typing import Any

import pytest
from django_otp.oath import totp
from playwright.sync_api import Browser, Page, expect
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from accounts.models import StaffUser
from accounts.realtime import SUBPROTOCOL
from lifestring.services import figures_roll_up
from lifestring.testing import browser, web_servers
from lifestring.testing.browser import browsing, complaints_of, picture
from lifestring.testing.people import Person, make_person, make_token
from moderation.models import Case
from moderation.tests.acts import report

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.serial, pytest.mark.xdist_group("serial")]

PASSWORD = "a moderator's passphrase"
RUDE = "Everybody who disagrees with me is a fool."


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[web_servers.WebServer]:
    # The server's own: those of the tests are quick, and unknown to it.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    # Playwright keeps an event loop in this thread, which Django would take for one of ours.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    monkeypatch.setenv("ADMIN_REQUIRE_2FA", "true")
    with web_servers.running("uvicorn") as servers:
        yield servers["uvicorn"]


def staff_of(person: Person, *, is_admin: bool = False) -> StaffUser:
    """A member of staff with a password of their own: no Supabase checks one here."""
    return StaffUser.objects.create_user(
        f"{person.name.lower()}@lifestring.example",
        PASSWORD,
        name=person.name,
        supabase_user_id=person.user_id,
        is_staff=True,
        is_superuser=is_admin,
    )


def sign_in(page: Page, address: str, user: StaffUser) -> None:
    """By password and a second factor that is set up on the way."""
    page.goto(f"{address}/admin/queue/")
    picture(page, "sign-in")
    page.get_by_label("Email").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    key = re.sub(r"\s", "", page.locator("p code").inner_text())
    picture(page, "set-up")
    page.get_by_label("Code").fill(f"{totp(b32decode(key)):06d}")
    page.get_by_role("button", name="That is it").click()
    expect(page.locator(".codes code")).to_have_count(10)
    page.get_by_role("link", name="I have kept them").click()


def test_a_moderators_day(server: web_servers.WebServer) -> None:
    alice, bob, charlie = make_person("Alice"), make_person("Bob"), make_person("Charlie")
    dana, erin = staff_of(make_person("Dana", is_mod=True)), staff_of(make_person("Erin", is_mod=True))
    string = alice.client.post("/api/strings", {"content_text": RUDE}).json()["data"]["id"]
    bob.client.post(f"/api/strings/{string}/comments", {"content": "That is not kind."})
    for person, details in ((bob, "This is about my family."), (charlie, "")):
        assert report(person, "string", string, "harassment", details=details).status_code == 201
    for number in range(3):
        other = bob.client.post("/api/strings", {"content_text": f"Buy this, number {number}"}).json()["data"]["id"]
        report(charlie, "string", other)
    figures_roll_up()
    with browsing(str(browser.chromium())) as chrome:
        hers, theirs = opened(chrome), opened(chrome)
        complaints = [complaints_of(hers), complaints_of(theirs)]
        address = f"http://localhost:{server.port}"
        sign_in(hers, address, dana)
        case = Case.objects.get(target_id=string)
        finds_it_in_the_queue(hers)
        removes_it_and_suspends_its_author(hers, server, alice, case)
        appeals(hers, server, alice)
        sign_in(theirs, address, erin)
        puts_it_back(theirs, server, alice, case)
        finds_all_in_the_trail(theirs, server, alice)
        assert complaints == [[], []]


def opened(chrome: Browser) -> Page:
    page = chrome.new_context().new_page()
    page.set_default_timeout(15_000)
    return page


def address_of(server: web_servers.WebServer, path: str) -> str:
    return f"http://localhost:{server.port}/admin/{path}"


def finds_it_in_the_queue(page: Page) -> None:
    """The most urgent first, with what is around it, by keys alone."""
    expect(page.get_by_role("img", name="New strings by day")).to_be_visible()
    picture(page, "overview")
    page.get_by_role("link", name="Queue", exact=True).click()
    in_hand = page.locator("#in-hand")
    expect(in_hand.get_by_role("heading", level=2)).to_contain_text("String of Alice")
    expect(in_hand.locator("blockquote")).to_have_text(RUDE)
    expect(in_hand.locator(".around")).to_contain_text("That is not kind.")
    expect(in_hand).to_contain_text("This is about my family.")
    picture(page, "queue")
    page.keyboard.press("j")
    expect(in_hand.locator("blockquote")).to_contain_text("Buy this")
    page.keyboard.press("k")
    expect(in_hand.locator("blockquote")).to_have_text(RUDE)
    page.keyboard.press("c")
    expect(in_hand).to_contain_text("You work on this.")


def removes_it_and_suspends_its_author(page: Page, server: web_servers.WebServer, alice: Person, case: Case) -> None:
    """Whose open socket is closed, and whose next post is refused."""
    token = make_token(alice.user_id)
    with connect(f"ws://127.0.0.1:{server.port}/ws", subprotocols=[SUBPROTOCOL, f"bearer.{token}"]) as socket:
        assert json.loads(socket.recv(timeout=10))["type"] == "hello"
        page.keyboard.press("r")
        expect(page.locator(".messagelist")).to_contain_text("Removed")
        assert alice.client.get(f"/api/strings/{case.target_id}").status_code == 404
        page.goto(address_of(server, f"cases/{case.id}/"))
        in_hand = page.locator("#in-hand")
        in_hand.get_by_label("What they are told").fill("Insults are not welcome here.")
        in_hand.get_by_role("button", name="7 days").click()
        expect(page.locator(".messagelist")).to_contain_text("Suspended for 7 days")
        with pytest.raises(ConnectionClosed):
            while True:
                socket.recv(timeout=2)
        assert socket.close_code == 4403
    picture(page, "case-decided")
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    refused = server.send("POST", "/api/strings", b'{"content_text": "Again"}', headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "suspended")


def appeals(page: Page, server: web_servers.WebServer, alice: Person) -> None:
    """The author says something to it; who imposed it may not decide."""
    [sanction] = alice.client.get("/api/my/sanctions").json()["data"]
    said = alice.client.post("/api/appeals", {"sanction_id": sanction["id"], "text": "It was a quotation."})
    assert said.status_code == 201
    page.goto(address_of(server, "appeals/"))
    expect(page.locator(".appeal")).to_contain_text("You imposed this")
    expect(page.get_by_role("button", name="They are right")).to_have_count(0)


def puts_it_back(page: Page, server: web_servers.WebServer, alice: Person, case: Case) -> None:
    """Somebody else grants the appeal and restores the string."""
    page.get_by_role("link", name="Appeals", exact=True).click()
    expect(page.locator(".appeal")).to_contain_text("It was a quotation.")
    picture(page, "appeals")
    page.get_by_label("What they are told").fill("You are right, and we are sorry.")
    page.get_by_role("button", name="They are right").click()
    expect(page.locator("#content")).to_contain_text("Nobody waits")
    page.goto(address_of(server, f"cases/{case.id}/"))
    page.get_by_role("button", name="Put back").click()
    expect(page.locator("#in-hand blockquote")).to_have_text(RUDE)
    assert alice.client.get(f"/api/strings/{case.target_id}").status_code == 200
    assert alice.client.post("/api/strings", {"content_text": "Thank you"}).status_code == 201


def finds_all_in_the_trail(page: Page, server: web_servers.WebServer, alice: Person) -> None:
    """On a page of its own, and on the person's."""
    page.goto(address_of(server, f"moderation/auditentry/?q={alice.user_id}"))
    for act in ("case.claimed", "content.removed", "person.suspended", "appeal.granted", "content.restored"):
        expect(page.locator("#result_list")).to_contain_text(act)
    picture(page, "trail")
    page.goto(address_of(server, f"people/{alice.user_id}/"))
    expect(page.locator("#content")).to_contain_text("person.suspended")
    picture(page, "person")
    page.goto(address_of(server, "strings/string/"))
    expect(page.locator("#result_list")).to_contain_text("Thank you")
    picture(page, "strings")
