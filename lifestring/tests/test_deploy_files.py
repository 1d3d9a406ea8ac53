"""What deploy/ gives to platforms agrees with the image and the configuration (docs/deploy.md)."""

import os
import re
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from lifestring.testing.environment import PROJECT
from lifestring.tests.test_config import PRODUCTION
from lifestring.tests.test_env_example import example

CLOUDRUN = PROJECT / "deploy" / "cloudrun"
COMPOSE = PROJECT / "deploy" / "compose"
NAMES = ("migrate", "worker", "web")
WORDS = set(re.findall(r"^(\w+)\)$", (PROJECT / "deploy" / "entrypoint.sh").read_text(), re.MULTILINE))


def containers(path: Path) -> list[dict[str, Any]]:
    spec = yaml.safe_load(path.read_text())["spec"]["template"]["spec"]
    found: list[dict[str, Any]] = spec.get("template", {}).get("spec", spec)["containers"]
    return found


@pytest.mark.parametrize("name", NAMES)
def test_every_container_is_told_what_production_must_be_told(name: str):
    for container in containers(CLOUDRUN / f"{name}.yaml"):
        names = [one["name"] for one in container["env"]]
        assert set(PRODUCTION) <= set(names), container
        assert set(names) <= set(example()), container
        assert len(names) == len(set(names)), container
        assert set(container["args"]) <= WORDS, container


def test_secrets_come_from_the_secret_manager_and_from_nowhere_else():
    secret = re.compile("KEY|URL|TOKEN|SECRET")
    for name in NAMES:
        for container in containers(CLOUDRUN / f"{name}.yaml"):
            for one in container["env"]:
                if secret.search(one["name"]) and one["name"] != "PUBLIC_URL":
                    assert "secretKeyRef" in one["valueFrom"], one


@pytest.fixture
def platform(tmp_path: Path) -> Path:
    """A gcloud that writes down what it is asked, and keeps the files it is given."""
    gcloud = tmp_path / "gcloud"
    gcloud.write_text(
        '#!/bin/sh\necho "$@" >> "$CALLS"\n'
        'for word in "$@"; do case "$word" in *.yaml) cat "$word" >> "$CALLS.files";; esac; done\n'
        'case "$*" in *"$BROKEN"*) exit 1;; esac\n'
    )
    gcloud.chmod(gcloud.stat().st_mode | stat.S_IXUSR)
    return tmp_path


def release(platform: Path, broken: str = "nothing at all") -> tuple[int, list[str]]:
    variables = {
        "PATH": f"{platform}:{os.environ['PATH']}",
        "CALLS": str(platform / "calls"),
        "BROKEN": broken,
        "PROJECT": "a-project",
        "REGION": "europe-west1",
        "HOST": "api.example.com",
        "IMAGE": "registry/x:v1",
    }
    done = subprocess.run([str(CLOUDRUN / "apply.sh")], env=variables, capture_output=True, check=False)
    return done.returncode, (platform / "calls").read_text().splitlines()


def test_a_release_migrates_before_anything_else_moves(platform: Path):
    code, calls = release(platform)
    assert code == 0
    assert [" ".join(call.split()[1:3]) for call in calls] == [
        "jobs replace",
        "jobs execute",
        "services replace",
        "services replace",
    ]
    assert "--wait" in calls[1]
    filled = (platform / "calls.files").read_text()
    assert not re.search(r"\b(PROJECT|IMAGE|HOST)\b(?!S)", re.sub(r"^#.*$", "", filled, flags=re.MULTILINE))
    assert filled.count("image: registry/x:v1") == 4
    assert "https://api.example.com" in filled


def test_a_migration_that_fails_stops_the_release(platform: Path):
    code, calls = release(platform, broken="jobs execute")
    assert code != 0
    assert len(calls) == 2


def test_the_one_host_runs_the_same_things_as_the_image():
    services = yaml.safe_load((COMPOSE / "compose.yaml").read_text())["services"]
    commands = {
        word for service in services.values() if service.get("image") == "lifestring" for word in service["command"]
    }
    assert commands == {"migrate", "web", "worker", "scheduler"}
    names = {name for service in services.values() for name in service.get("environment", {})}
    assert names <= set(example())
    # Only the proxy is reached from outside, and it alone is believed.
    assert [name for name, service in services.items() if "ports" in service] == ["proxy"]
    assert "reverse_proxy web:8000" in (COMPOSE / "Caddyfile").read_text()
