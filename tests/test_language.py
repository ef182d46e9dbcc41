"""The language rule: every text that a person reads uses the words of the field.

    python -m tests.test_language nlp_apps/server README.md

prints the findings in those paths. `FORBIDDEN` pairs a pattern with the word to use; `ALLOWED` has
the exceptions, each with its reason.
"""

import os
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.prose import HASH_NAMES, ROOT, SUFFIXES, Passage, passages

# Paths whose text is still that of 0.1.0. Owners remove their paths; at the end it is empty.
NOT_YET_REWRITTEN: tuple[str, ...] = ()

# A docstring begins with the noun or verb of the field.
FORBIDDEN_BEGINNING = re.compile(
    r"\s*(what|how|where|whose|whom|who|whether|which|when|why|of|as|at|so|that|this|there|it|they"
    r"|with|without|from|by|nothing|everything|something|gives|tells|takes|says|answers|asks|looks"
    r"|puts|does|stands|lets|goes)\b",
    re.IGNORECASE,
)
# So do the descriptions of arguments, attributes and errors. "Whether" is Keras's own word there.
FORBIDDEN_ITEM_BEGINNING = re.compile(
    r"^\s+[\w*, `]+: (what|how|where|whose|who|which|of)\b", re.IGNORECASE | re.MULTILINE
)

# Pattern -> the field's word. A space in a pattern also matches a newline.
FORBIDDEN = {
    r"answer(s|ed|ing)?|unanswered": "predict, prediction, response",
    r"tell(s|ing)?|told": "print, report, log, distinguish",
    r"(?<!a\s)(?<!the\s)stand(s|ing)?(?!-?alone)(?! for\b)|stood": "is",
    r"gives?|gave|giving": "return, pass, produce",
    r"(is|are|was|were|be|been|not|when|where|as) given": "is set, passed, returned",
    r"given(?! (the|a|an|its|their|that|all|only|[A-Z_]\b))": "passed, set, specified",
    r"(take|takes|took|taking)(?! place\b)"
    r"(?!( \S+){0,4} (\d|seconds?|minutes?|hours?|long|longer|time|times)\b)": "accept, read, use",
    r"taken": "read, used, accepted",
    r"blanks?(?! lines?\b)": "space, empty",
    r"lines?'s? ends?|ends? of lines?|line ends?(?! (with|in|at|before|after)\b)": "newline",
    r"no (longer a )?number(?! of\b)": "NaN",
    r"half (a )?characters?|half of a character": "surrogate",
    r"spelt|spells?": "written, encoded",
    r"mend(s|ed|ing)?": "fix",
    r"(?<!thing\s)(?<!one\s)(?<!where\s)else(?! if\b)": "otherwise",
    r"oftener": "more often",
    r"likeliest|likelier": "most probable, more probable",
    r"shall": "must, should, will",
    r"whoever|whomever|whatever|whichever": "name the thing",
    r"nobody|somebody|anybody|everybody": "name the user, client, caller",
    r"rooms?": "max_length, capacity, space",
    r"chances": "logits, probabilities",
    r"figures?(?! \d)": "score, number; a plot is a figure",
    r"look(s|ed|ing)?(?!(-| it | them | )?up\b)(?! like\b)": "attend, inspect, read",
    r"lies?|lain|lay|laid|lying": "is",
    r"what(?! (to|changed|changes|happens|happened)\b)(?![^.]*\?)": "name the thing",
    r"how (many|much)(?![^.]*\?)": "the number of, the amount of",
    r"as (it|they) (is|are|was|were)(?=[.,;:)]|$| (and|or|in|to|for|without)\b)": "unchanged",
    r"leav(e|es|ing) away|left away": "drop, omit",
    r"ask(s|ed|ing)?": "request, call",
    r"bears?": "has, carries",
    r"(hang|hangs|hung|hanging) (up|on)": "disconnect, depend",
    r"wants?": "needs, expects",
    r"thinks?|thought": "predicts",
    r"(go|goes|went|going) on": "resume, continue",
    r"judg(e|es|ed|ing|ement)": "classify",
    r"knobs?": "parameter",
    r"slopes?": "gradient",
    r"cuts?|cutting": "truncate, split",
    r"rounds?(?!([- ](trips?|to|up|down|off|half)\b))": "evaluation",
    r"nothing but|none but": "only",
    r"(its|their|the) like": "similar",
    r"hears?|heard": "receive",
    r"shouts?": "name the thing",
    r"ours": "of this project",
    r"learnt|dreamt|burnt": "learned",
    r"anew|afresh|thrice|lest|whence|hence": "again, three times, therefore",
    r"at the gate": "in the middleware",
    r"(it|that|which|they) (is|are) none": "not set, missing",
    r"(is|are) no news": "is logged once",
    r"so many": "this many",
    r"/(work|tmp/wt|root|home)/\S*": "no path of one machine",
}
_PATTERNS = {
    re.compile(rf"(?<![\w'/-])(?:{pattern})(?![\w'])".replace(" ", r"\s+"), re.IGNORECASE): word
    for pattern, word in FORBIDDEN.items()
}

# Path prefix, pattern of the phrase, reason. Its words are not breaches.
QUESTION_ANSWERING = (
    *("README.md", "CHANGELOG.md", "docs/summaries_and_answers.md", "data/", "models/"),
    *("nlp_apps/inspection/inspection.py", "nlp_apps/metrics/", "nlp_apps/recipe/"),
    *("nlp_apps/tasks/translation_baselines.py", "nlp_apps/translation.py"),
    "nlp_apps/export/translation_plan.py",
    *("tests/data/test_paragraphs.py", "tests/metrics/test_answers.py"),
    "tests/inspection/test_other_targets.py",
    *("tests/recipe/test_pointer_keys.py", "tests/tasks/test_pointer_task.py"),
)
ALLOWED = (
    ("", r"stands? alone", "set phrase"),
    ("nlp_apps/litert/golden.py", r"nobody came", "a text that a model classifies"),
    ("nlp_apps/demo.py", r"What a delight", "a review that the demo classifies"),
    ("", r"given name|take back|take[sn]? over|takes? effect", "set phrases"),
    ("data/", r"[A-Z][^.?]*\?", "a question of the corpus"),
    (
        "data/",
        r"\b(room|lie|ask|answer|stand|look|think|hear|cut|want|tell|take|give|spell|blank)s?\b",
        "words of the corpus",
    ),
    *((path, r"\banswers?\b", "the output of question answering") for path in QUESTION_ANSWERING),
)

# Installed, built and exported files.
UNREAD_FOLDERS = {"node_modules", "runs", "build", "dist", "site", "__pycache__", ".git"}
UNREAD_FOLDERS |= {".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis"}

MAX_WIDTH = 100  # of Markdown prose
MAX_CELL = 120  # of a table cell, without the targets of its links


def files(paths: Iterable[Path] = (ROOT,)) -> list[Path]:
    """Lists the text files at and below paths, without those of `UNREAD_FOLDERS`."""
    found = []
    for top in paths:
        if top.is_file():
            found.append(top)
        for folder, folders, names in os.walk(top):
            folders[:] = [name for name in folders if not _is_unread(name)]
            found += [Path(folder, name) for name in names]
    return sorted(path for path in found if path.suffix in SUFFIXES or path.name in HASH_NAMES)


def _is_unread(folder: str) -> bool:
    return folder in UNREAD_FOLDERS or folder.startswith(".venv")


def findings(path: Path) -> list[str]:
    """Lists the breaches of a file, one line each: place, kind, word, advice, context."""
    name = path.relative_to(ROOT).as_posix()
    found = []
    for passage in passages(path):
        for offset, text, advice in _breaches(passage):
            if not _is_allowed(name, passage.text, offset, offset + len(text)):
                line = passage.line + passage.text.count("\n", 0, offset)
                around = passage.text[max(0, offset - 30) : offset + len(text) + 30]
                around = " ".join(around.split())
                found.append(f"{name}:{line}: {passage.kind}: {text!r} ({advice}) in: {around}")
    if path.suffix == ".md":
        found += [f"{name}:{line}: {problem}" for line, problem in _layout(path.read_text("utf-8"))]
    return found


def _is_allowed(name: str, text: str, start: int, end: int) -> bool:
    return any(
        phrase.start() < end and start < phrase.end()
        for prefix, pattern, _ in ALLOWED
        if name.startswith(prefix)
        for phrase in re.finditer(pattern, text, re.IGNORECASE)
    )


def _breaches(passage: Passage) -> Iterator[tuple[int, str, str]]:
    """Yields offset, text and advice."""
    text = passage.text
    if passage.kind == "docstring":
        if first := FORBIDDEN_BEGINNING.match(text):
            yield first.start(1), first[1], "begin with a noun or a verb"
        for item in FORBIDDEN_ITEM_BEGINNING.finditer(text):
            yield item.start(1), item[1], "begin with a noun or a verb"
    for pattern, advice in _PATTERNS.items():
        for match in pattern.finditer(text):
            yield match.start(), match[0], advice


def _layout(text: str) -> Iterator[tuple[int, str]]:
    """Yields line number and problem of Markdown lines that are too wide."""
    in_code = False
    for number, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith("```"):
            in_code = not in_code
        if in_code:
            continue
        plain = re.sub(r"\]\([^)]*\)", "]", line)
        if line.startswith("|"):
            widest = max(map(len, re.split(r"(?<!\\)\|", plain)))
            if widest > MAX_CELL:
                yield number, f"a cell of {widest} characters, at most {MAX_CELL}"
        elif len(line) > MAX_WIDTH and "](" not in line and "http" not in line:
            yield number, f"{len(line)} characters, at most {MAX_WIDTH}"


def test_every_text_uses_the_words_of_the_field() -> None:
    checked = [
        path
        for path in files()
        if not path.relative_to(ROOT).as_posix().startswith(NOT_YET_REWRITTEN)
    ]
    found = [finding for path in checked for finding in findings(path)]
    assert not found, "\n".join(found)


def test_a_breach_of_each_kind_is_found() -> None:
    def advice(kind: str, text: str) -> list[str]:
        return [found for _, found, _ in _breaches(Passage(kind, 1, text))]

    assert advice("docstring", "What a model says.\n\n    Args:\n        rows: how many.") != []
    assert (
        advice("docstring", "Returns the labels.\n\n    Args:\n        rows: their number.") == []
    )
    assert advice("comment", "the line's\nend") == ["line's\nend"]
    assert advice("message", "the standard output is shown") == []
    assert advice("name", "likeliest label") == ["likeliest"]
    assert [*_layout("| " + "x" * 130 + " |\n" + "y" * 101 + "\n```\n" + "z" * 101 + "\n```")] == [
        (1, "a cell of 132 characters, at most 120"),
        (2, "101 characters, at most 100"),
    ]


if __name__ == "__main__":
    total = [
        line
        for path in files(Path(name).resolve() for name in sys.argv[1:] or ["."])
        for line in findings(path)
    ]
    print(*total, f"{len(total)} findings", sep="\n")
    sys.exit(bool(total))
