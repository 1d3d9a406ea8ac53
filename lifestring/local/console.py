"""What local mode says at the terminal."""

import contextlib
import io
import sys
import time
from typing import TextIO

REMINDER_SECONDS = 5.0


class Console:
    """Lines with the seconds since the start. A terminal that went away is no reason to fail."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        if isinstance(self._stream, io.TextIOWrapper):
            # Under an encoding without an ellipsis a line is better ugly than lost.
            self._stream.reconfigure(errors="replace")
        self._started = time.monotonic()
        self._last = self._started
        self._doing = ""

    def plain(self, text: str) -> None:
        """Say something as it is."""
        self._last = time.monotonic()
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(text + "\n")
            self._stream.flush()

    def progress(self, text: str) -> None:
        """Say what happens now."""
        self._doing = text
        self.plain(f"[{time.monotonic() - self._started:5.1f} s] {text}")

    def remind(self) -> None:
        """Say again what happens, when nothing was said for a while."""
        if time.monotonic() - self._last > REMINDER_SECONDS:
            self.plain(f"[{time.monotonic() - self._started:5.1f} s] … still: {self._doing}")
