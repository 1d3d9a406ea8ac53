"""The second factor: set up once, asked for at each sign-in, with recovery codes; and how often one may try."""

import re
from collections import Counter
from typing import Any

import pytest
from django.test import Client
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import SignInOutcome, StaffSignIn, StaffUser
from accounts.services.sign_ins import Visitor, sign_in_begin
from lifestring.testing.fixtures import Together

pytestmark = pytest.mark.django_db

PASSWORD = "an operator's passphrase"
EMAIL = "operator@lifestring.example"
CODE, SET_UP, CODES = "/admin/second-factor/", "/admin/second-factor/set-up/", "/admin/second-factor/codes/"


@pytest.fixture(autouse=True)
def required(settings: Any) -> None:
    settings.ADMIN_REQUIRE_2FA = True


@pytest.fixture
def operator(db: None) -> StaffUser:
    return StaffUser.objects.create_superuser(EMAIL, PASSWORD)


def signed_in(password: str = PASSWORD, email: str = EMAIL, **extra: Any) -> Client:
    client = Client(**extra)
    client.post("/admin/login/", {"username": email, "password": password, "next": "/admin/"})
    return client


def code_of(user: StaffUser, *, confirmed: bool = True, ahead: int = 0) -> str:
    device = TOTPDevice.objects.get(user=user, confirmed=confirmed)
    return f"{totp(device.bin_key, t0=-ahead * 30):06d}"


def forget_the_last(user: StaffUser) -> None:
    """As if half a minute had passed: an app's code works once."""
    TOTPDevice.objects.filter(user=user).update(last_t=-1)


def set_up(client: Client, user: StaffUser) -> list[str]:
    client.get(SET_UP)
    page = client.post(SET_UP, {"code": code_of(user, confirmed=False)}).content.decode()
    forget_the_last(user)
    return re.findall(r"<code>([a-z2-7]{8})</code>", page)


def outcomes() -> list[str]:
    return list(StaffSignIn.objects.order_by("id").values_list("outcome", flat=True))


def test_a_password_alone_opens_nothing_but_the_way_to_a_second_factor(operator: StaffUser) -> None:
    client = signed_in()
    for page in ("/admin/", "/admin/accounts/userprofile/", "/admin/jobs", "/admin/password_change/"):
        assert client.get(page, follow=True).redirect_chain[-1][0] == SET_UP, page
    assert client.get(CODES, follow=True).redirect_chain[-1][0] == SET_UP
    page = client.get(SET_UP).content.decode()
    device = TOTPDevice.objects.get()
    assert "<svg" in page
    assert "http" not in re.sub(r'xmlns="[^"]*"', "", page), "nobody else draws the code or serves a style"
    assert re.sub(r"\s", "", re.findall(r"<code>([A-Z2-7 ]+)</code>", page)[0]) in device.config_url
    assert client.get(SET_UP).content.decode().count("<svg") == page.count("<svg")
    assert TOTPDevice.objects.get() == device, "a page that is loaded again does not change the key"


def test_it_is_set_up_with_the_apps_code_and_gives_recovery_codes(operator: StaffUser) -> None:
    client = signed_in()
    client.get(SET_UP)
    assert "not right" in client.post(SET_UP, {"code": "000000"}).content.decode()
    assert client.get("/admin/").status_code == 302
    TOTPDevice.objects.update(throttling_failure_count=0)
    codes = set_up(client, operator)
    assert len(set(codes)) == 10
    assert client.get("/admin/").status_code == 200
    assert outcomes() == [SignInOutcome.ACCEPTED, SignInOutcome.WRONG_CODE, SignInOutcome.SET_UP]


def test_the_next_sign_in_asks_for_a_code_which_works_once(operator: StaffUser) -> None:
    set_up(signed_in(), operator)
    code = code_of(operator)
    client, other = signed_in(), signed_in()
    asked = client.get("/admin/strings/string/?q=x", follow=True)
    assert asked.redirect_chain[-1][0].startswith(CODE)
    assert client.get(SET_UP).status_code == 302, "another app cannot be set up without the first"
    before = client.session.session_key
    done = client.post(CODE, {"code": f" {code[:3]} {code[3:]} ", "next": "/admin/strings/string/?q=x"})
    assert (done.status_code, done["Location"]) == (302, "/admin/strings/string/?q=x")
    assert client.session.session_key != before
    assert client.get("/admin/").status_code == 200
    other.post(CODE, {"code": code})
    assert other.get("/admin/").status_code == 302, "it was seen over somebody's shoulder"


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example/admin/", "/admin/../x\\", "javascript:0"])
def test_it_leads_nowhere_else(operator: StaffUser, address: str) -> None:
    set_up(signed_in(), operator)
    done = signed_in().post(CODE, {"code": code_of(operator), "next": address})
    assert done["Location"].startswith("/admin/")


def test_a_recovery_code_works_once_and_new_ones_replace_the_old(operator: StaffUser) -> None:
    codes = set_up(signed_in(), operator)
    client = signed_in()
    client.post(CODE, {"code": codes[0].upper()})
    assert client.get("/admin/").status_code == 200
    assert "9 unused" in client.get(CODES).content.decode()
    again = signed_in()
    again.post(CODE, {"code": codes[0]})
    assert again.get("/admin/").status_code == 302
    new = re.findall(r"<code>([a-z2-7]{8})</code>", client.post(CODES).content.decode())
    assert len(new) == 10
    assert not {*new} & {*codes}


def test_wrong_codes_are_slowed_down_and_written_down(operator: StaffUser) -> None:
    set_up(signed_in(), operator)
    client = signed_in()
    for _ in range(3):
        client.post(CODE, {"code": "123456"})
    client.post(CODE, {"code": code_of(operator)})
    assert client.get("/admin/").status_code == 302, "the right one comes too soon after a wrong one"
    assert outcomes().count(SignInOutcome.WRONG_CODE) == 4


def test_who_set_one_up_is_asked_also_where_it_is_not_required(operator: StaffUser, settings: Any) -> None:
    settings.ADMIN_REQUIRE_2FA = False
    client = signed_in()
    assert client.get("/admin/").status_code == 200
    set_up(client, operator)
    assert signed_in().get("/admin/").status_code == 302


def test_ten_wrong_passwords_lock_an_account_out_for_a_while(operator: StaffUser) -> None:
    for _ in range(9):
        signed_in("wrong")
    assert signed_in().get(SET_UP).status_code == 200, "the tenth is right"
    signed_in("wrong")
    page = Client().post("/admin/login/", {"username": EMAIL.upper(), "password": PASSWORD}).content.decode()
    assert "too many attempts" in page
    for _ in range(3):
        assert signed_in().get(SET_UP).status_code == 302
    found = outcomes()
    assert (found.count("refused"), found.count("accepted"), found.count("locked_out")) == (10, 1, 1)
    StaffSignIn.objects.update(at="2026-01-01T00:00Z")
    assert signed_in().get(SET_UP).status_code == 200


def test_one_address_cannot_try_one_password_on_everybody(operator: StaffUser, settings: Any) -> None:
    settings.TRUST_PROXY = True
    spoofed = {"HTTP_X_FORWARDED_FOR": "198.51.100.7, 203.0.113.9"}
    for number in range(50):
        signed_in("wrong", f"person-{number}@lifestring.example", **spoofed)
    assert signed_in(**spoofed).get(SET_UP).status_code == 302
    assert signed_in(HTTP_X_FORWARDED_FOR="203.0.113.9, 198.51.100.7").get(SET_UP).status_code == 200
    assert StaffSignIn.objects.filter(ip="203.0.113.9").count() == 51


@pytest.mark.django_db(transaction=True)
def test_passwords_tried_at_once_count_one_another(together: Together) -> None:
    visitor = Visitor("203.0.113.9", "")
    begun = together(*[lambda: sign_in_begin(user=EMAIL, visitor=visitor)] * 16)
    assert sum(attempt is not None for attempt in begun) == 10
    assert Counter(outcomes()) == {"refused": 10, "locked_out": 1}


@pytest.mark.parametrize("agent", ["", "x" * 5000])
def test_odd_browsers_and_addresses_are_written_down_too(operator: StaffUser, agent: str) -> None:
    signed_in("wrong", "x" * 300 + "@y.example", HTTP_USER_AGENT=agent, REMOTE_ADDR="nowhere")
    signed_in("wrong", HTTP_USER_AGENT=agent, REMOTE_ADDR="nowhere")
    assert [(row.ip, row.agent) for row in StaffSignIn.objects.filter(email=EMAIL)] == [(None, agent[:200])]


def test_signing_out_is_written_down(operator: StaffUser) -> None:
    client = signed_in(REMOTE_ADDR="203.0.113.9")
    client.post("/admin/logout/")
    assert outcomes() == [SignInOutcome.ACCEPTED, SignInOutcome.SIGNED_OUT]
    assert {row.ip for row in StaffSignIn.objects.all()} == {"203.0.113.9"}
