"""Text in every format, read as `train`, `inspect` and `predict` read it."""

import contextlib
import gzip
import random
import shutil
from collections import deque
from pathlib import Path
from typing import Any

from nlp_apps.cli.formatting import to_json
from nlp_apps.cli.inspection_output import format_inspection
from nlp_apps.cli.text_io import input_texts, prediction_lines
from nlp_apps.inspection.inspect_source import READERS, inspect
from nlp_apps.recipe.load import from_dict
from tests.attack.generated.attack import Attack, Input
from tests.attack.generated.mutations import mutate
from tests.attack.generated.text_seeds import LABELS, SUFFIXES, seed, sentence

OPTIONS: dict[str, tuple[Any, ...]] = {
    "on_bad_line": ("stop", "skip"),
    "encoding": ("utf-8", "utf-16", "cp1252", "utf-8-sig", "shift_jis", "utf-7"),
    "validation": ("split:10%", "split:1", "none"),
    "text_column": (1, 2, "text", "Text", "x"),
    "label_column": (1, 2, "label", "x"),
    "source_column": (1, 2, "source", "en"),
    "target_column": (1, 2, 3, "target", "fr"),
    "max_line_characters": (10, 100, 10_000),
    "document_separator": ("\n\n", "\n", "x"),
    "clean_html": (True, False),
}


class Readers(Attack):
    """Reads mutated text files."""

    name = "readers"
    share = 0.2

    def make(self, draw: random.Random) -> Input:
        task = draw.choice(tuple(READERS))
        if draw.random() < 0.12:
            return Input(("predict",), {"texts.txt": mutate(draw, seed(draw, task, ".txt"))})
        way = draw.choice(("inspect", "inspect", "train"))
        form = draw.random()
        if form < 0.07 and task == "translation":
            files = {"a.en": _lines(draw), "a.fr": _lines(draw)}
        elif form < 0.07:
            names = [f"texts/{draw.choice(LABELS)}/{number}.txt" for number in range(6)]
            files = {name: mutate(draw, sentence(draw).encode()) for name in names}
        else:
            suffix = draw.choice(SUFFIXES)
            content = seed(draw, task, suffix)
            if draw.random() < 0.07:  # the name of another format
                suffix = draw.choice(SUFFIXES)
            content = mutate(draw, content, [seed(draw, task, ".csv")])
            if draw.random() < 0.1:
                content, suffix = gzip.compress(content, 1, mtime=0), suffix + ".gz"
                content = mutate(draw, content) if draw.random() < 0.5 else content
            files = {f"a{suffix}": content}
        return Input((way, task, *_options(draw, task)), files)

    def call(self, one: Input) -> None:
        names = [self._write(name, content) for name, content in one.files.items()]
        try:
            if one.call[0] == "predict":
                with contextlib.ExitStack() as files:
                    lines = prediction_lines(
                        lambda texts: ({"text": text} for text in texts),
                        input_texts([], names[0], files),
                        key="text",
                        as_json=True,
                    )
                    _encode("\n".join(lines))
                return
            way, task, *options = one.call
            source: Any = names if len(names) == 2 else names[0]
            if len(names) > 2:
                source = str(self.folder / "texts")
            if way == "inspect" and not options and isinstance(source, str):
                found = inspect(task, source)
            else:
                settings = {"data": {"train": source, **_parsed(options)}}
                if way == "train":
                    recipe = from_dict(settings, task=task)
                    deque(READERS[task](recipe.data, Path), 0)
                    return
                found = inspect(task, settings)
            _encode(to_json(found.to_dict()) + format_inspection(found, str(source)))
        finally:
            shutil.rmtree(self.folder / "texts", ignore_errors=True)
            for name in names:
                Path(name).unlink(missing_ok=True)

    def _write(self, name: str, content: bytes) -> str:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return str(path)


def _lines(draw: random.Random) -> bytes:
    text = "".join(sentence(draw) + "\n" for _ in range(30)).encode()
    return mutate(draw, text) if draw.random() < 0.5 else text


def _options(draw: random.Random, task: str) -> tuple[str, ...]:
    """Returns `key=repr` of keys of [data]; often none."""
    if draw.random() < 0.6:
        return ()
    fields = type(from_dict({"data": {"train": "a.tsv"}}, task=task).data).model_fields
    keys = [key for key in OPTIONS if key in fields]
    chosen = draw.sample(keys, draw.choice((1, 2)))
    return tuple(f"{key}={draw.choice(OPTIONS[key])!r}" for key in chosen)


def _parsed(options: list[str]) -> dict[str, Any]:
    """Returns the keys of `_options`."""
    found = {}
    for option in options:
        key, _, text = option.partition("=")
        found[key] = next(value for value in OPTIONS[key] if repr(value) == text)
    return found


def _encode(text: str) -> None:
    """Encodes output as the terminal does; a lone surrogate is an error."""
    text.encode("utf-8")
