"""The process that tidies up when a supervisor is killed and can not do it itself.

`python -m lifestring.local.guard DATA` waits for the end of its standard input, whose other end only the supervisor
holds. After an orderly stop the supervisor says so first; without that word everything of the folder is stopped. It
holds the folder's claim meanwhile, in a session of its own, where no Ctrl-C arrives.
"""

import signal
import subprocess
import sys
from pathlib import Path

from lifestring.local.state import PROJECT

DONE = b"done"


class Guard:
    """The supervisor's handle on its guard."""

    def __init__(self, data: Path, claim: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "lifestring.local.guard", str(data)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=PROJECT,
            pass_fds=[claim],
            start_new_session=True,
        )

    def dismiss(self) -> None:
        """Everything is stopped: let the guard go home."""
        try:
            self._process.communicate(DONE, timeout=10)
        except (subprocess.TimeoutExpired, BrokenPipeError):
            self._process.kill()
            self._process.wait()


def main() -> None:
    """Run as the guard."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    if sys.stdin.buffer.read() == DONE:
        return
    # Imported only now: the guard waits for hours and should weigh little meanwhile.
    from lifestring.local.tidy import stop_everything

    stop_everything(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
