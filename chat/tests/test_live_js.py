"""The JavaScript client of docs/examples, run by Node against a real server."""

import json
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from accounts.tests import node
from lifestring.testing.environment import PROJECT
from lifestring.testing.people import Person, make_token
from lifestring.testing.rooms import make_room
from lifestring.testing.web_servers import running

STORY = Path(__file__).parent / "live_js" / "story.mjs"
# Node has WebSocket of its own since 22, and before behind a switch.
WITH_SOCKETS = [] if node.version() >= 22 else ["--experimental-websocket"]


@pytest.fixture
def story(tmp_path: Path) -> Path:
    """The story beside the client, as a package of modules."""
    assert node.version() >= node.OLDEST, f"this needs Node {node.OLDEST} or newer"
    (tmp_path / "package.json").write_text('{"type": "module"}')
    shutil.copy(PROJECT / "docs" / "examples" / "live.js", tmp_path)
    return Path(shutil.copy(STORY, tmp_path))


@pytest.mark.django_db(transaction=True)
@pytest.mark.serial
@pytest.mark.xdist_group("serial")
def test_the_client_of_the_docs_hears_everything_once(alice: Person, bob: Person, story: Path) -> None:
    room_id = make_room(alice, bob)
    # Of the first token only its leeway is left.
    tokens = [make_token(alice.user_id, exp=int(time.time()) - 5), make_token(alice.user_id)]
    with running("uvicorn") as servers:
        api = f"http://127.0.0.1:{servers['uvicorn'].port}"
        done = subprocess.run(
            ["node", *WITH_SOCKETS, str(story)],
            env={"PATH": os.environ["PATH"], "API": api, "ROOM": str(room_id), "TOKENS": json.dumps(tokens)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert [seq for seq, _, _ in told["heard"]] == list(range(1, 126))
    texts = [text for _, _, text in told["heard"]]
    assert (texts[:2], sorted(texts[2:4]), texts[4], texts[-1]) == (
        ["early", "over REST"],
        ["missed", "while away"],
        "0",
        "at last",
    )
    assert told["said"][0] == 1
    assert texts[told["said"][1] - 1] == "while away"
    assert (told["asked"], told["refused"]) == (3, "validation_failed")
    assert "hole" not in told["notices"]
