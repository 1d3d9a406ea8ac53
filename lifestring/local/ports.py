"""TCP ports on this machine."""

import errno
import socket


def free_port(host: str = "127.0.0.1") -> int:
    """A port nobody listens on right now. Somebody may take it before its user does: be ready to ask again."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there.

    Raises PermissionError for a port only root may take and another OSError for a host that is not this machine.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as client:
        client.settimeout(1)
        # macOS lets two sockets bind where one of them listens on every address, so knock as well.
        if client.connect_ex(address) == 0:
            return False
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise
    return True
