"""The verb `score RUN`: how surprising texts are to a language model, in nats and as perplexity."""

import argparse
import codecs
import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nlp_apps.cli.text_io import asked_texts, printable, read_texts, to_json, to_table
from nlp_apps.errors import UsageError
from nlp_apps.inference import artefacts
from nlp_apps.text.normalize import SPACE_MARK, one_line

if TYPE_CHECKING:
    from nlp_apps.inference.text_generator import TextGenerator
    from nlp_apps.litert.lite_generator import LiteGenerator
    from nlp_apps.results import Surprisals

_BYTE = re.compile(r"<0x([0-9A-F]{2})>")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Adds what the verb takes."""
    parser.add_argument("run", metavar="RUN", help="folder that train wrote, or a .tflite")
    parser.add_argument("texts", metavar="TEXT", nargs="*", help="texts to score, each by itself")
    parser.add_argument("--input", metavar="FILE", help="score FILE as one text; - reads stdin")
    parser.add_argument(
        "--top",
        type=int,
        metavar="N",
        help="of FILE, show the N most surprising lines",
    )
    parser.add_argument("--json", action="store_true", help="JSON, with every token or line")


def run(options: argparse.Namespace) -> None:
    """Scores, and prints a line for each text, or figures of a file and its worst lines.

    Raises:
        NlpAppsError: nothing to score, flags that do not go together, no such model.
    """
    if options.top is not None and options.top < 1:
        raise UsageError(f"--top must be at least 1, received {options.top}.")
    if options.top is not None and options.input is None:
        raise UsageError("--top needs --input FILE: it picks lines of a file.")
    artefacts.find(options.run)
    if options.input is None:
        with contextlib.ExitStack() as files:
            texts = [text for text in asked_texts(options.texts, None, files) if text.strip()]
        if not texts:
            raise UsageError("nothing to score: every TEXT is blank.")
        for found in score(options.run, texts):
            line = f"{found['perplexity']:.2f}\t{found['nats']:.2f}\t{_shown(found['text'])}"
            print(to_json(found) if options.json else line, flush=True)
        return
    if options.texts:
        raise UsageError("give TEXT or --input FILE, not both.")
    found = score_file(options.run, options.input)
    lines = found.pop("lines")
    found["num_lines"] = len(lines)
    if options.top is not None:
        lines = [row for row in lines if row["text"].strip()]  # a gap tells nothing
        lines = sorted(lines, key=lambda row: -row["nats_per_token"])[: options.top]
    if options.json:
        print(to_json({**found, "lines": lines}))
        return
    print(to_table(found))
    for row in lines if options.top is not None else ():
        print(f"{row['nats_per_token']:.3f}\t{row['line']}\t{_shown(row['text'])}")


def _shown(text: str) -> str:
    """A text as a terminal shows it: a log may hold commands to the terminal of its own."""
    return printable(one_line(text))


def score(model: str, texts: Iterable[str]) -> Iterator[Mapping[str, Any]]:
    """How surprising texts are to a model.

    Args:
        model: a run folder or a `.tflite`.
        texts: the texts; none is blank.

    Yields:
        {"text", "perplexity": of a token, "nats": in all, "tokens": [{"token", "nats"}, ...]}; the
        tokens as `spelt` gives them.
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


def _reader(model: str) -> "TextGenerator | LiteGenerator":
    """What scores texts: a run folder's model, or a `.tflite`."""
    kind, path = artefacts.find(model)
    if kind == "saved_model":
        raise UsageError(f"{model}: is a SavedModel. Ask the run folder or a .tflite for scores.")
    if kind == "tflite":
        from nlp_apps.litert.lite_generator import LiteGenerator

        return LiteGenerator(path)
    from nlp_apps.tasks.generation_task import load

    return load(path)[0]


def _figures(found: "Surprisals") -> dict[str, float]:
    return {"perplexity": found.perplexity, "nats": found.total}


def _tokens(found: "Surprisals") -> list[dict[str, Any]]:
    return [
        {"token": token, "nats": round(float(nats), 4)}
        for token, nats in zip(spelt(found.tokens), found.nats, strict=True)
    ]


def spelt(tokens: Sequence[str]) -> list[str]:
    """Tokens with characters in place of bytes (`<0xC3>`), and a blank for a tokenizer's mark.

    A character stands where its last byte stood, and "" where the others did. Bytes that are in no
    character become U+FFFD.
    """
    found, decoder = [], codecs.getincrementaldecoder("utf-8")("replace")
    for token in tokens:
        byte = _BYTE.fullmatch(token)
        if byte:
            found.append(decoder.decode(bytes([int(byte[1], 16)])).replace(SPACE_MARK, " "))
            continue
        broken = decoder.decode(b"", final=True)
        decoder.reset()
        if broken:
            found[-1] += broken
        found.append(token)
    if broken := decoder.decode(b"", final=True):
        found[-1] += broken
    return found
