"""The generation app: `python -m nlp_apps.generation train|evaluate|predict|export|explain|score`.

Each function does what its verb says, and can be called from a notebook. TensorFlow is imported
only inside them.
"""

import contextlib
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlp_apps.cli import generation_flags
from nlp_apps.cli import main as cli
from nlp_apps.cli.app import App
from nlp_apps.cli.text_io import read_texts, require_list
from nlp_apps.decoding.sampling_config import COUNT_RANGE, SamplingConfig
from nlp_apps.errors import UsageError
from nlp_apps.inference import artefacts
from nlp_apps.text.byte_tokens import decode_byte_tokens

if TYPE_CHECKING:
    from nlp_apps.explain.explanation import Explanation
    from nlp_apps.inference.text_generator import TextGenerator
    from nlp_apps.litert.lite_generator import LiteGenerator
    from nlp_apps.results import Surprisals


def train(
    recipe: str,
    data_dir: str | None = None,
    run_dir: str | None = None,
    overrides: Sequence[str] = (),
    resume: bool = False,
) -> dict[str, Any]:
    """Trains a language model; see `nlp_apps.tasks.run.train`."""
    from nlp_apps.tasks import run
    from nlp_apps.tasks.generation_task import JOB

    return run.train(JOB, recipe, data_dir, run_dir, overrides, resume)


def evaluate(run: str, split: str = "test", data_dir: str | None = None) -> dict[str, Any]:
    """Scores a run on a split: loss in nats and perplexity a token, nats and bits a character.

    Args:
        run: a run folder.
        split: "train", "validation" or "test".
        data_dir: where the recipe's files are looked up first; default: where training found them.
    """
    from nlp_apps.tasks.generation_task import JOB
    from nlp_apps.tasks.run import evaluate

    return evaluate(JOB, Path(run), split, data_dir)


def predict(
    model: str,
    texts: Iterable[str],
    *,
    temperature: float | None = None,
    top_k: int | None = None,
    top_p: float | None = None,
    repetition_penalty: float | None = None,
    no_repeat_ngram_size: int | None = None,
    max_tokens: int | None = None,
    seed: int = 1,
    num_samples: int = 1,
    stop: Sequence[str] = (),
    on_text: Callable[[str], Any] | None = None,
) -> Iterator[Mapping[str, Any]]:
    """Continues texts, in order.

    Args:
        model: a run folder; or a SavedModel or a `.tflite`, which have their penalties fixed.
        texts: the prompts; may be empty.
        temperature: divides the logits; like the others below, by default the recipe's.
        top_k: draw among this many likeliest tokens; 0: all.
        top_p: draw among the likeliest tokens of this much probability together.
        repetition_penalty: above 1 makes what stands there already less likely.
        no_repeat_ngram_size: no n-gram of this many tokens twice; 0: allowed.
        max_tokens: after which a text is cut off.
        seed: same seed, same texts.
        num_samples: number of texts for each prompt.
        stop: a text ends before the first of these.
        on_text: called with the prompt and then with each part of the text as it is generated; for
            one sample.

    Yields:
        {"text": prompt and continuation, "prompt", "continuation", "tokens": drawn,
        "log_probability": nats a token}, and with several samples "samples": all of these.
    """
    require_list(texts)
    kind, path = artefacts.find(model)
    for name, value in (("num_samples", num_samples), ("max_tokens", max_tokens)):
        if value is not None and not COUNT_RANGE.contains(value):
            raise UsageError(f"{name} must be {COUNT_RANGE}, received {value}.")
    if "" in stop:
        raise UsageError("stop must not be empty: every text would end before it began.")
    given: dict[str, Any] = {
        "temperature": temperature,
        "top_k": top_k,
        "top_p": top_p,
        "repetition_penalty": repetition_penalty,
        "no_repeat_ngram_size": no_repeat_ngram_size,
    }
    SamplingConfig(
        **{name: value for name, value in given.items() if value is not None}
    )  # before loading
    writer: Any
    if kind == "saved_model":
        from nlp_apps.inference.saved_model_generator import SavedModelGenerator

        writer = SavedModelGenerator(path)
        decoding = writer.decoding
    elif kind == "tflite":
        from nlp_apps.litert.lite_generator import LiteGenerator

        writer = LiteGenerator(path)
        decoding = writer.model.metadata["decoding"]
    else:
        from nlp_apps.tasks.generation_task import load

        writer, settings = load(path)
        decoding = settings.model_dump()
    how = SamplingConfig.from_decoding(decoding, **given)
    common: dict[str, Any] = {
        "max_tokens": decoding["max_tokens"] if max_tokens is None else max_tokens,
        "seed": seed % 2**31,
        "stop": tuple(stop),
    }
    if kind == "run" and decoding["beam_size"] > 1:
        asked = {
            **given,
            "num_samples": num_samples if num_samples > 1 else None,
            "on_text": on_text,
        }
        _require_search(decoding["beam_size"], asked)
        common["beam_size"] = decoding["beam_size"]
    elif kind != "saved_model" and on_text and num_samples == 1:
        for place, text in enumerate(texts):
            yield _streamed(text, writer.stream(text, how, place=place, **common), on_text)
        return
    for written in writer.generate(texts, how, num_samples=num_samples, **common):
        answers = [
            {
                "text": one.text,
                "prompt": one.prompt,
                "continuation": one.continuation,
                "tokens": one.num_tokens,
                "log_probability": round(one.log_probability, 6),
            }
            for one in written
        ]
        if on_text:
            on_text(answers[0]["text"])
        yield answers[0] if num_samples == 1 else {**answers[0], "samples": answers}


def _require_search(beam_size: int, asked: Mapping[str, Any]) -> None:
    """Refuses what has no part in a search, which always finds the same text."""
    for name, value in asked.items():
        if value is not None and name != "no_repeat_ngram_size":
            raise UsageError(
                f"{name} has no part in a search, and this run searches (decoding.beam_size = "
                f"{beam_size}). Leave it out, or train with decoding.beam_size = 1."
            )


def _streamed(
    prompt: str, parts: Iterable[str], on_text: Callable[[str], Any]
) -> Mapping[str, Any]:
    """Passes a text to `on_text` while it is generated."""
    on_text(prompt)
    grown = []
    for part in parts:
        on_text(part)
        grown.append(part)
    continuation = "".join(grown)
    return {"text": prompt + continuation, "prompt": prompt, "continuation": continuation}


def export(
    run: str,
    to: Path | None = None,
    data_dir: str | None = None,
    formats: Sequence[str] = ("saved_model",),
    quantize: str = "dynamic",
) -> dict[str, Any]:
    """Writes a run as a SavedModel, a `.tflite` or both; see `export.export_run.export`."""
    from nlp_apps.export.export_run import export
    from nlp_apps.tasks.export import open_generation

    return export(open_generation(Path(run), data_dir), to, formats, quantize)


def explain(run: str, text: str, *, gates: bool = False) -> "Explanation":
    """How surprising each word of a text is, as a picture and in words.

    Args:
        run: a run folder.
        text: not blank.
        gates: show also how far the gates of each layer were open at each token.
    """
    from nlp_apps.explain.surprisal import explain
    from nlp_apps.tasks.generation_task import load

    return explain(load(Path(run))[0], text, gates=gates)


def score(model: str, texts: Iterable[str]) -> Iterator[Mapping[str, Any]]:
    """Yields the surprisal of each text under a language model.

    Args:
        model: a run folder or a `.tflite`.
        texts: the texts; none is empty.

    Yields:
        {"text", "perplexity": per token, "nats": total, "tokens": [{"token", "nats"}, ...]}; tokens
        as in `decode_byte_tokens`.
    """
    scorer = _scorer(model)
    pending: list[str] = []

    def remember() -> Iterator[str]:
        for text in texts:
            pending.append(text)
            yield text

    for found in scorer.surprisals(remember()):
        tokens = [
            {"token": token, "nats": round(float(nats), 4)}
            for token, nats in zip(decode_byte_tokens(found.tokens), found.nats, strict=True)
        ]
        yield {
            "text": pending.pop(0),
            "perplexity": found.perplexity,
            "nats": found.total,
            "tokens": tokens,
        }


def score_file(model: str, path: str) -> dict[str, Any]:
    """Returns the surprisal of a file, read as one text, and of each of its lines.

    Args:
        model: a run folder or a `.tflite`.
        path: a text file, UTF-8; `-` for standard input.

    Returns:
        {"perplexity": per token, "nats": total, "num_tokens", "lines": [{"line": counted from 1,
        "nats_per_token", "nats", "text"}, ...]}. The newline of a line counts as its last token.
    """
    with contextlib.ExitStack() as files:
        lines = list(read_texts(path, files))
    if not any(line.strip() for line in lines):
        raise UsageError(f"--input {path}: contains no text to score.")
    found: Surprisals = next(iter(_scorer(model).surprisals(["\n".join([*lines, ""])])))
    rows: list[dict[str, Any]] = []
    start = 0
    ends = [index for index, token in enumerate(found.tokens, start=1) if token == "\n"]
    for number, end in enumerate(ends, start=1):
        nats = float(found.nats[start:end].sum())
        rows.append(
            {
                "line": number,
                "nats_per_token": nats / (end - start),
                "nats": nats,
                "text": lines[number - 1],
            }
        )
        start = end
    return {
        "perplexity": found.perplexity,
        "nats": found.total,
        "num_tokens": len(found.tokens),
        "lines": rows,
    }


def _scorer(model: str) -> "TextGenerator | LiteGenerator":
    kind, path = artefacts.find(model)
    if kind == "saved_model":
        raise UsageError(f"{model}: is a SavedModel; `score` needs a run folder or a .tflite.")
    if kind == "tflite":
        from nlp_apps.litert.lite_generator import LiteGenerator

        return LiteGenerator(path)
    from nlp_apps.tasks.generation_task import load

    return load(path)[0]


APP = App(
    name="generation",
    description="Train, evaluate and use LSTM language models on your own text.",
    default_recipe="generation-tales",
    default_model="generation-shakespeare",
    example_text="The goat was in the wrong place.",
    explain_summary="draw the surprisal of each word",
    train=train,
    evaluate=evaluate,
    predict=predict,
    export=export,
    explain=explain,
    train_scores=("loss", "perplexity", "nats_per_character"),
    prediction_key="text",
    format_prediction=generation_flags.format_prediction,
    predicts_empty_text=True,
    add_predict_flags=generation_flags.add_predict_flags,
    predict_kwargs=generation_flags.predict_kwargs,
    add_explain_flags=generation_flags.add_explain_flags,
    score=score,
    score_file=score_file,
)

if __name__ == "__main__":
    sys.exit(cli.main(APP))
