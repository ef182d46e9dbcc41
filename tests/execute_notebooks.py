"""Executes the notebooks and stores their outputs in them: `make notebooks`.

    python -m tests.execute_notebooks [NAME ...]

Each notebook runs in a process of its own; one that raises an error keeps its old outputs. The
extra `notebooks` has the packages. `tests/test_notebooks.py` checks the stored outputs, without
them.
"""

import base64
import hashlib
import io
import os
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.prose import ROOT

FOLDER = ROOT / "notebooks"

SECONDS = 1800
"""Longest time of a cell on a slow machine."""

TRAINING_LINE = r"evaluation +\d+ |finished: \d+ steps"

COLOURS = 64
"""Colours of a picture, enough for its lines, shades and letters."""


def source_checksum(notebook: dict[str, Any]) -> str:
    """Returns the SHA-256 of the code cells, by which a test finds outputs of older code."""
    code = [cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "code"]
    text = "\0".join("".join(source) for source in code)
    return hashlib.sha256(text.encode()).hexdigest()


def execute(path: Path) -> float:
    """Executes a notebook and writes it with its outputs.

    Returns:
        The duration in seconds.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell raised an error.
        nbclient.exceptions.CellTimeoutError: a cell needed too long.
    """
    import nbformat
    from nbclient import NotebookClient
    from traitlets.config import Config

    notebook = nbformat.read(path, as_version=4)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as sockets:  # TCP would open ports.
        transport = {"transport": "ipc", "ip": f"{sockets}/kernel"}
        NotebookClient(
            notebook,
            timeout=SECONDS,
            startup_timeout=SECONDS,
            kernel_name="python3",
            record_timing=False,
            coalesce_streams=True,
            config=Config({"KernelManager": transport}),
        ).execute(cwd=str(FOLDER))
    seconds = time.monotonic() - started
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in map(_shorten, cell.outputs) if output]
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
        "nlp_apps": {"source_sha256": source_checksum(notebook)},
    }
    nbformat.validate(notebook)
    temporary = path.with_suffix(".partial")
    nbformat.write(notebook, temporary)
    os.replace(temporary, path)
    return seconds


def _shorten(output: dict[str, Any]) -> dict[str, Any] | None:
    """Removes ended progress bars, and reduces pictures to few colours; None: nothing is left.

    The lines that training prints are moved to stdout. Other lines on stderr stay: a test fails.
    """
    if output["output_type"] == "stream" and output["name"] == "stderr":
        lines = re.sub(r"\x1b\[\w+", "", output["text"]).splitlines()
        lines = [line.rstrip() for line in lines if line.strip()]
        if all(re.match(TRAINING_LINE, line) for line in lines):
            output["name"] = "stdout"
        output["text"] = "".join(f"{line}\n" for line in lines)
        return output if lines else None
    if png := output.get("data", {}).get("image/png"):
        output["data"]["image/png"] = _with_few_colours(png)
    return output


def _with_few_colours(png: str) -> str:
    """Returns a PNG with a palette, a quarter as large; both in Base64."""
    from PIL import Image

    picture = Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB")
    smaller = io.BytesIO()
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(smaller, "png", optimize=True)
    return base64.b64encode(smaller.getvalue()).decode()


def main(names: list[str]) -> int:
    """Executes the notebooks of these names, by default all; returns the exit code."""
    from nbclient.exceptions import CellExecutionError, CellTimeoutError

    paths = [FOLDER / f"{name}.ipynb" for name in names] or sorted(FOLDER.glob("*.ipynb"))
    failed = 0
    for path in paths:
        try:
            seconds = execute(path)
        except (CellExecutionError, CellTimeoutError) as error:
            print(f"{path.name}: {error}", file=sys.stderr)
            failed = 1
        else:
            print(f"{path.name}: {seconds:.0f} s, {path.stat().st_size / 1000:,.0f} kB", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
