"""Signatures that a predictor calls, with the shapes that they must have.

LiteRT accepts an input of any shape and would resize the model, so a file whose shapes are not
those of its metadata could need any amount of memory.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from nlp_apps.decoding.begun_word import MAX_BEGUN

Shape = tuple[int | None, ...]
"""A shape; None is any size."""

Shapes = Mapping[str, Shape]

LEARNING = frozenset({"learn", "suggest", "classify_learned"})
"""Signatures that learn from texts; the metadata has their sizes."""

TOKENIZE_TARGET = "tokenize_target"
"""The signature that splits text of the target language, if its vocabulary is another one."""

OPTIONAL = LEARNING | {"beam", TOKENIZE_TARGET}
"""Signatures that a file may lack."""


def expected_signatures(metadata: Mapping[str, Any]) -> dict[str, tuple[Shapes, Shapes]]:
    """Returns the inputs and outputs of each signature of a task.

    Args:
        metadata: checked metadata with every key that the task needs.

    Returns:
        Signature -> shapes of its inputs and of its outputs, by name.
    """
    ids: Shape = (1, metadata["tokens"])
    row: Shape = (1, None)
    expected: dict[str, tuple[Shapes, Shapes]] = {
        "tokenize": ({"codepoints": (1, metadata["characters"])}, {"ids": row, "count": (1,)}),
        "detokenize": ({"ids": ids}, {"codepoints": row, "count": (1,)}),
    }
    if metadata["task"] == "translation":
        expected[TOKENIZE_TARGET] = expected["tokenize"]
        beams: Shape = (1, None)
        expected["greedy"] = ({"ids": ids}, {"ids": row, "count": (1,), "score": (1,)})
        expected["beam"] = (
            {"ids": ids},
            {"ids": (1, None, None), "counts": beams, "scores": beams},
        )
    elif metadata["task"] == "sentiment":
        of_labels: Shapes = {"probabilities": (1, len(metadata["labels"]))}
        expected["classify"] = ({"ids": ids}, of_labels)
        if "features" in metadata:
            learned: Shapes = {"learned": (1, metadata["features"] + 1, len(metadata["labels"]))}
            expected["classify_learned"] = ({"ids": ids, **learned}, of_labels)
            expected["learn"] = (
                {"ids": ids, "label": (1,), "rate": (1,), **learned},
                {"loss": (1,), **learned},
            )
    else:
        state: Shape = (1, *metadata["state"])
        expected["prefill"] = ({"ids": ids, "state": state}, {"state": state})
        expected["score"] = (
            {"ids": ids, "token": (1,), "state": state},
            {"nats": ids, "state": state},
        )
        history = {"history": ids} if metadata["remembers"] else {}
        expected["sample"] = (
            {"token": (1,), "state": state, "uniform": (1,), **history},
            {"token": (1,), "log_probability": (1,), "state": state},
        )
        if "cache" in metadata:
            size, units = metadata["cache"]
            cache: Shapes = {"keys": (1, size, units), "cached": (1, size)}
            of_text = {"token": (1,), "state": state, **cache}
            after: Shapes = {"state": state, **cache, "position": (1,)}
            expected["learn"] = (
                {"ids": ids, **of_text, "position": (1,)},
                {"nats": ids, **after},
            )
            expected["suggest"] = (
                {"begun": (1, MAX_BEGUN), **of_text},
                {"codepoints": (None, None), "counts": (None,), "log_probabilities": (None,)},
            )
    return expected


def fits(found: Sequence[int], expected: Shape) -> bool:
    """Checks a shape against an expected one."""
    return len(found) == len(expected) and all(
        wanted is None or int(size) == wanted for size, wanted in zip(found, expected, strict=True)
    )


def show_shape(shape: Shape) -> str:
    """Returns a shape for a message: `[1, any]`."""
    return f"[{', '.join('any' if size is None else str(size) for size in shape)}]"
