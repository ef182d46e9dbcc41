"""The engine of a Ray cluster: actors that predict the shards of the local engine.

Every machine of the cluster needs this package, the model and the input under the same paths, and a
file system with the output folder that all machines share.
"""

import logging
import os
from collections import Counter, deque
from collections.abc import Generator, Sequence
from typing import Any

from nlp_apps.batch_inference.engine_events import (
    MAX_RETRIES,
    Event,
    Failure,
    Finished,
    Progress,
    Ready,
)
from nlp_apps.batch_inference.output_folder import Counts
from nlp_apps.batch_inference.shard_plan import Shard
from nlp_apps.batch_inference.shard_predictor import Job, ShardPredictor
from nlp_apps.errors import WorkError, first_line
from nlp_apps.workers.ray_cluster import ray_cluster

logger = logging.getLogger(__name__)


class ShardActor:
    """Predicts shards in a process of Ray; errors are results, so that they keep their message.

    Args:
        job: the work.
        folder: the folder to which its paths are relative.
    """

    def __init__(self, job: Job, folder: str):
        os.chdir(folder)
        self._job = job
        self._predictor: ShardPredictor | None = None

    def load(self) -> Failure | None:
        """Loads the model."""
        try:
            self._predictor = ShardPredictor(self._job)
        except Exception as error:
            return Failure.of(error)
        return None

    def run(self, shard: Shard) -> Counts | Failure:
        """Predicts a shard."""
        assert self._predictor is not None
        try:
            return self._predictor.run(shard)
        except Exception as error:
            return Failure.of(error)


def run_ray(
    job: Job, shards: Sequence[Shard], processes: int, address: str | None
) -> Generator[Event, None, None]:
    """Predicts shards with actors.

    Args:
        job: the work.
        shards: the shards to predict.
        processes: number of actors; those that the cluster has no CPU for wait.
        address: address of a running cluster; None: a new one on this machine.

    Yields:
        The events; the first one is `Ready`.

    Raises:
        WorkError: the cluster cannot be reached.
        NlpAppsError: as `local_engine.run_local`.
    """
    with ray_cluster(address, num_cpus=processes, flag="--ray-address") as ray:
        yield from _Actors(ray, job, shards, processes).run()


class _Actors:
    """The actors of a run, seen from the process that started them."""

    def __init__(self, ray: Any, job: Job, shards: Sequence[Shard], processes: int):
        self._ray = ray
        self._job = job
        self._class = ray.remote(num_cpus=1)(ShardActor)
        self._queue = deque(shards)
        self._deaths: Counter[int] = Counter()
        # The result of a call that is awaited -> its actor, and its shard unless it loads.
        self._calls: dict[Any, tuple[Any, Shard | None]] = {}
        for _ in range(min(processes, len(shards))):
            self._start()

    def run(self) -> Generator[Event, None, None]:
        """Yields the events."""
        is_ready = False
        num_left = len(self._queue)
        while num_left:
            (reference,), _ = self._ray.wait(list(self._calls), num_returns=1)
            actor, shard = self._calls.pop(reference)
            try:
                result = self._ray.get(reference)
            except self._ray.exceptions.RayError as error:
                if shard is not None:
                    yield Progress(shard, 0)
                    self._queue.appendleft(shard)
                self._require_retries(shard, error)
                self._start()
                continue
            if isinstance(result, Failure):
                raise result.error()
            if shard is not None:
                num_left -= 1
                yield Finished(shard, result)
            elif not is_ready:
                is_ready = True
                yield Ready()
            if self._queue:
                following = self._queue.popleft()
                self._calls[actor.run.remote(following)] = (actor, following)

    def _start(self) -> None:
        actor = self._class.remote(self._job, os.getcwd())
        self._calls[actor.load.remote()] = (actor, None)

    def _require_retries(self, shard: Shard | None, error: Exception) -> None:
        """Counts the death of an actor.

        Raises:
            WorkError: actors died too often with this shard, or while they loaded the model.
        """
        index = -1 if shard is None else shard.index
        self._deaths[index] += 1
        work = "loading the model" if shard is None else f"predicting shard {index} ({shard.place})"
        if self._deaths[index] > MAX_RETRIES:
            raise WorkError(
                f"{self._deaths[index]} actors died {work}: {first_line(error)}. If memory was "
                "full, pass fewer --processes or --shard-rows."
            )
        logger.warning("an actor died %s; another one starts again", work)
