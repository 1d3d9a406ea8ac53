"""What a running local mode tells other processes: where its servers are.

The supervisor writes `state.json` once its servers answer and removes it when it stops; the settings read it when
DATABASE_URL is unset, so every `manage.py` command works beside a running `make run` without any configuration.
This module is imported by the settings: it must not import Django.
"""

import contextlib
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from lifestring.local.files import read_json, write_private_json

PROJECT = Path(__file__).resolve().parents[2]


def data_folder() -> Path:
    """The folder local mode keeps everything in: LIFESTRING_DATA, or `.lifestring`, from where manage.py is."""
    return (PROJECT / (os.environ.get("LIFESTRING_DATA") or ".lifestring")).resolve()


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@dataclass(frozen=True)
class LocalState:
    """Where one running local mode answers.

    `database_url` and `redis_url` carry their passwords, so the file is readable by its owner only. `web_url` has no
    trailing slash. `supervisor_pid` is the process whose end makes all of this void. `demo_model_url` is where the demo in a
    model's place answers, empty without one.
    """

    data: Path
    database_url: str
    redis_url: str
    web_url: str
    supervisor_pid: int
    demo_model_url: str = ""

    @classmethod
    def read(cls, data: Path) -> Self | None:
        """The state of the local mode that runs on this data folder, or None when none does."""
        values = read_json(data / "state.json")
        if values is None:
            return None
        try:
            state = cls(
                data=data,
                database_url=str(values["database_url"]),
                redis_url=str(values["redis_url"]),
                web_url=str(values["web_url"]),
                supervisor_pid=int(values["supervisor_pid"]),
                demo_model_url=str(values.get("demo_model_url", "")),
            )
        except (KeyError, TypeError, ValueError):
            return None
        return state if _is_alive(state.supervisor_pid) else None

    def write(self) -> None:
        """Publish this state; a reader sees the old file or the new one, never a part."""
        write_private_json(self.data / "state.json", {**asdict(self), "data": str(self.data)})

    @staticmethod
    def remove(data: Path) -> None:
        """Take the state back; nothing happens when there is none."""
        with contextlib.suppress(FileNotFoundError):
            (data / "state.json").unlink()
