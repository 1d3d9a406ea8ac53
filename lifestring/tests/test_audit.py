"""The tools that look for holes find some, and the list of what a release is made of is whole."""

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

from lifestring.testing.environment import PROJECT


def planted(*parts: str) -> str:
    """A secret in pieces, so that this file holds none."""
    return "".join(parts)


def test_a_secret_left_in_any_file_is_found(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("leaks", PROJECT / "tools" / "leaks.py")
    assert spec is not None
    assert spec.loader is not None
    leaks = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(leaks)
    secrets = {
        "a.py": planted("sb_", "secret_", "Zq3v0c2RkT1l6a0hXbkZ5"),
        "b.md": planted("eyJhbGciOiJIUzI1NiJ9", ".eyJyb2xlIjoic2VydmljZV9yb2xlIn0", ".c2lnbmF0dXJl"),
        "deep/c.yml": planted("postgresql://postgres:", "hunter2-and-more", "@db.example/x"),
        "d": planted("-----BEGIN ", "PRIVATE KEY-----"),
        "e.txt": planted("AKIA", "IOSFODNN7EXAMPLE"),
    }
    (tmp_path / "deep").mkdir()
    for name, secret in secrets.items():
        (tmp_path / name).write_text(f"first line\nvalue = '{secret}'\n")
    (tmp_path / "clean.py").write_text("password = 'change-me'\nurl = 'postgresql://u:change-me@h/x'\n")
    found = list(leaks.leaks(tmp_path))
    assert {place.partition(":")[0] for place in found} == set(secrets)
    assert all(place.split(":")[1] == "2" for place in found)
    assert not any(secret in place for secret in secrets.values() for place in found)


def test_the_list_of_parts_names_every_pinned_package(tmp_path: Path) -> None:
    sbom = tmp_path / "sbom.json"
    make = (PROJECT / "Makefile").read_text(encoding="utf-8")
    recipe = re.search(r"cyclonedx-py (requirements.*?)\$\(or", make, re.DOTALL)
    assert recipe is not None
    arguments = recipe[1].replace("\\\n", " ").split()
    subprocess.run([Path(sys.executable).parent / "cyclonedx-py", *arguments, sbom], cwd=PROJECT, check=True)
    document = json.loads(sbom.read_text())
    pins = (PROJECT / "requirements.txt").read_text(encoding="utf-8")
    pinned = set(re.findall(r"^([\w.-]+)(?:\[[\w,-]+\])?==([\w.]+)", pins, re.MULTILINE))
    assert len(pinned) > 50
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    assert {(part["name"], part["version"]) for part in document["components"]} == pinned
    assert all(part["purl"].startswith("pkg:pypi/") for part in document["components"])


def test_ci_runs_them() -> None:
    assert "make scan" in (PROJECT / ".ci" / "run").read_text(encoding="utf-8")
    workflows = [(PROJECT / ".github" / "workflows" / name).read_text() for name in ("ci.yml", "release.yml")]
    assert all("make audit" in workflow for workflow in workflows)
    assert "sbom" in workflows[1]
