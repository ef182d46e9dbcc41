"""Draws the pictures of docs/gallery.md with the run of docs/tutorial.md.

    python -m docs.mkdocs.draw_gallery runs/feedback

needs the environment of the project (`make setup`). It writes docs/gallery/.
"""

import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "gallery"
TEXT = "The soup was cold, but the staff were kind."


def main(run: Path) -> None:
    """Copies the pictures of a run, and explains a text with it."""
    FOLDER.mkdir(exist_ok=True)
    for name in ("curves.png", "confusion-test.png"):
        shutil.copyfile(run / name, FOLDER / name)
    explain = [sys.executable, "-m", "nlp_apps", "sentiment", "explain", str(run), TEXT]
    subprocess.run([*explain, "--output", str(FOLDER / "words.png")], check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
