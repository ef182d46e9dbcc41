"""Extracts the text that people read from the files of this repository.

Python: docstrings, comments, messages and names. Markdown: prose and table cells. Notebooks: both,
without outputs. JavaScript, CSS, Kotlin, Swift, HTML, SVG: comments and visible text. TOML, YAML,
shell: comments. Code in backticks becomes `_`, so that an identifier is never read as a word.
"""

import ast
import io
import json
import re
import tokenize
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]

C_LIKE = {".js", ".css", ".kt", ".kts", ".swift"}
HASH_COMMENTS = {".toml", ".yaml", ".yml", ".config", ".sh"}
HASH_NAMES = {"Makefile", "Dockerfile", "run", ".gitignore", ".dockerignore", "Podfile"}
SUFFIXES = {".py", ".md", ".ipynb", ".html", ".svg", *C_LIKE, *HASH_COMMENTS}

_C_TOKEN = re.compile(
    r"//(?P<line>[^\n]*)|/\*(?P<block>.*?)\*/"
    r"|\"(?P<double>(?:\\.|[^\"\\\n])*)\"|'(?P<single>(?:\\.|[^'\\\n])*)'|`(?P<back>(?:\\.|[^`\\])*)`",
    re.DOTALL,
)


class Passage(NamedTuple):
    """A passage of text.

    Attributes:
        kind: `docstring`, `comment`, `message`, `name` or `prose`.
        line: line number of its first character, from 1; in a notebook, the number of its cell.
        text: the text; its newlines are those of the file where it has several lines.
    """

    kind: str
    line: int
    text: str


def passages(path: Path) -> Iterator[Passage]:
    """Yields the passages of a file, code in backticks replaced by `_`.

    Args:
        path: the file, below the root of the repository.
    """
    text = path.read_text("utf-8")
    where = path.relative_to(ROOT).parts[0]
    if path.suffix == ".py":
        found = _python(text, with_strings=where not in ("data", "tests"))
    elif path.suffix == ".md":
        found = _markdown(text)
    elif path.suffix == ".ipynb":
        found = notebook_passages(text)
    elif path.suffix in (".html", ".svg"):
        found = _html(text)
    elif path.suffix in C_LIKE:
        found = _c_like(text)
    else:
        found = _hash_comments(text)
    for kind, line, passage in found:
        yield Passage(kind, line, _without_code(passage))


def _without_code(text: str) -> str:
    """Replaces code by `_`: backticks, lines of a Python prompt, shapes such as <int32>[B]."""
    text = re.sub(r"(`+)[^`]+?\1", lambda match: "_" + "\n" * match[0].count("\n"), text)
    text = re.sub(r"^\s*(>>>|\.\.\.).*$", "", text, flags=re.MULTILINE)
    return re.sub(r"<[a-z0-9]+>\[[^\]]*\]", "_", text)


def _python(source: str, with_strings: bool) -> Iterator[Passage]:
    """Yields docstrings, comments, names, and as messages the strings of three words or more."""
    tree = ast.parse(source)
    documented = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            if isinstance(node.value.value, str):
                documented.add(id(node.value))
                yield Passage("docstring", node.lineno, node.value.value)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield Passage("name", node.lineno, _words(node.name))
        elif isinstance(node, ast.arg):
            yield Passage("name", node.lineno, _words(node.arg))
    if with_strings:
        parts = {
            id(part)
            for node in ast.walk(tree)
            if isinstance(node, ast.JoinedStr)
            for part in ast.walk(node)
            if part is not node
        }
        for node in ast.walk(tree):
            if id(node) in documented or id(node) in parts:
                continue
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value
            elif isinstance(node, ast.JoinedStr):
                text = "".join(
                    str(part.value) if isinstance(part, ast.Constant) else "_"
                    for part in node.values
                )
            else:
                continue
            if _is_message(text):
                yield Passage("message", node.lineno, text)
    yield from _python_comments(source)


def _python_comments(source: str) -> Iterator[Passage]:
    """Yields comments; those on consecutive lines of their own are one passage."""
    block: list[str] = []
    first = last = 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT:
            continue
        text = token.string.lstrip("#").strip()
        if re.match(r"(noqa|type: ignore|!)", text) or re.fullmatch(r"\[[^\]]*\].*", text):
            continue
        alone = token.line.lstrip().startswith("#")
        if block and alone and token.start[0] == last + 1:
            block.append(text)
        else:
            if block:
                yield Passage("comment", first, "\n".join(block))
            block, first = [text], token.start[0]
        last = token.start[0] if alone else -1
    if block:
        yield Passage("comment", first, "\n".join(block))


def _markdown(text: str) -> Iterator[Passage]:
    """Yields paragraphs; code blocks and the targets of links are left out."""
    text = re.sub(r"<!--.*?-->", lambda m: "\n" * m[0].count("\n"), text, flags=re.DOTALL)
    block: list[str] = []
    first, in_code = 0, False
    for number, line in enumerate([*text.splitlines(), ""], start=1):
        is_fence = line.lstrip().startswith("```")
        if is_fence:
            in_code = not in_code
        if is_fence or in_code or not line.strip() or line.startswith(("#", "|", "- ")):
            if block:
                yield Passage("prose", first, "\n".join(block))
            block = []
        if not is_fence and not in_code and line.strip():
            if not block:
                first = number
            block.append(re.sub(r"\]\([^)]*\)", "]", line))


def notebook_passages(text: str) -> Iterator[Passage]:
    """Yields the passages of Markdown and code cells."""
    for number, cell in enumerate(json.loads(text)["cells"], start=1):
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            found = _markdown(source)
        else:
            found = _python(python_source(source), with_strings=True)
        for passage in found:
            yield Passage(passage.kind, number, passage.text.replace("\n", " "))


def python_source(source: str) -> str:
    """Returns a code cell without its shell commands: `!nlp-apps ...`."""
    return re.sub(r"^!.*$", "", source, flags=re.MULTILINE)


class _VisibleText(HTMLParser):
    """Collects the text nodes, comments and spoken attributes of an HTML page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Passage] = []
        self._hidden = False

    def _add(self, kind: str, text: str) -> None:
        if text.strip():
            self.found.append(Passage(kind, self.getpos()[0], text))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden = tag in ("script", "style")
        for name, value in attrs:
            if name in ("title", "placeholder", "aria-label", "alt", "content") and value:
                self._add("message", value)

    def handle_endtag(self, tag: str) -> None:
        self._hidden = False

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self._add("message", data)

    def handle_comment(self, data: str) -> None:
        self._add("comment", data)


def _html(text: str) -> Iterator[Passage]:
    parser = _VisibleText()
    parser.feed(text)
    yield from parser.found


def _c_like(text: str) -> Iterator[Passage]:
    """Yields comments, and strings of three words or more."""
    for match in _C_TOKEN.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        if match.lastgroup in ("line", "block"):
            yield Passage(
                "comment", line, re.sub(r"^\s*\*+", "", match[match.lastgroup], flags=re.M)
            )
        elif match.lastgroup:
            string = re.sub(r"\$\{[^}]*\}", "_", match[match.lastgroup])
            if _is_message(string):
                yield Passage("message", line, string)


def _hash_comments(text: str) -> Iterator[Passage]:
    for number, line in enumerate(text.splitlines(), start=1):
        if match := re.search(r"(?:^|\s)#+(?!!)\s*(.*)$", line):
            yield Passage("comment", number, match[1])


def _is_message(text: str) -> bool:
    return len(re.findall(r"(?<!\S)[A-Za-z][a-z']+(?![^\s.,;:!?)])", text)) >= 3


def _words(name: str) -> str:
    """Splits an identifier into words: `max_length`, `TextStream`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).replace("_", " ").strip().lower()
