"""What the person at the terminal asked for, and when the answer is no before anything was started."""

import argparse
import ipaddress
import os
import shutil
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lifestring.local.folder import RefusedError
from lifestring.local.ports import is_free
from lifestring.local.state import data_folder

NEEDED_BYTES = 500_000_000


@dataclass(frozen=True)
class Options:
    """How to run: where clients connect, the folder everything is kept in, and whether a demo takes a model's place."""

    host: str
    port: int
    data: Path
    expose: bool
    has_demo_model: bool = False


def _port(text: str) -> int:
    if text.isdecimal() and 1 <= int(text) <= 65535:
        return int(text)
    message = f"'{text}' is not a port: give a number from 1 to 65535"
    raise argparse.ArgumentTypeError(message)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of a local run."""
    parser.add_argument("--port", type=_port, default=8000, help="where the web service listens (8000)")
    parser.add_argument("--host", default="127.0.0.1", help="the address it listens on (127.0.0.1)")
    parser.add_argument("--data", type=Path, help="the folder everything is kept in (.lifestring)")
    parser.add_argument("--expose", action="store_true", help="allow a --host that other machines can reach")
    parser.add_argument(
        "--ai", choices=["demo"], help="demo: see the AI routes work without a key, no model, and it says so"
    )


def parse(argv: Sequence[str]) -> Options:
    """Read the command line. Raises SystemExit with 2 for one that makes no sense, as argparse does."""
    parser = argparse.ArgumentParser(prog="manage.py dev", description="Run Lifestring with its own servers.")
    add_arguments(parser)
    values = parser.parse_args(argv)
    data = values.data.expanduser().resolve() if values.data else data_folder()
    return Options(values.host, values.port, data, values.expose, has_demo_model=values.ai == "demo")


def _is_loopback(host: str) -> bool:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise RefusedError(f"'{host}' is not an address of this machine.") from None
    return all(ipaddress.ip_address(str(address[0]).partition("%")[0]).is_loopback for *_, address in found)


def check_mode(options: Options, variables: Mapping[str, str]) -> None:
    """Refuse to mix with a real Supabase project, and to offer known passwords to other machines unasked."""
    for name in ("DATABASE_URL", "SUPABASE_URL"):
        if variables.get(name):
            raise RefusedError(
                f"{name} is set (in the environment or .env), so this is no local mode: "
                "unset it, or start the services themselves as the README's deployment section says."
            )
    if not options.expose and not _is_loopback(options.host):
        raise RefusedError(
            f"{options.host} can be reached by other machines, and the demo accounts' passwords are public: "
            "add --expose if that is what you want."
        )


def check_port(host: str, port: int) -> None:
    """Refuse a port that somebody uses or that we may not use."""
    try:
        free = is_free(host, port)
    except PermissionError:
        raise RefusedError(f"Port {port} needs root's rights; choose one above 1023 with PORT=….") from None
    except OSError as error:
        raise RefusedError(f"Can not listen on {host}:{port}: {os.strerror(error.errno or 0)}.") from None
    if not free:
        raise RefusedError(f"Port {port} on {host} is in use by another program; choose another with PORT=….")


def check_disk(folder: Path, needed: int = NEEDED_BYTES) -> None:
    """Refuse to start where PostgreSQL would soon run out of disk; `needed` is in bytes.

    The folder need not exist yet.
    """
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(existing).free
    if free < needed:
        raise RefusedError(
            f"The disk of {folder} has {free // 1_000_000} MB free and {needed // 1_000_000} MB are needed: "
            "make room, or choose another folder with DATA=…."
        )
