"""What `make run AI=demo` asks instead of a model: the stand-in for OpenAI with a voice that says what it is.

`python -m lifestring.testing.demo_model --port N` serves it on loopback until it is told to stop.
"""

import argparse
import json
import signal
from typing import Any

from lifestring.testing.openai_prompts import Prompt
from lifestring.testing.openai_server import serve_models

DEMO = "This is a demo: no model answers here, only a few rules over what Lifestring found."
TOKEN_SECONDS = 0.03
MAX_PASSAGES = 5
MAX_QUESTION = 120
MAX_TEXT = 160


def demo_voice(prompt: Prompt) -> str:
    """Say that it is a demo, and then what was found about the question."""
    question = _cut(prompt.question, MAX_QUESTION)
    found = [line for passage in prompt.passages[:MAX_PASSAGES] if (line := _line(passage))]
    if not found:
        return f"{DEMO} Nothing was found about “{question}”. With OPENAI_API_KEY set, a model would answer you."
    return "\n".join([f"{DEMO} About “{question}” there is:", *(f"- {line}" for line in found)])


def _line(passage: str) -> str:
    """One thing that was found, in a line; whatever has no known shape as it is."""
    try:
        thing: Any = json.loads(passage)
    except ValueError:
        return _cut(passage, MAX_TEXT)
    if not isinstance(thing, dict):
        return _cut(str(thing), MAX_TEXT)
    name = str(thing.get("title") or thing.get("name") or thing.get("by") or "")
    text = str(thing.get("text") or thing.get("about") or "")
    return ": ".join(part for part in (name, _cut(text, MAX_TEXT)) if part)


def _cut(text: str, most: int) -> str:
    words = " ".join(text.split())
    return words if len(words) <= most else f"{words[: most - 1]}…"


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(description="Answer like a model's server, on loopback, as a demo.")
    parser.add_argument("--port", type=int, required=True)
    stops = {signal.SIGTERM, signal.SIGINT}
    # Before any thread is there, so that each of them leaves the signals to the wait below.
    signal.pthread_sigmask(signal.SIG_BLOCK, stops)
    with serve_models(parser.parse_args().port) as server:
        server.remembers = False
        server.chat.voice = demo_voice
        server.chat.token_delay = TOKEN_SECONDS
        signal.sigwait(stops)


if __name__ == "__main__":
    main()
