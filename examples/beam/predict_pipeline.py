"""A Beam pipeline that predicts lines of text: `python predict_pipeline.py MODEL INPUT OUTPUT`.

Beam's own handlers of TensorFlow load models with `keras.models.load_model`, which Keras 3 refuses
for a SavedModel (github.com/apache/beam/issues/30616). `PredictorHandler` loads every kind of model
of nlp_apps. Further arguments are options of Beam, such as `--runner` and `--temp_location`.
"""

import argparse
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import apache_beam as beam
from apache_beam.io.filesystems import FileSystems
from apache_beam.ml.inference.base import ModelHandler, PredictionResult, RunInference
from apache_beam.options.pipeline_options import PipelineOptions

import nlp_apps

BATCH_SIZE = 256
"""Maximum number of texts of one call of the model."""


class PredictorHandler(ModelHandler[str, PredictionResult, Any]):
    """Predicts texts with a run folder, a SavedModel, a `.tflite` or an `.onnx`.

    Args:
        model: path of the model, which every worker has.
    """

    def __init__(self, model: str):
        self._model = model

    def load_model(self) -> Any:
        """Loads the model; Beam does so once per process."""
        return nlp_apps.load(self._model)

    def run_inference(
        self,
        batch: Sequence[str],
        model: Any,
        inference_args: dict[str, Any] | None = None,
    ) -> Iterable[PredictionResult]:
        """Predicts a batch of texts."""
        for text, found in zip(batch, model.predict(batch), strict=True):
            yield PredictionResult(text, found)

    def batch_elements_kwargs(self) -> Mapping[str, Any]:
        """Returns the sizes of batches."""
        return {"min_batch_size": 1, "max_batch_size": BATCH_SIZE}


class ReadLines(beam.DoFn):
    """Reads the lines of a file: pairs of its name and line number, and the text or its bytes."""

    BAD = "bad"

    def process(self, path: str) -> Iterable[Any]:
        """Yields the lines; those that are not UTF-8 go to the output `BAD`."""
        with FileSystems.open(path) as stream:
            for number, line in enumerate(stream, start=1):
                place = (path, number)
                try:
                    yield place, line.decode("utf-8").rstrip("\r\n")
                except UnicodeDecodeError as error:
                    letter = {"file": path, "line": number, "reason": str(error)}
                    yield beam.pvalue.TaggedOutput(self.BAD, json.dumps(letter))


def to_line(keyed: tuple[tuple[str, int], PredictionResult]) -> str:
    """Formats a prediction as a line of JSON, as `nlp-apps batch` does."""
    (path, number), result = keyed
    prediction = result.inference._asdict()
    row = {"file": path, "line": number, "input": {"text": result.example}}
    return json.dumps({**row, "prediction": prediction}, ensure_ascii=False)


def main(argv: Sequence[str] | None = None) -> None:
    """Runs the pipeline until it ends."""
    parser = argparse.ArgumentParser(description="Predict lines of text with Apache Beam.")
    parser.add_argument("model", help="run folder, SavedModel, .tflite or .onnx")
    parser.add_argument("input", help="file or glob of any file system of Beam")
    parser.add_argument("output", help="prefix of the files to write")
    options, others = parser.parse_known_args(argv)
    from apache_beam.ml.inference.base import KeyedModelHandler

    matched = FileSystems.match([options.input])[0].metadata_list
    with beam.Pipeline(options=PipelineOptions(others)) as pipeline:
        lines = (
            pipeline
            | beam.Create(sorted(one.path for one in matched))
            | beam.Reshuffle()
            | beam.ParDo(ReadLines()).with_outputs(ReadLines.BAD, main="lines")
        )
        predictions = lines.lines | RunInference(KeyedModelHandler(PredictorHandler(options.model)))
        predictions | beam.Map(to_line) | beam.io.WriteToText(f"{options.output}/part", ".jsonl")
        lines[ReadLines.BAD] | "WriteBad" >> beam.io.WriteToText(
            f"{options.output}/dead-letters/part", ".jsonl"
        )


if __name__ == "__main__":
    main()
