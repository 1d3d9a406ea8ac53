"""What the page of a person tells of them: each app registers its part, since accounts knows nothing of other apps."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

# Of each list on the page; the rest is a link away.
SHOWN = 8


class Line(NamedTuple):
    """One thing in a panel.

    Args:
        text: what it is.
        at: when it was.
        address: of its own page, empty where it has none.
        note: a word or two beside it.
        key: the id of what the panel's form may act on, empty where there is nothing to be done about it.
    """

    text: str
    at: datetime | None = None
    address: str = ""
    note: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """One part of the page.

    Args:
        name: of this part, for the page itself.
        title: what stands above it.
        lines: reads the newest of a person, one more than `SHOWN` where there are more; one query, or two.
        more: the address of all of them, given the person's id.
        admins_only: moderators do not see it.
        form: a template that is shown below the lines, with what may be done about them.
        place: among the others.
    """

    name: str
    title: str
    lines: Callable[[uuid.UUID], Sequence[Line]]
    more: Callable[[uuid.UUID], str] | None = None
    admins_only: bool = False
    form: str = ""
    place: int = 50


_panels: dict[str, Panel] = {}


def register_panel(*panels: Panel) -> None:
    """Have these parts on every person's page."""
    _panels.update({panel.name: panel for panel in panels})


def registered_panels() -> list[Panel]:
    """Return the parts in the order they are shown in."""
    return sorted(_panels.values(), key=lambda panel: (panel.place, panel.name))
