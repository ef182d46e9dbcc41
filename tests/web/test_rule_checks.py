"""The check of rules for sentences in JavaScript, in Node: the same decisions as in Python."""

import base64
import io
import json
import zipfile
from typing import Any

import pytest

from nlp_apps.litert.rule_checks import is_safe_rule
from nlp_apps.server.web_pages import WEB
from nlp_apps.text.sentences import SentenceSplitter, sentence_rules
from tests.web.node import needs_node, node

pytestmark = needs_node

SAFE: list[Any] = [
    *(list(rule) for code in ("", "en", "de", "fr", "zh") for rule in sentence_rules(code)),
    ["(x)(y)", "5"],
    ["(x)(y)", "$"],
    ["(x)(y)", "\U0001f634"],
    ["(x*)(y+)", ""],
    ["(x|)(y|xx)?", ""],
    ["(?:x|y)(x{2,9})(\\.[\\]a]|\\x41)", ""],
    ["(x{0,3})()", ""],
    ["()(" + "x?" * 14 + ")", ""],
    ["([" + "x" * 19_000 + "])()", ""],
]
UNSAFE: list[Any] = [
    ["((a*)*)(b)", "\n"],
    [r"((?:x*)*)()y", ""],
    [r"((?:x|x)+)()y", ""],
    ["()(" + "x?" * 15 + ")", ""],
    ["(x{0,99})(x{0,99}x{0,9})", ""],
    [r"(x)(?=(?:x+)+y)", ""],
    [r"(x*)(x*)x*y", ""],
    [r"(x{1,})(x*)x{,}y", ""],
    ["((?:(?:x?){9}){9})()", ""],
    ["(x[a--b])()", ""],
    ["(x[[a])()", ""],
    ["(x[a&&b])()", ""],
    [r"(x)(\1)", ""],
    [r"(x)(\w)", ""],
    ["(?i)(x)(y)", ""],
    ["(?P<a>x)(y)", ""],
    ["(x)(y)|z", ""],
    ["(x)", ""],
    ["(x)(y)(z)", ""],
    ["(x)(y", ""],
    ["(x))(y", ""],
    ["*(x)(y)", ""],
    ["(x)(y)\\", ""],
    ["(x)(y)" + "z" * 20_000, ""],
    ["(x)(y)", "a long text"],
    ["(x)(y)", "\\"],
    ["(x)(y)", "\ud800"],
    ["(x)(\ud800)", ""],
    ["(x)(y)", 1],
    ["(x)(y)"],
    "xy",
    None,
    {},
]

SCRIPT = """
import { readFileSync } from "node:fs";
const { isSafeRule } = await import(process.argv[1] + "/litert/rule-checks.js");
const { splitSentences } = await import(process.argv[1] + "/litert/sentences.js");
const { rules, text } = JSON.parse(readFileSync(0));
const safe = rules.map(isSafeRule);
const split = rules.map((rule, index) => safe[index] && splitSentences(text, [rule]));
console.log(JSON.stringify([safe, split]));
"""
TEXT = "A xy. Mr. X said x. yes! No? xxxy xAb\nx y。好"


def test_node_accepts_the_same_rules_as_python_and_splits_alike() -> None:
    rules = [*SAFE, *UNSAFE]
    found, split = json.loads(
        node(SCRIPT, WEB.as_uri(), input=json.dumps({"rules": rules, "text": TEXT}))
    )
    expected = [True] * len(SAFE) + [False] * len(UNSAFE)
    assert [is_safe_rule(rule) for rule in rules] == expected
    assert found == expected
    for rule, sentences in zip(SAFE, split, strict=False):
        assert sentences == SentenceSplitter([rule]).split(TEXT), rule


READ = """
import { readFileSync } from "node:fs";
const { readFiles } = await import(process.argv[1] + "/litert/metadata.js");
const { readProperties } = await import(process.argv[1] + "/onnx/onnx-properties.js");
const { tflite, onnx } = JSON.parse(readFileSync(0));
const bytes = (text) => new Uint8Array(Buffer.from(text, "base64"));
const name = async (read) => read().then(() => "read", (error) => error.constructor.name);
console.log(await name(async () => readFiles(bytes(tflite))));
console.log(await name(async () => readProperties(bytes(onnx))));
"""


def archive(files: dict[str, str]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as found:
        for name, content in files.items():
            found.writestr(name, content)
    return file.getvalue()


def properties(files: dict[str, str]) -> bytes:
    """Returns `metadata_props` of a protobuf message `ModelProto`."""

    def field(number: int, content: bytes) -> bytes:
        size = len(content)
        return bytes([number * 8 + 2, size % 128 + 128, size // 128]) + content

    return b"".join(
        field(14, field(1, name.encode()) + field(2, content.encode()))
        for name, content in files.items()
    )


@pytest.mark.parametrize(
    ("rules", "found"),
    [
        ([["(x)(y)", ""]], "read"),
        ([["((a*)*)(b)", ""]], "InvalidModelError"),
        ([["(x)(y)", ""]] * 33, "InvalidModelError"),
        (None, "InvalidModelError"),
    ],
)
def test_a_file_with_an_unsafe_rule_is_refused(rules: Any, found: str) -> None:
    metadata = json.dumps({"task": "translation", "sentence_rules": rules})
    files = {"nlp_apps.json": metadata, "pieces.json": "[]", "signatures.json": "{}"}
    both = {"tflite": archive(files), "onnx": properties(files)}
    packed = {name: base64.b64encode(content).decode() for name, content in both.items()}
    assert node(READ, WEB.as_uri(), input=json.dumps(packed)).split() == [found, found]
