"""The phone examples ask for what a `.tflite` has: nothing here compiles them."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from nlp_apps.litert.metadata import METADATA_FILE, read_metadata
from tests.tiny_models import Made

EXAMPLES = Path(__file__).parents[2] / "examples"
SOURCES = {
    "android": sorted((EXAMPLES / "android").rglob("*.kt")),
    "ios": sorted((EXAMPLES / "ios").rglob("*.swift")),
}
TASKS = ("translation", "sentiment", "generation")
MOST_LINES = 200
WAYS_WITH_LONG_TEXTS = {"head", "tail", "both"}
OLD_KEYS = {"begin", "end", "long_texts"}
"""Keys of version 0.1.0."""
FILES = {METADATA_FILE, "tflite", "json", *TASKS}
USED = {
    "tokenize",
    "detokenize",
    "greedy",
    "beam",
    "classify",
    "prefill",
    "sample",
}
"""Signatures of the examples; the others are for hosts that search or score by themselves."""


class Signature(NamedTuple):
    """Inputs and outputs of a signature: name -> type."""

    inputs: dict[str, type]
    outputs: dict[str, type]


@pytest.fixture(scope="module")
def signatures(tiny_lite: Made) -> dict[str, Signature]:
    """Those of all three models."""
    found = {}
    for task in TASKS:
        interpreter = Interpreter(str(tiny_lite(task)))
        for name in interpreter.get_signature_list():
            runner = interpreter.get_signature_runner(name)
            details = runner.get_input_details(), runner.get_output_details()
            found[name] = Signature(
                *({key: one["dtype"] for key, one in side.items()} for side in details)
            )
    return found


@pytest.fixture(scope="module")
def metadata_keys(tiny_lite: Made) -> set[str]:
    return {key for task in TASKS for key in keys(read_metadata(tiny_lite(task)))}


@pytest.fixture(params=SOURCES)
def code(request: pytest.FixtureRequest) -> str:
    return "\n".join(path.read_text("utf-8") for path in SOURCES[request.param])


def keys(value: Any) -> set[str]:
    """The keys of an object and of all in it."""
    if not isinstance(value, dict):
        return set()
    return set(value).union(*(keys(one) for one in value.values()))


def camel(name: str) -> str:
    """A name in the spelling of Swift."""
    return re.sub(r"_(\w)", lambda found: found[1].upper(), name)


def names(code: str) -> set[str]:
    """The strings of a program that look like a name."""
    return set(re.findall(r'"([a-z][a-z_.]*)"', code))


def test_every_name_is_one_of_the_models(
    code: str, signatures: dict[str, Signature], metadata_keys: set[str]
) -> None:
    known = set(signatures) | metadata_keys | OLD_KEYS | FILES | WAYS_WITH_LONG_TEXTS
    for signature in signatures.values():
        known |= set(signature.inputs) | set(signature.outputs)
    assert names(code) <= known
    assert names(code) & set(signatures) == USED


def test_every_input_of_the_signatures_is_given(
    code: str, signatures: dict[str, Signature]
) -> None:
    for name in USED:
        assert set(signatures[name].inputs) <= names(code), name


def test_inputs_and_outputs_belong_to_the_signature_that_is_run(
    code: str, signatures: dict[str, Signature]
) -> None:
    calls = re.findall(r'run\("(\w+)", (.*)', code)
    assert {name for name, _ in calls} == USED - {"greedy", "beam"}  # these by a variable
    for name, rest in calls:
        inputs, outputs = signatures[name]
        assert names(rest) <= set(inputs) | set(outputs), name
        given = set(re.findall(r'"(\w+)"(?: to|:) ', rest))
        assert given in (set(), set(inputs)), name


def test_outputs_are_read_as_what_they_are(code: str, signatures: dict[str, Signature]) -> None:
    read = re.findall(r'\.(ints|floats)\("(\w+)"\)', code)
    assert {name for _, name in read} >= {"ids", "count", "codepoints", "probabilities", "token"}
    for how, name in read:
        kinds = {one.outputs[name] for one in signatures.values() if name in one.outputs}
        assert kinds == {{"ints": np.int32, "floats": np.float32}[how]}, name


def test_swift_reads_keys_that_the_card_has(metadata_keys: set[str]) -> None:
    code = (EXAMPLES / "ios/NlpApps/LiteModel.swift").read_text("utf-8")
    struct = code[code.index("struct Card") : code.index("\nextension")]
    declared = re.findall(r"let ([^;}\n]*)", struct)
    read = {part.split(":")[0].strip() for names in declared for part in names.split(",")}
    assert {"characters", "specialIds", "truncation", "topK"} <= read
    assert read <= {camel(key) for key in metadata_keys | OLD_KEYS}


def test_random_numbers_are_made_with_the_same_constants(code: str) -> None:
    found = code.replace("_", "").lower()
    for constant in (0x9E3779B9, 0x7FEB352D, 0x846CA68B):
        assert f"0x{constant:x}" in found


@pytest.mark.parametrize("example", SOURCES)
def test_they_are_short(example: str) -> None:
    lines = "\n".join(path.read_text("utf-8") for path in SOURCES[example]).splitlines()
    code = [
        one for line in lines if (one := line.strip()) and not one.startswith(("//", "/*", "*"))
    ]
    assert 100 < len(code) < MOST_LINES


def test_the_android_project_names_what_is_there() -> None:
    root = EXAMPLES / "android"
    scripts = {path.parent.name: path.read_text("utf-8") for path in root.rglob("*.gradle.kts")}
    assert set(scripts) == {"android", "app"}
    for script in scripts.values():
        assert all(script.count(left) == script.count(right) for left, right in ("{}", "()"))
    (package,) = re.findall(r'namespace = "(.*)"', scripts["app"])
    main = root / "app" / "src" / "main"
    (activity,) = ET.parse(main / "AndroidManifest.xml").iter("activity")
    name = activity.attrib["{http://schemas.android.com/apk/res/android}name"].removeprefix(".")
    code = (main / "kotlin" / package.replace(".", "/") / f"{name}.kt").read_text("utf-8")
    assert code.startswith(f"package {package}\n")
    assert f"class {name} : Activity()" in code
