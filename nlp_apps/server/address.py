"""The address that the server listens on, taken before anything slow begins."""

import ipaddress
import socket

from nlp_apps.errors import WorkError


def listen(host: str, port: int) -> socket.socket:
    """Takes an address; nobody can connect to it yet.

    Raises:
        WorkError: it is taken, or is not of this machine.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise WorkError(
            f"--host {host} --port {port}: cannot listen there: {reason}. Choose another."
        ) from error
    return listener


def address_of(listener: socket.socket) -> str:
    """The address of a socket, as a browser takes it."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def is_local(listener: socket.socket) -> bool:
    """Whether only this machine can reach a socket."""
    return ipaddress.ip_address(listener.getsockname()[0]).is_loopback
