"""The listening socket: bound before anything slow starts, so that a wrong port fails at once."""

import ipaddress
import socket

from nlp_apps.errors import WorkError


def bind(host: str, port: int, flag: str = "--port") -> socket.socket:
    """Returns a socket that is bound to an address and does not listen yet.

    Args:
        host: name or IP address.
        port: port; 0: a free one.
        flag: the flag of the port, for the error message.

    Raises:
        WorkError: the address is in use, or does not belong to this machine.
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
            f"--host {host} {flag} {port}: cannot listen: {reason}. Choose another address or port."
        ) from error
    return listener


def url_of(listener: socket.socket) -> str:
    """Returns the URL of a bound socket."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def is_loopback(listener: socket.socket) -> bool:
    """Returns whether only this machine can connect to a bound socket."""
    return ipaddress.ip_address(listener.getsockname()[0]).is_loopback
