"""Documents match the code: links, paths, modules, commands, recipe keys and Python examples."""

import ast
import contextlib
import importlib.util
import io
import re
import runpy
import shlex
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from nlp_apps import __main__ as command
from nlp_apps.recipe import schema
from tests.commands import restored_process
from tests.prose import ROOT
from tests.test_language import NOT_YET_REWRITTEN, files

DOCUMENTS = [
    path
    for path in files()
    if path.suffix == ".md" and not path.relative_to(ROOT).as_posix().startswith(NOT_YET_REWRITTEN)
]
FOLDERS = "benchmarks|data|deploy|docs|examples|models|nlp_apps|saved_models|tests"
FILE_NAMES = {"data.json", "model.safetensors", "tokenizer.model"}
SECTIONS = ("data", "tokenizer", "model", "training", "decoding", "export")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


every_document = pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)


def text_of(path: Path) -> str:
    """Returns a document; of the tables of the changelog only the last column, the new names."""
    text = path.read_text("utf-8")
    if path.name == "CHANGELOG.md":
        text = re.sub(r"^\|.*\|([^|]*)\|$", r"|\1|", text, flags=re.MULTILINE)
    return text


def code_blocks(text: str, language: str = r"\w*") -> Iterator[str]:
    """Yields the contents of code blocks in a language, `\\` before a newline removed."""
    for match in re.finditer(rf"^ *```{language}\n(.*?)^ *```", text, re.M | re.S):
        yield match[1].replace("\\\n", " ")


def inline_code(text: str) -> list[str]:
    without_blocks = re.sub(r"^ *```.*?^ *```", "", text, flags=re.M | re.S)
    return [code.replace("\n", " ") for code in re.findall(r"`([^`]+)`", without_blocks)]


def commands(text: str) -> Iterator[list[str]]:
    """Yields the words of commands in code blocks and inline code, without comments."""
    lines = [line for block in code_blocks(text) for line in block.splitlines()]
    for line in [*lines, *inline_code(text)]:
        line = re.sub(r"^\s*(\$ )?(\.venv/bin/)?", "", line)
        if re.match(r"(nlp-apps|python3? -m nlp_apps|make) ", line):
            line = re.sub(r"[\[\]]", " ", line)
            with contextlib.suppress(ValueError):  # an apostrophe after the command
                yield shlex.split(line, comments=True)


@cache
def help_text(module: str, words: tuple[str, ...]) -> str:
    """Returns the output of `--help`.

    Args:
        module: `nlp_apps`, or a module with a command line of its own.
        words: the words before `--help`.
    """
    out = io.StringIO()
    with restored_process(), contextlib.redirect_stdout(out), pytest.MonkeyPatch.context() as patch:
        code: Any = 0
        try:
            if module == "nlp_apps":
                code = command.main([*words, "--help"])
            else:
                patch.setattr(sys, "argv", [module, "--help"])
                runpy.run_module(module, run_name="__main__")
        except SystemExit as error:
            code = error.code
    assert not code, f"{module} {words} --help exits with {code}"
    return out.getvalue()


def check_command(words: list[str]) -> None:
    """Checks that the verb of a command exists and that its help lists every flag."""
    if words[0] == "make":
        targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.M)
        assert words[1].startswith(("-", "...")) or words[1] in targets
        return
    if words[:2] == ["nlp-apps", "launch"] and "--" in words:  # the command of each worker follows
        place = words.index("--")
        check_command(["nlp-apps", *words[place + 1 :]])
        words = words[:place]
    module, rest = ("nlp_apps", words[1:]) if words[0] == "nlp-apps" else (words[2], words[3:])
    flags = {word.split("=")[0] for word in rest if word.startswith("--")}
    if module == "nlp_apps":
        if any(word.isupper() for word in rest[:2]):  # APP, VERB
            return
        depth = 2 if rest[0] in command.APPS else 1
        verbs = [word for word in rest[:depth] if not word.startswith("-")]
    elif module.removeprefix("nlp_apps.") in command.APPS:
        module, verbs = "nlp_apps", [module.removeprefix("nlp_apps."), *rest[:1]]
    else:
        assert importlib.util.find_spec(module), module
        verbs = []
    if module == "nlp_apps" or flags:
        listed = set(re.findall(r"--[a-z][a-z-]*", help_text(module, tuple(verbs)))) | {"--help"}
        assert flags <= listed | {"--version"}, f"{words}: {flags - listed} is not in its help"


@cache
def recipe_keys() -> dict[str, set[str]]:
    """Returns the keys of each section, of all tasks together."""
    keys: dict[str, set[str]] = {section: set() for section in SECTIONS}
    for recipe in (schema.TranslationRecipe, schema.SentimentRecipe, schema.GenerationRecipe):
        for section in SECTIONS:
            model: Any = recipe.model_fields[section].annotation
            assert issubclass(model, BaseModel)
            keys[section] |= model.model_fields.keys()
    return keys


@every_document
def test_links_lead_to_files(path: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text("utf-8")):
        if not re.match(r"[a-z]+:|#", target):
            assert (path.parent / target.partition("#")[0]).exists(), target


@every_document
def test_paths_and_modules_exist(path: Path) -> None:
    for code in inline_code(text_of(path)):
        if re.fullmatch(rf"({FOLDERS})/[\w./-]*", code) and not re.search(
            r"[A-Z]{2}(?!.*md)", code
        ):
            assert (ROOT / code).exists(), code
        if re.fullmatch(r"nlp_apps(\.[a-z_]+)+(\.\w+)?", code) and code != "nlp_apps.json":
            names = code.split(".")
            while names and not (ROOT / "/".join(names)).with_suffix(".py").exists():
                if (ROOT / "/".join(names)).is_dir():
                    break
                last = names.pop()
                module = (ROOT / "/".join(names)).with_suffix(".py")
                source = module if module.exists() else ROOT / "/".join(names) / "__init__.py"
                assert re.search(rf"\b{last}\b", source.read_text("utf-8")), code


def test_the_files_of_the_walks_exist() -> None:
    names = {path.name for path in (ROOT / "nlp_apps").rglob("*.py")}
    for code in inline_code((ROOT / "CONTRIBUTING.md").read_text("utf-8")):
        if re.fullmatch(r"\w+\.py", code):
            assert code in names, code
        elif re.fullmatch(r"[\w/]+\.py", code) and not re.match(FOLDERS, code):
            assert (ROOT / "nlp_apps" / code).exists(), code


@every_document
def test_commands_exist_and_have_their_flags(path: Path) -> None:
    for words in commands(text_of(path)):
        check_command(words)


@every_document
def test_recipe_keys_exist(path: Path) -> None:
    text, keys = text_of(path), recipe_keys()
    found = re.findall(r"--set (\w+)\.(\w+)=", text)
    for code in inline_code(text):
        if match := re.fullmatch(rf"({'|'.join(SECTIONS)})\.(\w+)( = .*)?", code):
            found.append((match[1], match[2]))
    for block in code_blocks(text, "toml"):
        for section, values in tomllib.loads(block).items():
            if isinstance(values, dict):
                found += [(section, key) for key in values]
    for section, key in found:
        if (section, key) != ("section", "key") and f"{section}.{key}" not in FILE_NAMES:
            assert key in keys[section], f"{section}.{key}"


@every_document
def test_python_examples_parse(path: Path) -> None:
    for block in code_blocks(path.read_text("utf-8"), "python"):
        ast.parse(block)
