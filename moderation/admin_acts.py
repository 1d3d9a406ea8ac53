"""What a moderator does with one case or many: from a form to the service, and from what it says to a message."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping

from django.contrib import messages
from django.http import HttpRequest, QueryDict

from accounts.callers import Caller
from lifestring.errors import DomainError
from moderation import services
from moderation.bulk import each

# A form's button, and for how many days it suspends; None is for good.
SUSPENSIONS: dict[str, int | None] = {"suspend-1": 1, "suspend-7": 7, "suspend-30": 30, "suspend-0": None}
DONE = {
    "claim": "You work on it now",
    "release": "Free for others again",
    "hand-over": "Handed over",
    "note": "Noted",
    "dismiss": "Dismissed",
    "remove": "Removed; it can be put back from the case's page",
    "restore": "Put back",
    "warn": "Warned",
    "suspend-1": "Suspended for 1 day",
    "suspend-7": "Suspended for 7 days",
    "suspend-30": "Suspended for 30 days",
    "suspend-0": "Suspended for good",
}
MOST_AT_ONCE = 50

Act = Callable[[uuid.UUID, int], int]


def chosen_cases(form: QueryDict) -> dict[uuid.UUID, int]:
    """Return the cases a form names, with the version that was on the page; what is no case is left out."""
    found: dict[uuid.UUID, int] = {}
    for text in form.getlist("case")[:MOST_AT_ONCE]:
        given, _, version = text.partition(":")
        try:
            found[uuid.UUID(given)] = min(int(version), 2**31 - 1)
        except ValueError:
            continue
    return found


def act_on(request: HttpRequest, caller: Caller, cases: Mapping[uuid.UUID, int]) -> bool:
    """Do what the form's button says to each of the cases, and tell what became of it; returns whether all were done."""
    name = request.POST.get("act", "")
    act = _act(name, caller, request.POST)
    if act is None or not cases:
        messages.error(request, "Choose a case and what to do with it.")
        return False
    result = each(cases, act)
    if result.done:
        count = f" ({len(result.done)} cases)" if len(cases) > 1 else ""
        messages.success(request, f"{DONE[name]}{count}.")
    for message in sorted(set(result.refused.values())):
        times = sum(message == other for other in result.refused.values())
        messages.error(request, message if len(cases) == 1 else f"{times} of {len(cases)}: {message}")
    return not result.refused


def note_on(request: HttpRequest, caller: Caller, case_id: uuid.UUID) -> None:
    """Add a note to a case."""
    try:
        services.case_note(caller=caller, case_id=case_id, text=_text(request.POST, "text"))
    except DomainError as error:
        messages.error(request, error.message)


def _act(name: str, caller: Caller, form: QueryDict) -> Act | None:
    why, message = _text(form, "why"), _text(form, "message")
    acts: dict[str, Act] = {
        "claim": lambda case_id, version: services.case_claim(caller=caller, case_id=case_id, version=version),
        "release": lambda case_id, version: services.case_release(caller=caller, case_id=case_id, version=version),
        "hand-over": lambda case_id, version: services.case_hand_over(
            caller=caller, case_id=case_id, version=version, to=_to(form)
        ),
        "note": lambda case_id, version: _noted(caller, case_id, version, _text(form, "text")),
        "dismiss": lambda case_id, version: services.case_dismiss(
            caller=caller, case_id=case_id, version=version, why=why
        ),
        "remove": lambda case_id, version: services.case_remove(
            caller=caller, case_id=case_id, version=version, why=why
        ),
        "restore": lambda case_id, version: services.case_restore(
            caller=caller, case_id=case_id, version=version, why=why
        ),
        "warn": lambda case_id, version: services.case_warn(
            caller=caller, case_id=case_id, version=version, message=message, why=why
        ),
    }
    if name in SUSPENSIONS:
        days = SUSPENSIONS[name]
        return lambda case_id, version: services.case_suspend(
            caller=caller, case_id=case_id, version=version, days=days, message=message, why=why
        )
    return acts.get(name)


def _noted(caller: Caller, case_id: uuid.UUID, version: int, text: str) -> int:
    services.case_note(caller=caller, case_id=case_id, text=text)
    return version


def _to(form: QueryDict) -> uuid.UUID:
    try:
        return uuid.UUID(form.get("to", ""))
    except ValueError:
        return uuid.UUID(int=0)


def _text(form: QueryDict, name: str) -> str:
    """What somebody typed, as the database can hold it."""
    return (form.get(name) or "").replace("\0", "").replace("\r\n", "\n").strip()[:2000]
