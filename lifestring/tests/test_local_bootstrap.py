"""tools/bootstrap.py: the set-up of a checkout, and the sentences for machines on which it can not be done."""

import ast
import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from lifestring.local.state import PROJECT

SOURCE = PROJECT / "tools" / "bootstrap.py"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout of nothing but the set-up, whose requirements are a single small package."""
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "bootstrap.py").write_text(SOURCE.read_text())
    (tmp_path / "requirements.txt").write_text("")
    (tmp_path / "requirements-local.txt").write_text("")
    (tmp_path / "requirements-tracing.txt").write_text("")
    (tmp_path / "requirements-dev.txt").write_text("-r requirements.txt\n")
    return tmp_path


@pytest.fixture
def bootstrap(checkout: Path) -> Iterator[ModuleType]:
    """The module, loaded for that checkout."""
    spec = importlib.util.spec_from_file_location("bootstrap", checkout / "tools" / "bootstrap.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(checkout: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(checkout), **variables}
    command = [sys.executable, str(checkout / "tools" / "bootstrap.py"), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=100)


def test_python_3_5_can_read_it() -> None:
    ast.parse(SOURCE.read_text(), feature_version=(3, 5))
    assert SOURCE.read_text().isascii()


def test_it_repairs_what_was_cut_off_and_installs_once(checkout: Path, bootstrap: ModuleType) -> None:
    (checkout / ".venv").mkdir()
    (checkout / ".venv" / "pyvenv.cfg").write_text("home = /nowhere\n")
    first = run(checkout, "run")
    assert first.returncode == 0, first.stderr
    assert "Making .venv anew" in first.stdout
    assert bootstrap.venv_works()
    assert run(checkout, "run").stdout == ""

    (checkout / "requirements.txt").write_text("no-such-package==1.0\n")
    missing = run(checkout, "run")
    assert missing.returncode == 2
    assert missing.stderr.startswith("There is no ready-made build of no-such-package==1.0 for Python")
    assert missing.stderr.count("\n") == 1
    # Nobody knows how far that came, so the next run begins afresh.
    assert not bootstrap.venv_works()


def test_a_wrong_word_is_answered_with_the_right_ones(checkout: Path) -> None:
    done = run(checkout, "everything")
    assert (done.returncode, done.stderr) == (2, "usage: bootstrap.py run|test\n")


def test_a_python_that_can_not_make_environments_is_named(checkout: Path) -> None:
    """As Debian's is without python3-venv; root has it installed, which here fails on purpose."""
    (checkout / "broken").mkdir()
    (checkout / "broken" / "ensurepip.py").write_text("raise ImportError('kept in another package')\n")
    apt = checkout / "broken" / "apt-get"
    apt.write_text("#!/bin/sh\necho no mirror answers; exit 100\n")
    apt.chmod(0o755)
    done = run(checkout, "run", PYTHONPATH=str(checkout / "broken"), PATH=f"{checkout / 'broken'}:{os.environ['PATH']}")
    assert done.returncode == 2
    package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    if os.geteuid() == 0:
        assert f"apt-get could not install {package}" in done.stderr
        assert "no mirror answers" in done.stderr
    else:
        assert done.stderr == f"Python can not make environments here yet; run: sudo apt-get install {package}\n"


def test_a_folder_in_the_way_is_left_alone(checkout: Path) -> None:
    (checkout / ".venv").mkdir()
    (checkout / ".venv" / "thesis.txt").write_text("years of work")
    done = run(checkout, "run")
    assert done.returncode == 2
    assert "is in the way" in done.stderr
    assert (checkout / ".venv" / "thesis.txt").exists()


def test_a_python_that_is_too_old_is_named(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    bootstrap.OLDEST = (9, 0)
    with pytest.raises(bootstrap.Problem, match=r"needs Python 9\.0 or newer, and .* is Python 3\."):
        bootstrap.choose_python()


def test_a_disk_without_room_is_named(bootstrap: ModuleType) -> None:
    bootstrap.require_space()
    bootstrap.NEEDED_BYTES = 10**18
    with pytest.raises(bootstrap.Problem, match="make room and run this again"):
        bootstrap.require_space()


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "is full"),
        ("WARNING: Retrying (Retry(total=2)) after connection broken by 'NewConnectionError'", "can not be reached"),
        ("ERROR: Could not install: [Errno 13] Permission denied: '/x/.venv/lib'", "can not be written by this user"),
        ("ERROR: No matching distribution found for orjson==3.13.0", "no ready-made build of orjson==3.13.0"),
    ],
)
def test_what_pip_says_becomes_one_sentence(bootstrap: ModuleType, output: str, sentence: str) -> None:
    assert sentence in bootstrap.explain("Collecting x\n" + output)
    assert bootstrap.explain("something nobody foresaw") is None


def test_the_sets_of_requirements_are_told_apart(bootstrap: ModuleType, checkout: Path) -> None:
    before = {kind: bootstrap.fingerprint(kind) for kind in ("run", "test")}
    (checkout / "requirements-dev.txt").write_text("x==1\n")
    assert bootstrap.fingerprint("run") == before["run"]
    assert bootstrap.fingerprint("test") != before["test"]
