"""Answers pinned by files, name for name: what the frontend reads (docs/api.md, Shapes the web frontend reads)."""

import json
import re
from pathlib import Path
from typing import Any

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


def assert_golden(test_file: str, name: str, body: Any) -> None:
    """Fail unless a JSON answer is the one in `golden/<name>.json` beside the test, key order included.

    Ids and times, which differ from run to run, stand there as `<uuid>` and `<time>`.

    Args:
        test_file: the test's `__file__`.
        name: the file's name without its end.
        body: the parsed answer.
    """
    path = Path(test_file).parent / "golden" / f"{name}.json"
    found = json.dumps(body, indent=2, ensure_ascii=False)
    found = _TIME.sub("<time>", _UUID.sub("<uuid>", found)) + "\n"
    expected = path.read_text(encoding="utf-8") if path.exists() else "there is no such file\n"
    assert found == expected, f"{path} differs from the answer, which is:\n{found}"
