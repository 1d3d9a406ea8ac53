"""`make reset`: stop what runs on a data folder and delete the folder, so that the next start begins anew."""

import sys
from collections.abc import Sequence
from pathlib import Path

from lifestring.local.cluster import Cluster
from lifestring.local.console import Console
from lifestring.local.folder import MARKER, Claim, RefusedError, holder, remove
from lifestring.local.options import parse
from lifestring.local.processes import LocalError, end
from lifestring.local.tidy import stop_everything

STOP_SECONDS = 45.0


def reset(data: Path, console: Console) -> None:
    """Stop a run on this folder, if any, then delete the folder and a cluster kept elsewhere for it.

    Raises RefusedError, and deletes nothing, when the folder was not made by local mode.
    """
    if not data.exists():
        console.plain(f"There is no {data}; nothing to reset.")
        return
    if not (data / MARKER).exists():
        raise RefusedError(f"{data} is not a data folder of Lifestring; nothing was deleted.")
    running = holder(data)
    if running:
        console.progress(f"Stopping the run on {data} (process {running.pid})")
        end([running], grace=STOP_SECONDS)
    claim = Claim.take(data, console)
    try:
        stop_everything(data)
        cluster = Cluster.read(data)
        if cluster:
            cluster.remove()
        remove(data)
    finally:
        claim.release()
    console.progress(f"Deleted {data}")


def main(argv: Sequence[str]) -> int:
    """Reset from a command line; returns the exit code."""
    try:
        reset(parse(argv).data, Console())
    except LocalError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0
