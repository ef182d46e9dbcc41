"""The site that a request is for and the site that sends it, as browsers report them.

A web page may send requests to any address that its user reaches, also to this machine. Two checks
stop pages of other sites: the `Host` of a request must be a name of this server, because a page can
let its own name resolve to any address (DNS rebinding), and a POST of another site must have a
content type that browsers send only with permission (CORS), which this server never grants.
"""

import ipaddress
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from nlp_apps.server.request_error import RequestError, bad_request

_PORT = re.compile(r":\d*$")

Headers = Sequence[tuple[bytes, bytes]]


class AllowedHosts(NamedTuple):
    """The host names of a server.

    Attributes:
        names: Allowed names, in lower case.
        suffixes: Allowed endings, such as `.example.org` for `*.example.org`.
        every: Whether every name is allowed.
    """

    names: frozenset[str]
    suffixes: tuple[str, ...]
    every: bool

    @classmethod
    def of(cls, patterns: Iterable[str]) -> "AllowedHosts":
        """Returns localhost and the names of `--allowed-host`."""
        lower = [pattern.lower().rstrip(".") for pattern in patterns]
        return cls(
            frozenset({"localhost", *lower}),
            tuple(pattern[1:] for pattern in lower if pattern.startswith("*.")),
            "*" in lower,
        )

    def include(self, host: str) -> bool:
        """Returns whether a Host header, with or without a port, has an allowed name.

        An IP address is allowed: no page of another site can have it as its own name.
        """
        name = _PORT.sub("", host).lower().rstrip(".")
        if self.every or name in self.names or _is_address(name):
            return True
        return name.endswith(self.suffixes) if self.suffixes else False


def check_host(headers: Headers, allowed: AllowedHosts) -> None:
    """Checks the Host header; HTTP/1.0 needs none, and no browser omits it.

    Raises:
        RequestError: 400, there are several; 421, it is not a name of this server.
    """
    hosts = values(headers, b"host")
    if len(hosts) > 1:
        raise bad_request("The request has several Host headers.")
    if hosts and not allowed.include(hosts[0]):
        shown = hosts[0] if len(hosts[0]) <= 80 else hosts[0][:77] + "..."
        raise RequestError(
            421, f"This server has no name '{shown}'. Its names are set with --allowed-host."
        )


def check_site(method: str, headers: Headers) -> None:
    """Checks that a page of another site sends a POST only with permission of the browser.

    Raises:
        RequestError: 403, it is sent by another site and its content type is not JSON.
    """
    if method in ("GET", "HEAD") or not _is_cross_site(headers):
        return
    types = values(headers, b"content-type")
    if [kind.partition(";")[0].strip().lower() for kind in types] != ["application/json"]:
        raise RequestError(
            403, "A request of another site must have 'Content-Type: application/json'."
        )


def values(headers: Headers, name: bytes) -> list[str]:
    """Returns the values of every header of a name, which is in lower case."""
    return [value.decode("latin-1").strip() for key, value in headers if key == name]


def _is_cross_site(headers: Headers) -> bool:
    """Returns whether a browser reports that another site sends a request."""
    sites = values(headers, b"sec-fetch-site")
    if any(site not in ("same-origin", "none") for site in sites):
        return True
    hosts = values(headers, b"host")
    own = hosts[0].lower() if hosts else ""
    origins = values(headers, b"origin")
    return any(origin.lower().partition("://")[2] != own for origin in origins)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True
