#!/usr/bin/env python3
# ruff: noqa: UP030, UP032 - any Python 3 must be able to read this file, to say that it is too old
"""Make .venv and install the pinned requirements into it, when that is not done yet.

`python3 tools/bootstrap.py run` installs what the product and its local servers need, `test` the development tools
too. Standard library only. Exit code 2 and one sentence when something outside is missing.
"""

import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import time

OLDEST = (3, 11)
# The newest Python that every pinned package has ready-made builds for; newer ones are tried when there is no other.
NEWEST_SURE = (3, 13)
NEEDED_BYTES = 900 * 1000 * 1000
PROJECT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(PROJECT, ".venv")
VENV_PYTHON = os.path.join(VENV, "bin", "python")
STAMP = os.path.join(VENV, "lifestring-installed.json")
UNFINISHED = os.path.join(VENV, "lifestring-unfinished")
SETS = {
    "run": ["requirements.txt", "requirements-local.txt"],
    "test": ["requirements.txt", "requirements-local.txt", "requirements-tracing.txt", "requirements-dev.txt"],
}
STARTED = time.time()


class Problem(Exception):  # noqa: N818 - what is wrong with the machine, said in one sentence
    """Something the person has to change; the text says what."""


def say(text: str) -> None:
    """Print one line of progress."""
    sys.stdout.write("[{0:5.1f} s] {1}\n".format(time.time() - STARTED, text))
    sys.stdout.flush()


def version_text(version: "tuple[int, ...]") -> str:
    """Return 3.11 for (3, 11)."""
    return ".".join(str(part) for part in version[:2])


def choose_python() -> None:
    """Go on in a Python that suits: this one, or the best pythonX.Y on PATH, whose process then replaces ours."""
    current = tuple(sys.version_info[:2])
    if OLDEST <= current <= NEWEST_SURE:
        return
    for minor in range(NEWEST_SURE[1], OLDEST[1] - 1, -1):
        other = shutil.which("python3.{0}".format(minor))
        # A version manager's stand-in may be there without the Python it stands for.
        if other and subprocess.call([other, "-c", ""], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0:
            os.execv(other, [other, os.path.abspath(__file__), *sys.argv[1:]])  # noqa: S606
    if current < OLDEST:
        raise Problem(
            "Lifestring needs Python {0} or newer, and {1} is Python {2}: install a newer one, run this again.".format(
                version_text(OLDEST), sys.executable, version_text(current)
            )
        )


def fingerprint(kind: str) -> str:
    """Return a hash of everything that decides what is installed for a set of requirements."""
    digest = hashlib.sha256(version_text(tuple(sys.version_info[:2])).encode("ascii"))
    for name in SETS[kind]:
        with open(os.path.join(PROJECT, name), "rb") as stream:
            digest.update(name.encode("ascii") + b"\0" + stream.read() + b"\0")
    return digest.hexdigest()


def installed() -> "dict[str, str]":
    """Return the fingerprint of each set that was installed to the end."""
    try:
        with open(STAMP) as stream:
            return dict(json.load(stream))
    except (OSError, ValueError):
        return {}


def venv_works() -> bool:
    """Say whether .venv is whole: its Python runs, has pip and suits, and no installation was cut off."""
    if not os.path.exists(VENV_PYTHON) or os.path.exists(UNFINISHED):
        return False
    code = "import sys, pip; sys.exit(0 if sys.version_info[:2] >= ({0}, {1}) else 1)".format(*OLDEST)
    try:
        return subprocess.call([VENV_PYTHON, "-c", code], stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def require_ensurepip() -> None:
    """Make sure that this Python can make environments: Debian and Ubuntu keep a part of it in a package apart."""
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        package = "python{0}-venv".format(version_text(tuple(sys.version_info[:2])))
        if not shutil.which("apt-get"):
            raise Problem("{0} has no ensurepip: install a complete Python.".format(sys.executable)) from None
        if os.geteuid() != 0:
            raise Problem(
                "Python can not make environments here yet; run: sudo apt-get install {0}".format(package)
            ) from None
        say("Installing Debian's package {0}, without which Python can not make environments".format(package))
        install_debian_package(package)


def install_debian_package(package: str) -> None:
    """Install a package as root, with apt's output kept for the case that it fails."""
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    for command in (["update"], ["install", "-y", "--no-install-recommends", package]):
        done = subprocess.Popen(
            ["apt-get", "-q", *command],  # noqa: S607
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
        )
        output = done.communicate()[0].decode("utf-8", "replace")
        if done.returncode != 0 and command[0] == "install":
            sys.stderr.write(output)
            raise Problem("apt-get could not install {0}; its output is above.".format(package))


def make_venv() -> None:
    """Make .venv, anew where a half-made one is in the way."""
    if os.path.isdir(VENV) and os.listdir(VENV) and not os.path.exists(os.path.join(VENV, "pyvenv.cfg")):
        raise Problem("{0} is in the way: it is no Python environment; move it elsewhere.".format(VENV))
    require_ensurepip()
    if os.path.exists(VENV):
        say("Making .venv anew: the one here is unfinished or does not fit")
        shutil.rmtree(VENV)
    else:
        say("Making .venv with Python {0}".format(version_text(tuple(sys.version_info[:2]))))
    done = subprocess.Popen(
        [sys.executable, "-m", "venv", VENV], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=PROJECT
    )
    output = done.communicate()[0].decode("utf-8", "replace")
    if done.returncode != 0:
        raise Problem(explain(output) or "Python could not make .venv:\n" + output)


def require_space() -> None:
    """Refuse early when the packages would not fit."""
    free = shutil.disk_usage(PROJECT).free
    if free < NEEDED_BYTES:
        raise Problem(
            "The disk of {0} has {1} MB free and the packages need {2} MB: make room and run this again.".format(
                PROJECT, free // 1000000, NEEDED_BYTES // 1000000
            )
        )


def explain(output: str) -> "str | None":
    """Turn what pip or venv printed into one sentence, for the failures a newcomer may meet."""
    if "No space left on device" in output:
        return "The disk of {0} is full: make room and run this again.".format(PROJECT)
    if re.search("Retrying|Max retries|NewConnectionError|name resolution|ConnectTimeout|ProxyError|SSLError", output):
        return "The Python package index can not be reached: check the network, or pip's proxy and index settings."
    if "Permission denied" in output:
        return "{0} can not be written by this user: it may belong to another one.".format(VENV)
    missing = re.search("No matching distribution found for ([^ \n]+)", output)
    if missing:
        return (
            "There is no ready-made build of {0} for Python {1} on {2} {3}, and nothing is compiled here: "
            "use a Python from {4} to {5} on Linux (glibc) or macOS.".format(
                missing.group(1),
                version_text(tuple(sys.version_info[:2])),
                platform.system(),
                platform.machine(),
                version_text(OLDEST),
                version_text(NEWEST_SURE),
            )
        )
    return None


def install(kind: str) -> None:
    """Install a set of requirements with pip, whose lines become progress."""
    say("Installing the pinned requirements (the first time this downloads some 150 MB)")
    command = [VENV_PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    command += ["--only-binary", ":all:", "--progress-bar", "off", "--retries", "3", "--timeout", "15"]
    for name in SETS[kind]:
        command += ["-r", name]
    open(UNFINISHED, "w").close()
    pip = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output = follow(pip)
    if pip.wait() != 0:
        raise Problem(explain(output) or "pip could not install the requirements:\n" + output[-3000:])
    done = installed()
    done.update((name, fingerprint(name)) for name in SETS if set(SETS[name]) <= set(SETS[kind]))
    with open(STAMP, "w") as stream:
        json.dump(done, stream)
    os.remove(UNFINISHED)
    say("The requirements are installed")


def follow(pip: "subprocess.Popen[bytes]") -> str:
    """Show what pip does about every two seconds; returns everything it printed."""
    lines, shown, count = [], time.time(), 0
    for raw in pip.stdout or ():
        line = raw.decode("utf-8", "replace").rstrip()
        lines.append(line)
        count += line.startswith("Collecting ")
        installing = line.startswith("Installing collected packages")
        if installing or (line.startswith("Collecting ") and time.time() - shown > 2):
            say("Unpacking {0} packages".format(count) if installing else line.split(" (from")[0])
            shown = time.time()
    return "\n".join(lines)


def bootstrap(kind: str) -> None:
    """Bring .venv up to date; runs beside each other wait for the one that came first."""
    import fcntl

    choose_python()
    with open(os.path.abspath(__file__)) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say("Waiting for another set-up of this checkout")
            fcntl.flock(lock, fcntl.LOCK_EX)
        whole = venv_works()
        if whole and installed().get(kind) == fingerprint(kind):
            return
        require_space()
        if not whole:
            make_venv()
        install(kind)


def main() -> int:
    """Run from the command line."""
    if len(sys.argv) != 2 or sys.argv[1] not in SETS:
        sys.stderr.write("usage: bootstrap.py run|test\n")
        return 2
    try:
        bootstrap(sys.argv[1])
    except Problem as problem:
        sys.stderr.write("{0}\n".format(problem))
        return 2
    except OSError as error:
        sys.stderr.write("{0}\n".format(explain(str(error)) or "The set-up failed: {0}".format(error)))
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("\nInterrupted; the next run goes on from here.\n")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
