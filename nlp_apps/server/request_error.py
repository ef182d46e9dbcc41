"""Errors of the HTTP API: the exception, and the one place that writes its response."""

import json
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response


class RequestError(Exception):
    """A request that ends with an HTTP error.

    The message is for the client. It holds no path of this machine, no traceback and no message of
    another library.

    Attributes:
        status: HTTP status code; TF Serving's where TF Serving has the case.
        message: Place, rule, received value, and what to do.
        retry_after: Seconds after which a retry makes sense; None: it does not.
    """

    def __init__(self, status: int, message: str, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.retry_after = retry_after

    def bare(self) -> "RequestError":
        """Drops the traceback and the causes, whose frames hold the body and its objects.

        Returns:
            The error itself.
        """
        self.__traceback__ = self.__cause__ = self.__context__ = None
        return self

    def response(self, headers: Mapping[str, str] | None = None) -> Response:
        """Returns `{"error": message}`, with the headers that belong to the status."""
        by_status = {401: {"www-authenticate": "Bearer"}, 415: {"accept-encoding": "identity"}}
        all_headers = {**(headers or {}), **by_status.get(self.status, {})}
        if self.retry_after is not None:
            all_headers["retry-after"] = str(self.retry_after)
        body = json.dumps({"error": self.message})
        return Response(body, self.status, all_headers, media_type="application/json")


def bad_request(message: str) -> RequestError:
    """Returns a 400 error."""
    return RequestError(400, message)


def malformed_request(request: Request) -> RequestError:
    """Returns the 400 error for a path or method that does not exist, in TF Serving's words."""
    method = "GET" if request.method == "HEAD" else request.method
    return bad_request(f"Malformed request: {method} {request.url.path[:200]}")
