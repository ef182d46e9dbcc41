"""Predicts shards; every engine calls it in its worker processes."""

import importlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, Any

from nlp_apps.batch_inference.input_rows import InputRow, read_shard
from nlp_apps.batch_inference.output_folder import Counts, OutputFolder
from nlp_apps.batch_inference.row_languages import names_languages, with_languages
from nlp_apps.batch_inference.shard_plan import Shard
from nlp_apps.cli.app_description import App
from nlp_apps.cli.formatting import to_json
from nlp_apps.io.atomic_files import atomic_write
from nlp_apps.tasks.predictors import load_predictor
from nlp_apps.text.normalize import is_empty

REPORT_SECONDS = 0.5
"""Seconds between two reports of a worker."""

TOO_LONG = "longer than the model reads; --keep-too-long predicts the part that it reads"


@dataclass(frozen=True)
class Job:
    """The work of every worker.

    Attributes:
        model: path or name of the model.
        task: its task, which is the name of its app.
        output: the output folder.
        num_shards: number of all shards of the run.
        settings: keyword arguments of the app's `predict`.
        keep_too_long: whether a text that is longer than the model reads has a prediction, of the
            part that is read, and is no bad row.
        trust: load a SavedModel without a check of its operations.
        threads: threads of a worker; None: those that the runtime chooses.
    """

    model: str
    task: str
    output: str
    num_shards: int
    settings: Mapping[str, Any]
    keep_too_long: bool = False
    trust: bool = False
    threads: int | None = None


class ShardPredictor:
    """Predicts shards with a loaded model. A `.tflite` is loaded without TensorFlow.

    Args:
        job: the work.

    Raises:
        NlpAppsError: the model cannot be loaded.
    """

    def __init__(self, job: Job):
        self._job = job
        self._app = app_of(job.task)
        self._predictor = load_predictor(job.model, job.task, trust=job.trust, threads=job.threads)

    def run(self, shard: Shard, report: Callable[[int], object] = lambda rows: None) -> Counts:
        """Predicts a shard and writes its files, each in one piece.

        Args:
            shard: the shard.
            report: called with the number of rows so far.

        Raises:
            NlpAppsError: the input cannot be read, or the output cannot be written.
        """
        output, num_shards = OutputFolder(self._job.output), self._job.num_shards
        rows = read_shard(shard)
        dead = output.dead_letters(shard.index, num_shards)
        num_dead = 0
        reported = time.monotonic()
        with ExitStack() as files:
            # The file that was opened first appears last.
            part = _open(output.part(shard.index, num_shards), files)
            letters: IO[bytes] | None = None
            for number, (line, is_dead) in enumerate(self._lines(rows, shard), start=1):
                if is_dead:
                    letters = letters or _open(dead, files)
                    letters.write(line)
                    num_dead += 1
                else:
                    part.write(line)
                if time.monotonic() - reported >= REPORT_SECONDS:
                    report(number)
                    reported = time.monotonic()
        return Counts(len(rows) - num_dead, num_dead)

    def _lines(self, rows: list[InputRow], shard: Shard) -> Iterator[tuple[bytes, bool]]:
        """Yields the line of each row, and whether it is a dead letter."""
        codes: list[str] | None = None
        if names_languages(self._predictor, self._job.settings):
            rows, codes = with_languages(rows, self._predictor.targets, shard.file.path)
        heads = [_head(row, shard) for row in rows]
        chosen = [index for index, head in enumerate(heads) if head and self._has(rows[index])]
        predictions = self._predict(
            (rows[index].text for index in chosen),
            shard.first_row,
            {} if codes is None else {"to": [codes[index] for index in chosen]},
        )
        for row, head in zip(rows, heads, strict=True):
            problem = row.problem or ("" if head else "a value that JSON cannot hold")
            prediction: Mapping[str, Any] = {}
            if not problem:
                prediction = next(predictions) if self._has(row) else self._empty
                if prediction.get("too_long") and not self._job.keep_too_long:
                    problem = TOO_LONG
            if problem:
                letter = {"file": shard.file.path, "line": row.line, "reason": problem}
                yield _encode(to_json({**letter, "row": row.shown})), True
            else:
                # The head is an object without its last brace.
                yield _encode(f'{head}, "prediction": {to_json(prediction)}}}'), False

    @cached_property
    def _empty(self) -> Mapping[str, Any]:
        """The prediction of an empty text."""
        if self._app.empty_prediction is None:
            return {self._app.prediction_key: ""}
        other = next(iter(self._app.predict(self._predictor, ["a"], **self._job.settings)))
        return self._app.empty_prediction(other)

    def _has(self, row: InputRow) -> bool:
        """Checks whether a row has a text that the model predicts."""
        if row.problem:
            return False
        return self._app.predicts_empty_text or not is_empty(row.text)

    def _predict(
        self, texts: Iterable[str], first_row: int, by_row: Mapping[str, Any]
    ) -> Iterator[Mapping[str, Any]]:
        settings = {**self._job.settings, **by_row}
        if self._app.uses_text_index:
            settings["first_index"] = first_row
        return iter(self._app.predict(self._predictor, texts, **settings))


def app_of(task: str) -> App:
    """Returns the app of a task."""
    app: App = importlib.import_module(f"nlp_apps.{task}").APP
    return app


def _head(row: InputRow, shard: Shard) -> str:
    """Returns place and fields of a row as a JSON object without its last brace.

    An empty string is the head of a bad row, and of fields that are not UTF-8 or nested too deep.
    """
    if row.problem:
        return ""
    fields = {
        name: value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        for name, value in row.fields.items()
    }
    try:
        head = to_json({"file": shard.file.path, "line": row.line, "input": fields})
        head.encode()
    except (UnicodeEncodeError, RecursionError):
        return ""
    return head[:-1]


def _encode(line: str) -> bytes:
    return f"{line}\n".encode("utf-8", "backslashreplace")


def _open(path: Path, files: ExitStack) -> IO[bytes]:
    """Opens a file that appears when the files are closed."""
    temporary = files.enter_context(atomic_write(path))
    return files.enter_context(open(temporary, "wb"))
