"""What the servers' logs call an error and what is one, and what they must not hold."""

import logging
import re

_TOKEN = re.compile(r"([?&]token=)[^&\s\"']+", re.IGNORECASE)


class ClientFaultFilter(logging.Filter):
    """Turn a server's error about what a client sent into a line of information."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Lower the level where the record is about a client's fault; keep every record."""
        text = str(record.msg)
        # uvicorn closes the socket with 1007, as it should, and yet logs a stack trace as if the fault were its own.
        not_utf8 = text == "Invalid UTF-8 sequence received from client."
        # Daphne refuses the handshake, likewise.
        not_ascii = text.startswith("Traceback") and "in onConnect" in text and "UnicodeDecodeError" in text
        if not_utf8 or not_ascii:
            record.levelno, record.levelname = logging.INFO, "INFO"
            record.msg = "A client sent text that is none."
            record.args = record.exc_info = record.exc_text = None
        return True


class TokenFilter(logging.Filter):
    """Leave out the token of a calendar feed's address (docs/api.md, Events): whoever reads a log must not open it."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Hide tokens in message and arguments; keep every record."""
        record.msg = _hidden(record.msg)
        if isinstance(record.args, tuple):
            record.args = tuple(map(_hidden, record.args))
        return True


def _hidden(value: object) -> object:
    # Looking for one sign first is what each of thousands of lines a second can spare.
    return _TOKEN.sub(r"\1...", value) if isinstance(value, str) and "=" in value else value
