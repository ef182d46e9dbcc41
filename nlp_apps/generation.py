"""The generation app: `python -m nlp_apps.generation train|evaluate|predict|score|export|explain`.

Each function does what its verb says, and can be called from a notebook; `score` and `score_file`
are those of `nlp_apps.cli.score`. TensorFlow is imported only inside them.
"""

import argparse
import functools
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlp_apps.cli import command_line, score
from nlp_apps.cli import explain as explain_verb
from nlp_apps.cli import export as export_command
from nlp_apps.cli.text_io import require_several
from nlp_apps.decoding.sampling_config import MOST, SamplingConfig
from nlp_apps.errors import UsageError
from nlp_apps.inference import artefacts

if TYPE_CHECKING:
    from nlp_apps.explain.explanation import Explained


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
    samples: int = 1,
    stop: Sequence[str] = (),
    stream: bool = False,
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
        samples: texts for each prompt.
        stop: a text ends before the first of these.
        stream: print each text as it grows; what is yielded then was printed already.

    Yields:
        {"text": prompt and continuation, "prompt", "continuation", "tokens": drawn,
        "log_probability": nats a token}, and with several samples "samples": all of these.
    """
    require_several(texts)
    kind, path = artefacts.find(model)
    for name, value in (("samples", samples), ("max_tokens", max_tokens)):
        if value is not None and not 1 <= value <= MOST:
            raise UsageError(f"{name} must be at least 1 and at most {MOST:,}, received {value}.")
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
        from nlp_apps.inference.saved_model_predictors import ExportedGenerator

        writer = ExportedGenerator(path)
        decoding = {**writer.model.card["decoding"], **writer.model.card["defaults"]}
    elif kind == "tflite":
        from nlp_apps.litert.lite_generator import LiteGenerator

        writer = LiteGenerator(path)
        decoding = writer.model.card["decoding"]
    else:
        from nlp_apps.tasks.generation_task import load

        writer, settings = load(path)
        decoding = settings.model_dump()
    how = SamplingConfig(
        **{name: decoding[name] if value is None else value for name, value in given.items()}
    )
    common: dict[str, Any] = {
        "max_tokens": decoding["max_tokens"] if max_tokens is None else max_tokens,
        "seed": seed % 2**31,
        "stop": tuple(stop),
    }
    if kind == "run" and decoding["beam_size"] > 1:
        asked = {**given, "samples": samples if samples > 1 else None, "stream": stream or None}
        _require_search(decoding["beam_size"], asked)
        common["beam_size"] = decoding["beam_size"]
    elif kind != "saved_model" and stream and samples == 1:
        for place, text in enumerate(texts):
            yield _streamed(text, writer.stream(text, how, place=place, **common))
        return
    for written in writer.write(texts, how, samples=samples, **common):
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
        yield answers[0] if samples == 1 else {**answers[0], "samples": answers}


def _require_search(beam_size: int, asked: Mapping[str, Any]) -> None:
    """Refuses what has no part in a search, which always finds the same text."""
    for name, value in asked.items():
        if value is not None and name != "no_repeat_ngram_size":
            raise UsageError(
                f"{name} has no part in a search, and this run searches (decoding.beam_size = "
                f"{beam_size}). Leave it out, or train with decoding.beam_size = 1."
            )


def _streamed(prompt: str, pieces: Iterable[str]) -> Mapping[str, Any]:
    """Prints a text as it grows."""
    print(prompt, end="", flush=True)
    grown = []
    for piece in pieces:
        print(piece, end="", flush=True)
        grown.append(piece)
    print()
    continuation = "".join(grown)
    return {
        "text": prompt + continuation,
        "prompt": prompt,
        "continuation": continuation,
        "streamed": True,
    }


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


def explain(run: str, text: str, *, gates: bool = False) -> "Explained":
    """How surprising each word of a text is, as a picture and in words.

    Args:
        run: a run folder.
        text: not blank.
        gates: show also how far the gates of each layer were open at each token.
    """
    from nlp_apps.explain.surprisal import explain
    from nlp_apps.tasks.generation_task import load

    return explain(load(Path(run))[0], text, gates=gates)


def _predict_flags(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--temperature", type=float, metavar="X", help="below 1 tamer, above 1 wilder")
    add("--top-k", type=int, metavar="N", help="draw among the N likeliest tokens; 0: all")
    add("--top-p", type=float, metavar="P", help="draw among the likeliest that make up P")
    add("--repetition-penalty", type=float, metavar="X", help="above 1 avoids what stands there")
    add(
        "--no-repeat-ngram-size",
        type=int,
        metavar="N",
        help="no N tokens twice in a row; 0: allowed",
    )
    add("--max-tokens", type=int, metavar="N", help="tokens after which a text is cut off")
    add("--seed", type=int, default=1, metavar="N", help="same seed, same text (default: 1)")
    add("--samples", type=int, default=1, metavar="N", help="texts for each prompt (default: 1)")
    add(
        "--stop",
        action="append",
        default=[],
        metavar="TEXT",
        help="end before this text; may be repeated",
    )
    add("--stream", action="store_true", help="show the text as it grows, line breaks and all")


def _predict(model: str, texts: Iterable[str], **flags: Any) -> Iterator[Mapping[str, Any]]:
    """`predict` for the command line, where a sample is a line of its own."""
    if flags["stream"] and flags["samples"] > 1:
        raise UsageError("--stream shows one text; it does not go with --samples.")
    yield from predict(model, texts, **flags)


def _line(answer: Mapping[str, Any]) -> str | None:
    """The text on one line; of several samples each after the other, a TAB between."""
    if "streamed" in answer:
        return None
    texts = [sample["text"] for sample in answer.get("samples", [answer])]
    return "\t".join(text.replace("\t", " ") for text in texts)


def _explain_arguments(parser: argparse.ArgumentParser) -> None:
    explain_verb.arguments(parser)
    parser.add_argument(
        "--gates", action="store_true", help="draw also how far each layer's gates are open"
    )


APP = command_line.App(
    name="generation",
    default_recipe="generation-tales",
    default_model="generation-shakespeare",
    description="Train, score and use LSTM language models on your own text.",
    train=train,
    told=("loss", "perplexity", "nats_per_character"),
    evaluate=evaluate,
    predict=_predict,
    answer="text",
    line=_line,
    predict_flags=_predict_flags,
    blank_is_text=True,
    verbs=(
        command_line.Verb(
            "export",
            "write a SavedModel or a .tflite, once it is proven to answer alike",
            "runs/generation-tales",
            export_command.arguments,
            functools.partial(export_command.run, export),
        ),
        command_line.Verb(
            "score",
            "tell how surprising texts are, in nats and as perplexity",
            'runs/generation-tales "The goat was in the wrong place."',
            score.arguments,
            score.run,
        ),
        command_line.Verb(
            "explain",
            "draw how surprising each word is",
            'runs/generation-tales "The goat was in the wrong place." --to words.html',
            _explain_arguments,
            functools.partial(explain_verb.run, explain),
        ),
    ),
)

if __name__ == "__main__":
    sys.exit(command_line.main(APP))
