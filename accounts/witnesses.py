"""What staff do to somebody's account or profile, told within the same transaction to whoever writes it down.

The trail is an app further up, which accounts knows nothing of; it registers here. One's own acts are told to nobody.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from accounts.callers import Caller


@dataclass(frozen=True, slots=True)
class Deed:
    """One act.

    Args:
        caller: who does it.
        action: what, as `<entity>.<past participle>`.
        user_id: to whom.
        why: what they say about it.
        before: what there was, by name, as text.
        after: what there is, likewise.
    """

    caller: Caller
    action: str
    user_id: uuid.UUID
    why: str = ""
    before: Mapping[str, str] = field(default_factory=dict)
    after: Mapping[str, str] = field(default_factory=dict)


Witness = Callable[[Deed], None]
_witnesses: list[Witness] = []


def register_witness(witness: Witness) -> None:
    """Have this called of every act, inside its transaction."""
    if witness not in _witnesses:
        _witnesses.append(witness)


def tell_witnesses(deed: Deed) -> None:
    """Tell of an act, unless it is somebody's own affair."""
    if deed.caller.user_id != deed.user_id:
        for witness in _witnesses:
            witness(deed)
