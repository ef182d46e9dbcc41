"""Opens the file of a model with the runtime of its format."""

from pathlib import Path

from nlp_apps.litert.file_model import FileModel
from nlp_apps.litert.lite_model import LiteModel
from nlp_apps.litert.onnx_model import OnnxModel
from nlp_apps.litert.onnx_properties import is_onnx


def open_model(path: Path, task: str, *, threads: int | None = None) -> FileModel:
    """Opens a `.tflite` or an `.onnx`; see `FileModel`."""
    model = OnnxModel if is_onnx(path) else LiteModel
    return model(path, task, threads=threads)
