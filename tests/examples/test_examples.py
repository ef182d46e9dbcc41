"""The phone examples use names that exist in a `.tflite`. These tests do not compile them."""

import re
import xml.etree.ElementTree as ET
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from nlp_apps.litert.metadata import METADATA_FILE, RENAMED, read_metadata
from tests.tiny_models import Made

EXAMPLES = Path(__file__).parents[2] / "examples"
SOURCES = {
    "android": sorted((EXAMPLES / "android").rglob("*.kt")),
    "ios": sorted((EXAMPLES / "ios").rglob("*.swift")),
}
TASKS = ("translation", "sentiment", "generation")
MAX_LINES = 460
TRUNCATIONS = {"head", "tail", "both"}
FILES = {METADATA_FILE, "tflite", "json", *TASKS}
USED = {
    "tokenize",
    "detokenize",
    "greedy",
    "beam",
    "classify",
    "classify_learned",
    "learn",
    "prefill",
    "sample",
    "suggest",
}
"""Signatures of the examples; the others are for programs with their own search or scoring."""


class Signature(NamedTuple):
    """Inputs and outputs of a signature; maps names to types."""

    inputs: dict[str, type]
    outputs: dict[str, type]


@pytest.fixture(scope="module")
def signatures(tiny_lite: Made) -> dict[str, list[Signature]]:
    """The signatures of all three models; two tasks have another signature `learn`."""
    found: dict[str, list[Signature]] = {}
    for task in TASKS:
        interpreter = Interpreter(str(tiny_lite(task)))
        for name in interpreter.get_signature_list():
            runner = interpreter.get_signature_runner(name)
            details = runner.get_input_details(), runner.get_output_details()
            types = ({key: one["dtype"] for key, one in side.items()} for side in details)
            found.setdefault(name, []).append(Signature(*types))
    return found


@pytest.fixture(scope="module")
def metadata_keys(tiny_lite: Made) -> set[str]:
    return {key for task in TASKS for key in keys(read_metadata(tiny_lite(task)))}


@pytest.fixture(params=SOURCES)
def code(request: pytest.FixtureRequest) -> str:
    return "\n".join(path.read_text("utf-8") for path in SOURCES[request.param])


def keys(value: Any) -> set[str]:
    """Returns the keys of an object and of the objects in it."""
    if not isinstance(value, dict):
        return set()
    return set(value).union(*(keys(one) for one in value.values()))


def camel(name: str) -> str:
    """Converts a name from snake case to Swift's camel case."""
    return re.sub(r"_(\w)", lambda found: found[1].upper(), name)


def names(code: str) -> set[str]:
    """Returns the strings of a program that are names."""
    return set(re.findall(r'"([a-z][a-z_.]*)"', code))


def test_every_name_exists_in_a_model(
    code: str, signatures: dict[str, list[Signature]], metadata_keys: set[str]
) -> None:
    known = set(signatures) | metadata_keys | set(RENAMED) | FILES | TRUNCATIONS
    for signature in chain(*signatures.values()):
        known |= set(signature.inputs) | set(signature.outputs)
    assert names(code) <= known
    assert names(code) & set(signatures) == USED


def test_every_input_of_the_signatures_is_passed(
    code: str, signatures: dict[str, list[Signature]]
) -> None:
    for name in USED:
        for signature in signatures[name]:
            assert set(signature.inputs) <= names(code), name


def test_inputs_and_outputs_belong_to_their_signature(
    code: str, signatures: dict[str, list[Signature]]
) -> None:
    calls = re.findall(r'run\("(\w+)", (.*)', code)
    assert {name for name, _ in calls} == USED - {"greedy", "beam"}  # these by a variable
    for name, rest in calls:
        passed = set(re.findall(r'"(\w+)"(?: to|:) ', rest))
        assert any(
            names(rest) <= set(inputs) | set(outputs) and passed in (set(), set(inputs))
            for inputs, outputs in signatures[name]
        ), name


def test_outputs_are_read_with_their_type(
    code: str, signatures: dict[str, list[Signature]]
) -> None:
    read = re.findall(r'\.(ints|floats)\("(\w+)"\)', code)
    assert {name for _, name in read} >= {"ids", "count", "codepoints", "probabilities", "token"}
    for method, name in read:
        every = chain(*signatures.values())
        types = {one.outputs[name] for one in every if name in one.outputs}
        assert types == {{"ints": np.int32, "floats": np.float32}[method]}, name


def test_swift_reads_keys_that_exist_in_metadata(metadata_keys: set[str]) -> None:
    code = (EXAMPLES / "ios/NlpApps/LiteModel.swift").read_text("utf-8")
    struct = code[code.index("struct Metadata") : code.index("\n/// Keys of version 0.1.0")]
    declared = re.findall(r"let ([^;}\n]*)", struct)
    read = {part.split(":")[0].strip() for names in declared for part in names.split(",")}
    assert {"characters", "specialIds", "truncation", "topK"} <= read
    assert read <= {camel(key) for key in metadata_keys}


def test_random_numbers_use_the_constants_of_python(code: str) -> None:
    found = code.replace("_", "").lower()
    for constant in (0x9E3779B9, 0x7FEB352D, 0x846CA68B):
        assert f"0x{constant:x}" in found


def test_metadata_of_version_0_1_0_is_renamed_as_in_python(code: str) -> None:
    pairs = re.findall(r'"(\w+)"(?: to|:) "(\w+)"', code)
    renamed = {old: new for old, new in pairs if old in RENAMED}
    assert renamed.keys() == {"long_texts", "begin", "end"}
    assert renamed.items() <= RENAMED.items()


@pytest.mark.parametrize("example", SOURCES)
def test_the_examples_are_short(example: str) -> None:
    lines = "\n".join(path.read_text("utf-8") for path in SOURCES[example]).splitlines()
    code = [
        one for line in lines if (one := line.strip()) and not one.startswith(("//", "/*", "*"))
    ]
    assert 100 < len(code) < MAX_LINES


def test_the_android_project_names_existing_files() -> None:
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
