"""Constants and helpers of the tests of SavedModels."""

from pathlib import Path
from typing import Any

from tensorflow.core.protobuf import saved_model_pb2

TASKS = ("translation", "sentiment", "generation")
TEXTS = (
    "the old house",
    "tea",
    "the sea and the moon sleeps and a new green house runs and the sun the sun a house of tea",
    "Ünïcode → 日本語 🙂 never seen",
    "  two   blanks ",
    "the moon\nsleeps\r\n\nin winter\u2028the sea",
)
SIGNATURES = {
    "translation": {
        "serving_default",
        "greedy",
        "nbest",
        "constrained",
        "align",
        "align_constrained",
    },
    "sentiment": {"serving_default", "probabilities", "attend"},
    "generation": {"serving_default", "score", "suggest"},
}


def meta_graph(folder: Path) -> Any:
    model = saved_model_pb2.SavedModel.FromString((folder / "saved_model.pb").read_bytes())
    return model.meta_graphs[0]
