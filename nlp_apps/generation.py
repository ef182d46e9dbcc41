"""The generation app: `python -m nlp_apps.generation train|evaluate|predict|score|export|explain`.

Each function does what its verb says, and can be called from a notebook. TensorFlow is imported
only inside them.
"""

import argparse
import contextlib
import functools
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlp_apps import artefacts, cli
from nlp_apps.draws import Draw
from nlp_apps.errors import UsageError
from nlp_apps.explaining import command
from nlp_apps.export import command as export_command

if TYPE_CHECKING:
    from nlp_apps.answered import Surprisals
    from nlp_apps.device.writer import LiteWriter
    from nlp_apps.explaining.explained import Explained
    from nlp_apps.serving.generation import TextWriter


def train(
    recipe: str,
    data_dir: str | None = None,
    run_dir: str | None = None,
    overrides: Sequence[str] = (),
    resume: bool = False,
) -> dict[str, Any]:
    """Trains a language model; see `nlp_apps.tasks.run.train`."""
    from nlp_apps.tasks import run
    from nlp_apps.tasks.generation import JOB

    return run.train(JOB, recipe, data_dir, run_dir, overrides, resume)


def evaluate(run: str, split: str = "test", data_dir: str | None = None) -> dict[str, Any]:
    """Scores a run on a split: loss in nats and perplexity a token, nats and bits a character.

    Args:
        run: a run folder.
        split: "train", "validation" or "test".
        data_dir: where the recipe's files are looked up first; default: where training found them.
    """
    from nlp_apps.tasks.generation import JOB
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
    no_repeat_ngram: int | None = None,
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
        no_repeat_ngram: no n-gram of this many tokens twice; 0: allowed.
        max_tokens: after which a text is cut off.
        seed: same seed, same texts.
        samples: texts for each prompt.
        stop: a text ends before the first of these.
        stream: print each text as it grows; what is yielded then was printed already.

    Yields:
        {"text": prompt and continuation, "prompt", "continuation", "tokens": drawn,
        "log_probability": nats a token}, and with several samples "samples": all of these.
    """
    kind, path = artefacts.find(model)
    for name, value in (("samples", samples), ("max_tokens", max_tokens)):
        if value is not None and value < 1:
            raise UsageError(f"{name} must be at least 1, received {value}.")
    given: dict[str, Any] = {
        "temperature": temperature,
        "top_k": top_k,
        "top_p": top_p,
        "repetition_penalty": repetition_penalty,
        "no_repeat_ngram": no_repeat_ngram,
    }
    Draw(**{name: value for name, value in given.items() if value is not None})  # before loading
    writer: Any
    if kind == "saved_model":
        from nlp_apps.serving.exported import ExportedWriter

        writer = ExportedWriter(path)
        decoding = writer.model.card["decoding"]
    elif kind == "tflite":
        from nlp_apps.device.writer import LiteWriter

        writer = LiteWriter(path)
        decoding = writer.model.card["decoding"]
    else:
        from nlp_apps.tasks.generation import load

        writer, settings = load(path)
        decoding = settings.model_dump()
    how = Draw(
        **{name: decoding[name] if value is None else value for name, value in given.items()}
    )
    common: dict[str, Any] = {
        "max_tokens": decoding["max_tokens"] if max_tokens is None else max_tokens,
        "seed": seed % 2**31,
        "stop": tuple(one for one in stop if one),
    }
    if kind != "saved_model" and stream and samples == 1 and decoding["beam_size"] == 1:
        for text in texts:
            yield _streamed(text, writer.stream(text, how, **common))
        return
    if kind == "run":
        common["beam_size"] = decoding["beam_size"]
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


def score(model: str, texts: Iterable[str]) -> Iterator[Mapping[str, Any]]:
    """How surprising texts are to a model.

    Args:
        model: a run folder or a `.tflite`.
        texts: the texts; none is blank.

    Yields:
        {"text", "perplexity": of a token, "nats": in all, "tokens": [{"token", "nats"}, ...]}.
    """
    reader = _reader(model)
    asked: list[str] = []

    def remembered() -> Iterator[str]:
        for text in texts:
            asked.append(text)
            yield text

    for found in reader.surprisals(remembered()):
        yield {"text": asked.pop(0), **_figures(found), "tokens": _tokens(found)}


def score_file(model: str, path: str) -> dict[str, Any]:
    """How surprising a file is to a model, read as one text from the first line to the last.

    Args:
        model: a run folder or a `.tflite`.
        path: a text file, UTF-8; `-` for standard input.

    Returns:
        {"perplexity": of a token, "nats": in all, "num_tokens", "lines": [{"line": counted from 1,
        "nats_per_token", "nats", "text"}, ...]}. A line's end belongs to it.
    """
    from nlp_apps.answers import read_texts

    with contextlib.ExitStack() as files:
        lines = list(read_texts(path, files))
    if not any(line.strip() for line in lines):
        raise UsageError(f"--input {path}: holds no text to score.")
    found = next(iter(_reader(model).surprisals(["\n".join([*lines, ""])])))
    rows: list[dict[str, Any]] = []
    start = 0
    for end in [place for place, token in enumerate(found.tokens, start=1) if token == "\n"]:
        nats = float(found.nats[start:end].sum())
        number = len(rows) + 1
        rows.append(
            {
                "line": number,
                "nats_per_token": nats / (end - start),
                "nats": nats,
                "text": lines[number - 1],
            }
        )
        start = end
    return {**_figures(found), "num_tokens": len(found.tokens), "lines": rows}


def export(
    run: str,
    to: Path | None = None,
    data_dir: str | None = None,
    formats: Sequence[str] = ("saved_model",),
    quantize: str = "dynamic",
) -> dict[str, Any]:
    """Writes a run as a SavedModel, a `.tflite` or both; see `nlp_apps.export.run.export`."""
    from nlp_apps.export.run import export
    from nlp_apps.tasks.export import open_generation

    return export(open_generation(Path(run), data_dir), to, formats, quantize)


def _reader(model: str) -> "TextWriter | LiteWriter":
    """What scores texts: a run folder's model, or a `.tflite`."""
    kind, path = artefacts.find(model)
    if kind == "saved_model":
        raise UsageError(f"{model}: is a SavedModel. Ask the run folder or a .tflite for scores.")
    if kind == "tflite":
        from nlp_apps.device.writer import LiteWriter

        return LiteWriter(path)
    from nlp_apps.tasks.generation import load

    return load(path)[0]


def _figures(found: "Surprisals") -> dict[str, float]:
    return {"perplexity": found.perplexity, "nats": found.total}


def _tokens(found: "Surprisals") -> list[dict[str, Any]]:
    return [
        {"token": token, "nats": round(float(nats), 4)}
        for token, nats in zip(found.tokens, found.nats, strict=True)
    ]


def explain(run: str, text: str, *, gates: bool = False) -> "Explained":
    """How surprising each word of a text is, as a picture and in words.

    Args:
        run: a run folder.
        text: not blank.
        gates: show also how far the gates of each layer were open at each token.
    """
    from nlp_apps.explaining.generation import explain
    from nlp_apps.tasks.generation import load

    return explain(load(Path(run))[0], text, gates=gates)


def _predict_flags(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--temperature", type=float, metavar="X", help="below 1 tamer, above 1 wilder")
    add("--top-k", type=int, metavar="N", help="draw among the N likeliest tokens; 0: all")
    add("--top-p", type=float, metavar="P", help="draw among the likeliest that make up P")
    add("--repetition-penalty", type=float, metavar="X", help="above 1 avoids what stands there")
    add("--no-repeat-ngram", type=int, metavar="N", help="no N tokens twice in a row; 0: allowed")
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


def _score_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help="folder that train wrote, or a .tflite")
    parser.add_argument("texts", metavar="TEXT", nargs="*", help="texts to score, each by itself")
    parser.add_argument("--input", metavar="FILE", help="score FILE as one text; - reads stdin")
    parser.add_argument(
        "--top", type=int, metavar="N", help="of FILE, show the N most surprising lines"
    )
    parser.add_argument("--json", action="store_true", help="JSON, with every token or line")


def _score(options: argparse.Namespace) -> None:
    from nlp_apps.answers import one_line, to_json, to_table

    if options.top is not None and options.top < 1:
        raise UsageError(f"--top must be at least 1, received {options.top}.")
    if options.top is not None and options.input is None:
        raise UsageError("--top needs --input FILE: it picks lines of a file.")
    artefacts.find(options.run)
    if options.input is None:
        with contextlib.ExitStack() as files:
            texts = [text for text in cli.texts_of(options, files) if text.strip()]
        if not texts:
            raise UsageError("nothing to score: every TEXT is blank.")
        for found in score(options.run, texts):
            line = f"{found['perplexity']:.2f}\t{found['nats']:.2f}\t{one_line(found['text'])}"
            print(to_json(found) if options.json else line, flush=True)
        return
    if options.texts:
        raise UsageError("give TEXT or --input FILE, not both.")
    found = score_file(options.run, options.input)
    lines = found.pop("lines")
    found["num_lines"] = len(lines)
    if options.top is not None:
        lines = sorted(lines, key=lambda row: -row["nats_per_token"])[: options.top]
    if options.json:
        print(to_json({**found, "lines": lines}))
        return
    print(to_table(found))
    for row in lines if options.top is not None else ():
        print(f"{row['nats_per_token']:.3f}\t{row['line']}\t{one_line(row['text'])}")


def _explain_arguments(parser: argparse.ArgumentParser) -> None:
    command.arguments(parser)
    parser.add_argument(
        "--gates", action="store_true", help="draw also how far each layer's gates are open"
    )


def _train_and_tell(
    recipe: str,
    data_dir: str | None,
    run_dir: str | None,
    overrides: Sequence[str],
    resume: bool,
) -> dict[str, Any]:
    """`train`, and of its summary what fits a few lines; the whole of it is in `summary.json`."""
    summary = train(recipe, data_dir, run_dir, overrides, resume)
    figures = ("loss", "perplexity", "nats_per_character")
    return {
        **{key: summary[key] for key in ("run", "train_seconds", "tokens_per_second")},
        **{
            split: {key: scores[key] for key in figures}
            for split, scores in summary["scores"].items()
        },
    }


APP = cli.App(
    name="generation",
    default_recipe="generation-tales",
    default_model="generation-shakespeare",
    description="Train, score and use LSTM language models on your own text.",
    train=_train_and_tell,
    evaluate=evaluate,
    predict=_predict,
    answer="text",
    line=_line,
    predict_flags=_predict_flags,
    blank_is_text=True,
    verbs=(
        cli.Verb(
            "export",
            "write a SavedModel or a .tflite, once it is proven to answer alike",
            "runs/generation-tales",
            export_command.arguments,
            functools.partial(export_command.run, export),
        ),
        cli.Verb(
            "score",
            "tell how surprising texts are, in nats and as perplexity",
            'runs/generation-tales "The goat was in the wrong place."',
            _score_arguments,
            _score,
        ),
        cli.Verb(
            "explain",
            "draw how surprising each word is",
            'runs/generation-tales "The goat was in the wrong place." --to words.html',
            _explain_arguments,
            functools.partial(command.run, explain),
        ),
    ),
)

if __name__ == "__main__":
    sys.exit(cli.main(APP))
