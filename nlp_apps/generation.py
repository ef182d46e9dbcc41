"""The generation app: `nlp-apps generation inspect|train|evaluate|predict|export|explain|score`.

One function for each verb, for notebooks and programs; TensorFlow is imported when needed.
"""

import contextlib
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any

from nlp_apps.cli import generation_flags
from nlp_apps.cli import main as cli
from nlp_apps.cli.app_description import App
from nlp_apps.cli.text_io import read_all, read_document, require_list
from nlp_apps.decoding.sampling_config import COUNT_RANGE, SamplingConfig
from nlp_apps.errors import UsageError
from nlp_apps.text.byte_tokens import decode_byte_tokens

if TYPE_CHECKING:
    import keras

    from nlp_apps.explain.explanation import Explanation
    from nlp_apps.inference.keyboard import Keyboard
    from nlp_apps.inference.saved_model_keyboard import SavedModelKeyboard
    from nlp_apps.inference.text_generator import TextGenerator
    from nlp_apps.litert.lite_generator import LiteGenerator
    from nlp_apps.litert.lite_keyboard import LiteKeyboard
    from nlp_apps.results import Surprisals


def train(
    recipe: str | PathLike[str] | Mapping[str, Any],
    data_dir: str | None = None,
    run_dir: str | None = None,
    overrides: Sequence[str] = (),
    resume: bool = False,
    callbacks: "Sequence[keras.callbacks.Callback]" = (),
    *,
    budget: str = "normal",
    overwrite: bool = False,
    time_limit: str | float | None = None,
    tracker: str | None = None,
) -> dict[str, Any]:
    """Trains a language model and scores it.

    Args:
        recipe: path of a recipe, name of a recipe that ships, a recipe as a dictionary, or the
            text itself: a file, a folder or `tfds:NAME/CONFIG:SPLIT`, with default settings.
        data_dir: the folder in which the recipe's files are looked up first.
        run_dir: the run folder; default: `runs/NAME`.
        overrides: texts `section.key=value`.
        resume: continue from the last checkpoint.
        callbacks: Keras callbacks; an evaluation is their epoch.
        budget: "quick", "normal" or "thorough": factor of the steps that the recipe leaves open.
        overwrite: replace the run in the run folder.
        time_limit: wall time in seconds, or a text such as "30m"; lowers the number of steps to
            those that fit.
        tracker: "mlflow" or "wandb", which logs recipe, evaluations and scores.

    Returns:
        The content of `summary.json`, and "run": the run folder.

    Raises:
        NlpAppsError: the recipe or the data is wrong, or the disk is full or read-only.
    """
    from nlp_apps.tasks import training_run

    return training_run.train(
        *("generation", recipe, data_dir, run_dir, overrides, resume, callbacks),
        budget=budget,
        overwrite=overwrite,
        time_limit=time_limit,
        tracker=tracker,
    )


def inspect(
    source: str | PathLike[str] | Mapping[str, Any],
    data_dir: str | None = None,
    overrides: Sequence[str] = (),
) -> dict[str, Any]:
    """Inspects text before training; needs no TensorFlow.

    Args:
        source: the text, or a recipe, as in `train`.
        data_dir: the folder in which the recipe's files are looked up first.
        overrides: texts `section.key=value`.

    Returns:
        The object that `inspect --json` prints: rows, lengths, scripts, labels, findings and the
        expected time and score.

    Raises:
        NlpAppsError: the recipe is wrong, or no text can be read.
    """
    from nlp_apps.inspection.inspect_source import inspect

    return inspect("generation", source, data_dir, overrides).to_dict()


def evaluate(run: str, split: str = "test", data_dir: str | None = None) -> dict[str, Any]:
    """Scores a run: loss in nats and perplexity per token, nats and bits per character.

    Args:
        run: a run folder.
        split: "train", "validation" or "test".
        data_dir: the folder in which the recipe's files are looked up first; default: the folders
            of the training.
    """
    from nlp_apps.tasks.run import evaluate

    return evaluate("generation", run, split, data_dir)


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
    trust: bool = False,
    first_index: int = 0,
) -> Iterator[Mapping[str, Any]]:
    """Continues texts, in order. The recipe has the defaults of the settings.

    Args:
        model: a run folder; or a SavedModel, `.tflite` or `.onnx`, whose penalties are fixed.
        texts: the prompts; a prompt may be empty.
        temperature: divisor of the logits.
        top_k: number of most probable tokens to sample from; 0: all.
        top_p: sample from the most probable tokens that together have this probability.
        repetition_penalty: above 1 makes tokens that occur in the text less probable.
        no_repeat_ngram_size: no n-gram of this many tokens occurs twice; 0: allowed.
        max_tokens: tokens after which a text is truncated.
        seed: equal seeds produce equal texts.
        num_samples: number of texts for each prompt.
        stop: a text ends before the first occurrence of any of these strings.
        on_text: called with the prompt and then with each part of the text as it is generated; for
            one sample.
        trust: load a SavedModel without a check of its operations.
        first_index: index of the first text, on which its random numbers depend.

    Yields:
        {"text": prompt and continuation, "prompt", "continuation", "tokens": number of sampled
        tokens, "log_probability": nats per token}, and with several samples "samples": all of them.
    """
    from nlp_apps.tasks.predictors import load_predictor

    require_list(texts)
    for name, value in (("num_samples", num_samples), ("max_tokens", max_tokens)):
        if value is not None and not COUNT_RANGE.contains(value):
            raise UsageError(f"{name} must be {COUNT_RANGE}, received {value}.")
    if "" in stop:
        raise UsageError("stop must not be empty: every text would end at once.")
    settings: dict[str, Any] = {
        "temperature": temperature,
        "top_k": top_k,
        "top_p": top_p,
        "repetition_penalty": repetition_penalty,
        "no_repeat_ngram_size": no_repeat_ngram_size,
    }
    # Checks the values before a model is loaded.
    SamplingConfig(**{name: value for name, value in settings.items() if value is not None})
    generator = load_predictor(model, "generation", trust=trust)
    decoding = generator.decoding
    sampling = SamplingConfig.from_decoding(decoding, **settings)
    common: dict[str, Any] = {
        "max_tokens": decoding["max_tokens"] if max_tokens is None else max_tokens,
        "seed": seed % 2**31,
        "stop": tuple(stop),
    }
    beam_size = getattr(generator, "beam_size", 1)  # Exported models always sample.
    if beam_size > 1:
        requested = {
            **settings,
            "num_samples": num_samples if num_samples > 1 else None,
            "on_text": on_text,
        }
        _require_search(beam_size, requested)
        common["beam_size"] = beam_size
    elif on_text and num_samples == 1 and hasattr(generator, "stream"):
        for place, text in enumerate(texts, start=first_index):
            yield _stream(text, generator.stream(text, sampling, place=place, **common), on_text)
        return
    generated = generator.generate(
        texts, sampling, num_samples=num_samples, first_index=first_index, **common
    )
    for results in generated:
        samples = [
            {
                "text": one.text,
                "prompt": one.prompt,
                "continuation": one.continuation,
                "tokens": one.num_tokens,
                "log_probability": round(one.log_probability, 6),
            }
            for one in results
        ]
        if on_text:
            on_text(str(samples[0]["text"]))
        yield samples[0] if num_samples == 1 else {**samples[0], "samples": samples}


def _require_search(beam_size: int, requested: Mapping[str, Any]) -> None:
    """Checks that no setting of sampling is requested from a run that searches."""
    for name, value in requested.items():
        if value is not None and name != "no_repeat_ngram_size":
            raise UsageError(
                f"{name} needs sampling, but this run uses beam search (decoding.beam_size = "
                f"{beam_size}). Leave it out, or train with decoding.beam_size = 1."
            )


def _stream(prompt: str, parts: Iterable[str], on_text: Callable[[str], Any]) -> Mapping[str, Any]:
    """Passes a text to `on_text` while it is generated."""
    on_text(prompt)
    received = []
    for part in parts:
        on_text(part)
        received.append(part)
    continuation = "".join(received)
    return {"text": prompt + continuation, "prompt": prompt, "continuation": continuation}


def export(
    run: str,
    output: str | PathLike[str] | None = None,
    data_dir: str | None = None,
    formats: Sequence[str] = ("saved_model",),
    quantize: str = "dynamic",
    card: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Exports a run in some of `export.formats.FORMATS`; see `export.export_run.export`."""
    from nlp_apps.export.export_run import export

    return export(run, output, formats, quantize, data_dir, "generation", card)


def explain(run: str, text: str, *, gates: bool = False) -> "Explanation":
    """Explains a text by the surprisal of each word.

    Args:
        run: a run folder.
        text: a text that is not empty.
        gates: whether to show how far the gates of each layer are open at each token.
    """
    from nlp_apps.explain.surprisal import explain
    from nlp_apps.tasks.run import load

    return explain(load(run, "generation").predictor(), text, gates=gates)


def score(model: str, texts: Iterable[str]) -> Iterator[Mapping[str, Any]]:
    """Yields the surprisal of each text under a language model.

    Args:
        model: a run folder, a `.tflite` or an `.onnx`.
        texts: the texts; none is empty.

    Yields:
        {"text", "perplexity": per token, "nats": total, "tokens": [{"token", "nats"}, ...]}; tokens
        as in `decode_byte_tokens`.
    """
    scorer = _load_scorer(model)
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
        model: a run folder, a `.tflite` or an `.onnx`.
        path: a text file, UTF-8; `-` for standard input.

    Returns:
        {"perplexity": per token, "nats": total, "num_tokens", "lines": [{"line": counted from 1,
        "nats_per_token", "nats", "text"}, ...]}. The newline of a line counts as its last token.
    """
    with contextlib.ExitStack() as files:
        lines = read_all(path, files)
    if not any(line.strip() for line in lines):
        raise UsageError(f"--input {path}: contains no text to score.")
    found: Surprisals = next(iter(_load_scorer(model).surprisals(["\n".join([*lines, ""])])))
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


def _load_scorer(model: str) -> "TextGenerator | LiteGenerator":
    from nlp_apps.tasks.predictors import load_predictor

    generator = load_predictor(model, "generation")
    if not hasattr(generator, "surprisals"):
        raise UsageError(
            f"{model}: is a SavedModel, which scores no tokens. Pass a run folder, a .tflite or an "
            ".onnx."
        )
    return generator


def keyboard(model: str) -> "Keyboard | SavedModelKeyboard | LiteKeyboard":
    """Returns the keyboard of a run folder or an exported model: see `inference.keyboard`."""
    from nlp_apps.tasks.keyboards import load_keyboard

    return load_keyboard(model)


def suggest(
    model: str, texts: Iterable[str], *, learn: Sequence[str] = (), number: int | None = None
) -> Iterator[Mapping[str, Any]]:
    """Yields the most probable next words of each text, as a keyboard shows them.

    Args:
        model: a run folder, a SavedModel, a `.tflite` or an `.onnx`.
        texts: texts so far; the last word has begun unless a space or a newline follows it.
        learn: paths of text files that the keyboard learns from first; none with a SavedModel.
        number: words of a text, from 1 to 6; default: 3.

    Yields:
        {"text", "words": [{"word": with the characters that are already written, "probability"},
        ...]}, best first.
    """
    from nlp_apps.tasks.keyboards import suggestions

    contents = [read_document(path, "--learn") for path in learn]
    return suggestions(model, texts, contents, number)


APP = App(
    name="generation",
    description="Train, evaluate and use LSTM language models on your own text.",
    default_recipe="generation-tales",
    default_model="generation-shakespeare",
    example_text="The goat was in the wrong place.",
    shipped_example_text="ROMEO:",
    explain_summary="draw the surprisal of each word",
    train=train,
    evaluate=evaluate,
    predict=predict,
    export=export,
    explain=explain,
    train_scores=("loss", "perplexity", "nats_per_character"),
    pretrained_key="model.init_from",
    prediction_key="text",
    format_prediction=generation_flags.format_prediction,
    predicts_empty_text=True,
    uses_text_index=True,
    add_predict_flags=generation_flags.add_predict_flags,
    predict_kwargs=generation_flags.predict_kwargs,
    add_explain_flags=generation_flags.add_explain_flags,
    score=score,
    score_file=score_file,
    suggest=suggest,
)

if __name__ == "__main__":
    sys.exit(cli.main(APP))
