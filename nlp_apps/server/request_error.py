"""What the server says instead of an answer: a status code and one sentence for the client."""


class RequestError(Exception):
    """A request that is refused, with words that are fit for whoever sent it.

    The message never holds a path of this machine, a traceback or another library's words.

    Attributes:
        status: HTTP status code; the same as TF Serving's where it has one for the case.
        message: What is wrong, where, and what to do.
        retry_after: Seconds after which asking again makes sense; None: it does not.
    """

    def __init__(self, status: int, message: str, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.retry_after = retry_after


def invalid(message: str) -> RequestError:
    """The request is wrong, and will be wrong again: 400."""
    return RequestError(400, message)
