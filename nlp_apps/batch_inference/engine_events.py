"""Events of an engine, in the order in which they happen."""

from typing import NamedTuple

from nlp_apps.batch_inference.output_folder import Counts
from nlp_apps.batch_inference.shard_plan import Shard
from nlp_apps.errors import NlpAppsError, UsageError, WorkError, describe

MAX_RETRIES = 2
"""Times that a shard is predicted again after the death of its worker."""


class Ready(NamedTuple):
    """The first worker has loaded the model."""


class Progress(NamedTuple):
    """A worker has predicted a part of a shard.

    Attributes:
        shard: the shard.
        num_rows: number of its rows so far; 0 if its worker died.
    """

    shard: Shard
    num_rows: int


class Finished(NamedTuple):
    """The files of a shard are written.

    Attributes:
        shard: the shard.
        counts: the numbers of its rows.
    """

    shard: Shard
    counts: Counts


class Failure(NamedTuple):
    """An error of a worker, as it is sent to the process that started it.

    Attributes:
        message: the message.
        is_usage: whether it is a `UsageError`.
    """

    message: str
    is_usage: bool

    @classmethod
    def of(cls, error: BaseException) -> "Failure":
        """Returns the failure of an exception."""
        message = str(error) if isinstance(error, NlpAppsError) else describe(error)
        return cls(message.removeprefix("error: "), isinstance(error, UsageError))

    def error(self) -> NlpAppsError:
        """Returns the exception for the process that started the worker."""
        return UsageError(self.message) if self.is_usage else WorkError(self.message)


Event = Ready | Progress | Finished
