"""Connections of their own, for bytes that no HTTP client sends."""

import contextlib
import json
import socket
from typing import Any


def connected(url: str) -> socket.socket:
    """Opens a connection."""
    host, port = url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=60)


def read_response(connection: socket.socket) -> tuple[bytes, Any]:
    """Returns status line and JSON of a response after which the server closes."""
    response = b""
    with contextlib.suppress(ConnectionResetError):  # Some bytes were not read.
        while part := connection.recv(65_536):
            response += part
    head, _, body = response.partition(b"\r\n\r\n")
    return head.splitlines()[0], json.loads(body)
