"""The open connections: bounds in all and per address, and deadlines of the client.

A server without these bounds is stopped by clients that are slow instead of wrong: they connect and
send nothing, send a head byte by byte, or never read.
"""

import asyncio
import ipaddress
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from nlp_apps.server.limits import Limits

MIN_PROGRESS = 64 * 1024
"""Bytes of a response that a client must read within `write_timeout`; fewer if it is the rest."""


@dataclass(eq=False)
class Connection:
    """The state of one connection, as far as its bounds need it.

    Attributes:
        transport: The connection's transport.
        address: IPv4 address or IPv6 network of the client.
        on_late_head: Called when the head is late; it closes the connection.
        awaited_since: Time since when a request head is awaited; None: none is, or the connection
            is idle between two requests.
        is_idle: Whether no request is handled.
        has_place: Whether a predict request is handled, one of `max_requests`.
        unsent: Bytes that the client had not read at `unsent_since`.
        unsent_since: Time of `unsent`; None: the client has read everything since.
    """

    transport: asyncio.Transport
    address: str
    on_late_head: Callable[[], None]
    awaited_since: float | None
    is_idle: bool = True
    has_place: bool = False
    unsent: int = 0
    unsent_since: float | None = None

    def is_unread(self, now: float, timeout: float) -> bool:
        """Measures how far the client has read, and returns whether it is too slow."""
        size = self.transport.get_write_buffer_size()
        if size == 0:
            self.unsent_since = None
        elif self.unsent_since is None or size <= self.unsent - MIN_PROGRESS:
            self.unsent, self.unsent_since = size, now
        else:
            return now - self.unsent_since > timeout
        return False

    def is_late(self, now: float, timeout: float) -> bool:
        """Returns whether an awaited head is late."""
        return (
            self.is_idle and self.awaited_since is not None and now - self.awaited_since > timeout
        )


class ConnectionTable:
    """The open connections of a server.

    Args:
        limits: `max_connections`, `max_connections_per_address`, `head_timeout`, `write_timeout`.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._max_connections = limits.max_connections
        self._by_address: dict[str, dict[Connection, None]] = {}  # Oldest first.
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def lower(self, max_connections: int) -> None:
        """Lowers the bound of all connections, for a process with few file descriptors."""
        self._max_connections = min(self._max_connections, max_connections)

    def admit(self, connection: Connection) -> bool:
        """Adds a new connection, if necessary in the place of another.

        A connection without a predict request is closed for it: first an idle one, then the oldest.
        It belongs to the same address if that address has reached its own bound, otherwise to the
        address with the most connections.

        Returns:
            Whether it was added. False: every other connection has a predict request.
        """
        own = self._by_address.get(connection.address, {})
        if len(own) >= self._limits.max_connections_per_address:
            victim = _least_useful(own)
        elif self._size >= self._max_connections:
            groups = sorted(self._by_address.values(), key=len, reverse=True)
            victim = next(filter(None, map(_least_useful, groups)), None)
        else:
            self._add(connection)
            return True
        if victim is None:
            return False
        self.remove(victim)
        victim.transport.abort()
        self._add(connection)
        return True

    def remove(self, connection: Connection) -> None:
        """Removes a connection that is closed; no effect if it is not in the table."""
        group = self._by_address.get(connection.address, {})
        if connection in group:
            del group[connection]
            self._size -= 1
            if not group:
                del self._by_address[connection.address]

    def sweep(self, now: float) -> None:
        """Closes connections whose client is too slow.

        Args:
            now: the time of the event loop, in seconds.
        """
        for connection in [one for group in self._by_address.values() for one in group]:
            if connection.is_unread(now, self._limits.write_timeout):
                connection.transport.abort()
            elif connection.is_late(now, self._limits.head_timeout):
                connection.on_late_head()

    def _add(self, connection: Connection) -> None:
        self._by_address.setdefault(connection.address, {})[connection] = None
        self._size += 1


def client_network(transport: asyncio.BaseTransport) -> str:
    """Returns the address of the connected client; of IPv6 its network, which has one user."""
    peer = transport.get_extra_info("peername")
    try:
        address = ipaddress.ip_address(peer[0].partition("%")[0])
    except (TypeError, ValueError, IndexError, AttributeError):  # Disconnected, or no IP socket.
        return ""
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    mapped = address.ipv4_mapped
    return str(mapped or ipaddress.ip_network((address, 64), strict=False))


def _least_useful(connections: Iterable[Connection]) -> Connection | None:
    """Returns the oldest idle connection, or the oldest without a predict request."""
    without_place = None
    for connection in connections:
        if connection.is_idle and connection.transport.get_write_buffer_size() == 0:
            return connection
        if without_place is None and not connection.has_place:
            without_place = connection
    return without_place
