"""What the servers' logs call an error and what is one."""

import logging

# uvicorn closes such a socket with 1007, as it should, and logs it with a stack trace as if it were its own fault.
_CLIENT_FAULTS = ("Invalid UTF-8 sequence received from client.",)


class ClientFaultFilter(logging.Filter):
    """Turn a server's error about what a client sent into a line of information."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Lower the level where the record is about a client's fault; keep every record."""
        if record.msg in _CLIENT_FAULTS:
            record.levelno, record.levelname = logging.INFO, "INFO"
            record.exc_info = record.exc_text = None
        return True
