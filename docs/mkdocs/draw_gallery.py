"""Draws the pictures of docs/gallery.md.

    python -m docs.mkdocs.draw_gallery runs/phrases runs/tales runs/sweep-mine runs/recall

needs the environment of the project (`make setup`), and any of the folders that the page names.
It writes docs/gallery/.
"""

import shutil
import sys
from pathlib import Path

from PIL import Image

from nlp_apps import generation, sentiment, translation
from nlp_apps.cli import main as cli
from nlp_apps.cli.app_description import App

FOLDER = Path(__file__).parents[1] / "gallery"
EXPLAINED: dict[str, tuple[App, str, list[str]]] = {
    "feedback": (sentiment.APP, "words.png", ["The soup was cold, but the staff were kind."]),
    "phrases": (
        translation.APP,
        "attention.png",
        ["My sister drinks black coffee in the garden."],
    ),
    "tales": (
        generation.APP,
        "gates.png",
        ["The king had three sons. The king was old.", "--gates"],
    ),
}
"""Name of a run -> its app, the picture, and the text and flags of `explain`."""

COPIED = {
    "feedback": ("curves.png", "confusion-test.png"),
    "sweep-mine": ("sweep.png",),
    "recall": ("recall.png",),
}
"""Name of a folder -> pictures that its command wrote."""

MAX_BYTES = 100_000
COLORS = 64


def main(folders: list[Path]) -> None:
    """Draws the pictures of some folders.

    Raises:
        SystemExit: a folder has another name than those of the page, or a command fails.
    """
    names = sorted({*EXPLAINED, *COPIED})
    for folder in folders:
        if folder.name not in names:
            raise SystemExit(f"{folder}: must be named {', '.join(names)}.")
    FOLDER.mkdir(exist_ok=True)
    for folder in folders:
        for name in COPIED.get(folder.name, ()):
            shutil.copyfile(folder / name, FOLDER / name)
            shrink(FOLDER / name)
        if folder.name in EXPLAINED:
            app, name, words = EXPLAINED[folder.name]
            command = ["explain", str(folder), *words, "--output", str(FOLDER / name)]
            if code := cli.main(app, command):
                raise SystemExit(code)
            shrink(FOLDER / name)


def shrink(path: Path) -> None:
    """Reduces the colors of a picture that has more than `MAX_BYTES` bytes."""
    if path.stat().st_size > MAX_BYTES:
        with Image.open(path) as picture:
            small = picture.convert("RGB").quantize(COLORS)
        small.save(path, optimize=True)


if __name__ == "__main__":
    main([Path(word) for word in sys.argv[1:]])
