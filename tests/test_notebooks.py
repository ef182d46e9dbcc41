"""Notebooks: short cells, plain language, stored outputs of the current code, no machine's paths.

They are executed by `make notebooks`, not here.
"""

import ast
import importlib
import importlib.util
import inspect
import json
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from nlp_apps import APPS
from tests.execute_notebooks import FOLDER, source_checksum
from tests.prose import Passage, notebook_passages, python_source
from tests.test_language import MAX_WIDTH
from tests.test_markdown import check_command

NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
MAX_LINES = 16
"""Lines of a code cell that are not empty."""
MAX_BYTES = 300_000
APP_CALL = rf"({'|'.join(APPS)})\.(\w+)$"
FAULT = re.compile(r"warning(?!: worker 1 was killed)|traceback|tensorflow/core", re.IGNORECASE)
MACHINE_PATH = r"(?<![\w./<])/(home|root|tmp|Users|usr|var|work|opt)/\S*"

every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


@cache
def read(path: Path) -> dict[str, Any]:
    notebook: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return notebook


def sources(path: Path, kind: str) -> list[str]:
    return ["".join(c["source"]) for c in read(path)["cells"] if c["cell_type"] == kind]


def outputs(path: Path) -> Iterator[dict[str, Any]]:
    for cell in read(path)["cells"]:
        yield from cell.get("outputs", [])


def output_texts(output: dict[str, Any]) -> Iterator[str]:
    yield "".join(output.get("text", []))
    yield from ("".join(v) for k, v in output.get("data", {}).items() if k.startswith("text"))


def texts(path: Path) -> Iterator[str]:
    """Yields the source of each cell, and the output that is text."""
    yield from sources(path, "markdown")
    yield from sources(path, "code")
    for output in outputs(path):
        yield from output_texts(output)


def require_outputs(path: Path) -> None:
    if not any(outputs(path)):
        pytest.skip(f"never executed: make notebooks ONLY={path.stem}")


def nodes(path: Path) -> Iterator[ast.AST]:
    for source in sources(path, "code"):
        yield from ast.walk(ast.parse(python_source(source)))


def test_there_is_one_for_each_app() -> None:
    assert {path.stem for path in NOTEBOOKS} > set(APPS)


@every_notebook
def test_it_has_the_format_of_jupyter(path: Path) -> None:
    notebook = read(path)
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    keys = {"markdown": set[str](), "code": {"execution_count", "outputs"}}
    for cell in notebook["cells"]:
        assert set(cell) == {"cell_type", "id", "metadata", "source"} | keys[cell["cell_type"]]
        assert re.fullmatch(r"[a-z-]{1,64}", cell["id"]) and cell["metadata"] == {}
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids)
    if importlib.util.find_spec("nbformat"):
        importlib.import_module("nbformat").validate(notebook)


@every_notebook
def test_it_begins_with_its_result_and_ends_with_exercises(path: Path) -> None:
    cells = read(path)["cells"]
    first, last = ("".join(cells[index]["source"]) for index in (0, -1))
    assert re.match(r"# .+\n\nAt the end you will have", first)
    assert last.startswith("## Your turn\n")


@every_notebook
def test_its_cells_are_short(path: Path) -> None:
    for source in sources(path, "code"):
        assert len([line for line in source.splitlines() if line]) <= MAX_LINES, source
    for source in sources(path, "markdown"):
        for line in source.splitlines():
            assert len(line) <= MAX_WIDTH or "](" in line, line


@every_notebook
def test_outputs_are_those_of_the_code(path: Path) -> None:
    require_outputs(path)
    code = [cell for cell in read(path)["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == [*range(1, len(code) + 1)]
    stored = read(path)["metadata"]["nlp_apps"]["source_sha256"]
    assert stored == source_checksum(read(path)), f"run: make notebooks ONLY={path.stem}"


@every_notebook
def test_outputs_have_neither_errors_nor_warnings(path: Path) -> None:
    for output in outputs(path):
        assert output["output_type"] != "error" and output.get("name") != "stderr", output
        for text in output_texts(output):
            assert not FAULT.search(text), text


@every_notebook
def test_it_has_no_path_of_a_machine_and_needs_no_network(path: Path) -> None:
    for text in texts(path):
        found = re.search(
            r"(?<![\w./<])/(home|root|tmp|Users|usr|var|work|opt)/\S*|https?://", text
        )
        assert not found, found


@every_notebook
def test_it_is_small_and_shows_pictures(path: Path) -> None:
    assert path.stat().st_size < MAX_BYTES
    require_outputs(path)
    if path.stem != "several_machines":
        assert any("image/png" in output.get("data", {}) for output in outputs(path))


@every_notebook
def test_its_imports_and_arguments_exist(path: Path) -> None:
    for node in nodes(path):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("nlp_apps"):
            module = importlib.import_module(str(node.module))
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                assert hasattr(module, alias.name) or importlib.util.find_spec(name), name
        if isinstance(node, ast.Call) and (match := re.match(APP_CALL, ast.unparse(node.func))):
            app = importlib.import_module(f"nlp_apps.{match[1]}")
            known = inspect.signature(getattr(app, match[2])).parameters
            assert {word.arg for word in node.keywords if word.arg} <= set(known)


@every_notebook
def test_its_commands_and_links_exist(path: Path) -> None:
    for source in sources(path, "code"):
        for line in re.findall(r"(nlp-apps [^\"]*?)(?:\"$| 2>&1)", source, re.MULTILINE):
            check_command(shlex.split(line))
    for source in sources(path, "markdown"):
        for command in re.findall(r"`(nlp-apps [^`]+)`", source):
            check_command(shlex.split(command))
        for target in re.findall(r"\]\(([^)\s]+)\)", source):
            assert (FOLDER / target).exists(), target


def test_the_language_rule_reads_prose_comments_and_names_of_cells() -> None:
    cells = [
        {"cell_type": "markdown", "source": ["Two\n", "lines."]},
        {"cell_type": "code", "source": ["!nlp-apps --help\n", "rate = 1  # a comment"]},
    ]
    assert [*notebook_passages(json.dumps({"cells": cells}))] == [
        Passage("prose", 1, "Two lines."),
        Passage("comment", 2, "a comment"),
    ]
