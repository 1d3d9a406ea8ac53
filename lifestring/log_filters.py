"""What the servers' logs call an error and what is one."""

import logging


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
