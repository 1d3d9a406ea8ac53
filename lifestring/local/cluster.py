"""Where one data folder's PostgreSQL cluster lives, and under which account.

Usually that is `DATA/postgres`, owned by whoever runs local mode. As root, PostgreSQL runs under another account, which
may be unable to enter DATA (a checkout below /root); then the cluster goes to a folder it can enter, remembered in
DATA. Permissions of folders that are not ours are never changed.
"""

import contextlib
import hashlib
import os
import pwd
import secrets
import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from lifestring.local.files import read_json, write_private_json
from lifestring.local.processes import Account, LocalError, can_run, unprivileged_account

OUTSIDE = Path("/var/lib/lifestring")


def _can_enter(folder: Path, account: Account | None) -> bool:
    return can_run(["/bin/sh", "-c", 'cd "$1"', "sh", folder], account)


def _make_enterable(folder: Path) -> Path:
    """Make a folder of ours that other accounts may pass through but not list."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711)
    return folder


def _choose_home(data: Path, account: Account | None) -> Path:
    inside = data / "postgres"
    inside.mkdir(exist_ok=True)
    if account is None:
        return inside
    _make_enterable(inside)
    if _can_enter(inside, account):
        return inside
    inside.rmdir()
    name = hashlib.sha256(os.fsencode(data)).hexdigest()[:16]
    with contextlib.suppress(OSError):
        _make_enterable(OUTSIDE)
        home = OUTSIDE / name
        # What an earlier data folder of this path left behind there belongs to nobody any more.
        shutil.rmtree(home, ignore_errors=True)
        if _can_enter(_make_enterable(home), account):
            return home
    # mkdtemp makes one that nobody else could have made before.
    home = _make_enterable(Path(tempfile.mkdtemp(prefix="lifestring-", dir="/var/tmp")))  # nosec B108
    if _can_enter(home, account):
        return home
    home.rmdir()
    raise LocalError(f"Found no folder that {account.name}, who runs PostgreSQL for root, may enter.")


@dataclass(frozen=True)
class Cluster:
    """One data folder's cluster: `home` holds it (and copied programs), `port` and `password` open it."""

    data: Path
    home: Path
    port: int
    password: str

    @classmethod
    def read(cls, data: Path) -> Self | None:
        """The cluster this data folder remembers, or None before the first start."""
        values = read_json(data / "postgres.json")
        if values is None:
            return None
        try:
            return cls(data, Path(values["home"]), int(values["port"]), str(values["password"]))
        except (KeyError, TypeError, ValueError):
            raise LocalError(f"{data / 'postgres.json'} is damaged; `make reset` starts over.") from None

    @classmethod
    def create(cls, data: Path, port: int) -> Self:
        """Choose a place and a password for a new cluster and remember them."""
        cluster = cls(data, _choose_home(data, unprivileged_account()), port, secrets.token_urlsafe(24))
        cluster.write()
        return cluster

    def write(self) -> None:
        """Remember this cluster in the data folder."""
        values = {"home": str(self.home), "port": self.port, "password": self.password}
        write_private_json(self.data / "postgres.json", values)

    def with_port(self, port: int) -> Self:
        """This cluster on another port, remembered."""
        moved = replace(self, port=port)
        moved.write()
        return moved

    @property
    def folder(self) -> Path:
        """PostgreSQL's own data directory."""
        return self.home / "cluster"

    @property
    def url(self) -> str:
        """The connection URL of the database, password included."""
        return f"postgresql://postgres:{self.password}@127.0.0.1:{self.port}/postgres"

    def account(self) -> Account | None:
        """The account its server runs under, None for our own: as root, the cluster's owner."""
        try:
            owner = self.folder.stat()
        except FileNotFoundError:
            return unprivileged_account()
        if os.geteuid() != 0 or owner.st_uid == 0:
            return unprivileged_account()
        try:
            name = pwd.getpwuid(owner.st_uid).pw_name
        except KeyError:
            name = f"user {owner.st_uid}"
        return Account(name, owner.st_uid, owner.st_gid)

    def remove(self) -> None:
        """Delete the cluster, wherever it lives, and forget it. Its server must be stopped."""
        shutil.rmtree(self.home, ignore_errors=True)
        (self.data / "postgres.json").unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            OUTSIDE.rmdir()
