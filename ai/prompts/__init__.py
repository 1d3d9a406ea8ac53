"""What models are told to be and to do: one text file each, the same for everybody, so that servers can keep it."""

from functools import cache
from pathlib import Path


@cache
def prompt(name: str) -> str:
    """Return the text of `<name>.md` beside this file."""
    return Path(__file__).with_name(f"{name}.md").read_text(encoding="utf-8").strip()
