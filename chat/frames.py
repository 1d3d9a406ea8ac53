"""What a client's frame may look like, and how many of them it may send (docs/live.md, Client to server)."""

import contextlib
import uuid
from collections import deque
from dataclasses import dataclass
from enum import Enum
from typing import Any, cast

from lifestring.errors import DomainError, ErrorCode, ValidationFailedError
from lifestring.parsing import check_storable, strict_json
from lifestring.text import unstorable

MAX_BYTES = 64 * 1024
MAX_REF_LENGTH = 64
UUID_LENGTH = 36
FRAMES_PER_SECOND = 20.0
# A client that comes back joins its rooms at once; only what goes on for seconds is too fast.
BURST = 40.0
MALFORMED_LIMIT = 5
MALFORMED_SECONDS = 60.0


class MalformedFrameError(DomainError):
    """Not a frame at all; a client that keeps sending such is disconnected."""

    code = ErrorCode.MALFORMED_JSON


class TooFastError(DomainError):
    """The frame came too soon after the others and was not done."""

    status, code, message = 429, ErrorCode.RATE_LIMITED, "Too many frames; slow down."


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame of a client.

    Args:
        raw: its UTF-8 text.
        data: the object in it.
        ref: what the client calls it, None where that is absent or unusable.
    """

    raw: bytes
    data: dict[str, Any]
    ref: str | None

    @property
    def type(self) -> str | None:
        """What the frame asks for; None where it does not say so in a string."""
        value = self.data.get("type")
        return value if isinstance(value, str) else None

    def check(self) -> None:
        """Refuse what no frame may hold, whatever its type.

        Raises:
            ValidationFailedError: an unusable `ref`, or text or numbers that cannot be stored.
        """
        check_storable(self.raw, self.data)
        if self.ref is None and self.data.get("ref") is not None:
            raise ValidationFailedError({"ref": [f"This must be a string of at most {MAX_REF_LENGTH} characters."]})

    def text(self, name: str) -> str:
        """Return a field that must be a string with something in it.

        Raises:
            ValidationFailedError: it is absent, empty or something else.
        """
        value = self.data.get(name)
        if not isinstance(value, str) or not value:
            raise ValidationFailedError({name: ["This field is required and must be a string."]})
        return value

    def id(self, name: str) -> uuid.UUID:
        """Return a field that must be a uuid.

        Raises:
            ValidationFailedError: it is absent or something else.
        """
        found = self.optional_id(name)
        if found is None:
            raise ValidationFailedError({name: ["This field is required and must be a uuid."]})
        return found

    def optional_id(self, name: str) -> uuid.UUID | None:
        """Return a field that may be absent or null, and is a uuid otherwise.

        Raises:
            ValidationFailedError: it is something else.
        """
        value = self.data.get(name)
        if value is None:
            return None
        if isinstance(value, str) and len(value) == UUID_LENGTH:
            with contextlib.suppress(ValueError):
                return uuid.UUID(value)
        raise ValidationFailedError({name: ["This must be a uuid."]})

    def number(self, name: str, most: int) -> int | None:
        """Return a field that may be absent or null, and is a whole number from 0 otherwise.

        Raises:
            ValidationFailedError: it is something else, or more than `most`.
        """
        value = self.data.get(name)
        if value is None:
            return None
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most:
            return value
        raise ValidationFailedError({name: [f"This must be a whole number from 0 to {most}."]})

    def flag(self, name: str) -> bool:
        """Return a field that must be true or false.

        Raises:
            ValidationFailedError: it is absent or something else.
        """
        value = self.data.get(name)
        if not isinstance(value, bool):
            raise ValidationFailedError({name: ["This field is required and must be true or false."]})
        return value


def read_frame(text: str | None) -> Frame:
    """Parse a frame; None stands for a binary one.

    Raises:
        MalformedFrameError: not text, too large, not JSON, or not an object.
        ValidationFailedError: JSON nested beyond what can be read.
    """
    if text is None:
        raise MalformedFrameError("Send text frames; binary ones are not understood.")
    if len(text) > MAX_BYTES or len(raw := text.encode()) > MAX_BYTES:
        raise MalformedFrameError(f"The frame is larger than {MAX_BYTES} bytes.", code=ErrorCode.PAYLOAD_TOO_LARGE)
    try:
        data = strict_json(raw)
    except ValueError as error:
        raise MalformedFrameError("The frame is not valid JSON.") from error
    if not isinstance(data, dict):
        raise MalformedFrameError("The frame is not a JSON object.")
    return Frame(raw, data, _usable_ref(data.get("ref")))


def _usable_ref(value: Any) -> str | None:
    usable = isinstance(value, str) and len(value) <= MAX_REF_LENGTH and not unstorable(value)
    return cast(str, value) if usable else None


class Pace(Enum):
    """What becomes of a frame by how fast it came."""

    FINE = "fine"
    TOO_FAST = "too fast"
    HOPELESS = "hopeless"


class Allowance:
    """What one socket may still send; times are seconds of any steady clock.

    Args:
        now: when it was opened.

    Frames are paid from a bucket that refills at 20 a second up to 40. In debt, frames are refused, and still count;
    who is 40 in debt has not slowed down for seconds.
    """

    __slots__ = ("_left", "_malformed", "_refilled_at")

    def __init__(self, now: float) -> None:
        self._left = BURST
        self._refilled_at = now
        self._malformed: deque[float] = deque(maxlen=MALFORMED_LIMIT)

    def spend(self, now: float) -> Pace:
        """Count one frame."""
        self._left = min(BURST, self._left + (now - self._refilled_at) * FRAMES_PER_SECOND) - 1
        self._refilled_at = now
        if self._left >= 0:
            return Pace.FINE
        return Pace.TOO_FAST if self._left >= -BURST else Pace.HOPELESS

    def malformed_too_often(self, now: float) -> bool:
        """Count one malformed frame; return whether it was the fifth within a minute."""
        self._malformed.append(now)
        return len(self._malformed) == MALFORMED_LIMIT and now - self._malformed[0] < MALFORMED_SECONDS
