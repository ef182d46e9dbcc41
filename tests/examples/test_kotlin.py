"""Kotlin's compiler accepts the Android example, and its classes predict as Python does.

Stubs in `kotlin/` replace the classes of Android, and the interpreter: it sends each call to this
process, which runs LiteRT.
"""

import json
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from nlp_apps.litert.lite_classifier import LiteClassifier
from nlp_apps.litert.lite_generator import LiteGenerator
from nlp_apps.litert.lite_keyboard import LiteKeyboard
from nlp_apps.litert.lite_translator import LiteTranslator
from nlp_apps.litert.rule_checks import is_safe_rule
from tests.tiny_models import Made
from tests.web.test_rule_checks import SAFE, UNSAFE

SOURCES = Path(__file__).parents[2] / "examples" / "android" / "app" / "src" / "main" / "kotlin"
STUBS = Path(__file__).parent / "kotlin"
KOTLINC, JAVA = shutil.which("kotlinc"), shutil.which("java")
OWN = "the sea sleeps. the sea runs and the moon sleeps. " * 8
BEGUN = ("", "the ", "the s", "the sea.", "x" * 60)

pytestmark = [
    pytest.mark.skipif(
        not (KOTLINC and JAVA),
        reason="Java, or kotlinc of the npm package kotlin-compiler, is missing in PATH",
    ),
    pytest.mark.timeout(900),
]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example and the stubs as a program for a JVM."""
    jar = tmp_path_factory.mktemp("kotlin") / "example.jar"
    words = [str(KOTLINC), str(SOURCES), str(STUBS), "-include-runtime", "-d", str(jar)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return jar


def run(program: Path, *words: str, line: str = "") -> list[str]:
    """Runs the program, and its calls of a model; returns its results."""
    interpreter = Interpreter(words[1]) if len(words) > 1 else None
    with subprocess.Popen(
        [str(JAVA), "-Dfile.encoding=UTF-8", "-jar", str(program), *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        assert process.stdin and process.stdout
        found = []
        if line:
            print(line, file=process.stdin, flush=True)
        for row in process.stdout:
            kind, _, rest = row.rstrip("\n").partition(" ")
            if kind == "FOUND":
                found.append(rest)
                continue
            assert interpreter is not None, row
            inputs = [process.stdout.readline() for _ in range(_num_inputs(kind, rest))]
            print(reply(interpreter, kind, rest, inputs), file=process.stdin, flush=True)
    assert process.returncode == 0
    return found


def _num_inputs(kind: str, rest: str) -> int:
    return int(rest.split()[1]) if kind == "RUN" else 0


def reply(interpreter: Any, kind: str, rest: str, rows: list[str]) -> str:
    """Returns the response to a request of the stub: see Interpreter.kt."""
    if kind == "SIGNATURES":
        return " ".join(interpreter.get_signature_list())
    signature, name = rest.split()
    runner = interpreter.get_signature_runner(signature)
    if kind == "OUTPUT":
        details = runner.get_output_details()[name]
        kind = {np.int32: "INT32", np.float32: "FLOAT32"}[details["dtype"]]
        return f"{kind} {int(np.prod(details['shape']))}"
    details = runner.get_input_details()
    inputs = {}
    for row in rows:
        key, *values = row.split()
        bits = np.array(list(map(int, values)), np.int32)
        inputs[key] = bits.view(details[key]["dtype"]).reshape(details[key]["shape"])
    outputs = runner(**inputs)
    lines = [
        f"{key} {' '.join(map(str, value.ravel().view(np.int32).tolist()))}\n"
        for key, value in outputs.items()
    ]
    return "".join(lines)


def numbers(rows: list[str]) -> list[float]:
    return [float(row.split()[0]) for row in rows]


def test_the_rules_for_sentences_are_checked_as_in_python(program: Path) -> None:
    rules = [*SAFE, *UNSAFE]
    lists = [[rule] for rule in rules] + [SAFE[:1] * 32, SAFE[:1] * 33]
    found = run(program, "rules", line=json.dumps(lists))
    expected = [is_safe_rule(rule) for rule in rules] + [True, False]
    assert [one == "true" for one in found] == expected


@pytest.mark.parametrize(("rule", "is_refused"), [(UNSAFE[0], True), (SAFE[0], False)])
def test_a_model_with_an_unsafe_rule_is_refused(
    program: Path, tmp_path: Path, rule: list[str], is_refused: bool
) -> None:
    path = tmp_path / "no-model.tflite"
    metadata = {"tokens": 9, "characters": 9, "sentence_rules": [rule]}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("nlp_apps.json", json.dumps(metadata))
    words = [str(JAVA), "-jar", str(program), "translation", str(path), ""]
    done = subprocess.run(words, capture_output=True, text=True, input="greedy\n", check=False)
    assert ("unsafe sentence_rules" in done.stderr) == is_refused
    assert (done.returncode != 0) == is_refused, done.stderr


def test_translations_are_those_of_python(program: Path, tiny_lite: Made) -> None:
    path = tiny_lite("translation")
    texts = ["the old house and the sea", "Tea. the sea! Yes?"]
    expected = [one.text for one in LiteTranslator(path).translate(texts)]
    assert run(program, "translation", str(path), "", *texts) == expected


def test_the_keyboard_suggests_and_learns_as_in_python(program: Path, tiny_lite: Made) -> None:
    path = tiny_lite("generation")
    keyboard = LiteKeyboard(LiteGenerator(path))

    def suggest() -> list[tuple[str, float]]:
        return [(one.word, one.probability) for text in BEGUN for one in keyboard.suggest(text)]

    before = suggest()
    nats = keyboard.learn(OWN).nats.tolist()
    after = suggest()
    rows = run(program, "generation", str(path), OWN, *BEGUN)
    read: list[tuple[str, float]] = [("", one) for one in nats]
    expected = [*before, *read, *after, *before]
    assert numbers(rows) == pytest.approx([one for _, one in expected], abs=1e-4, rel=1e-4)
    assert [row.partition(" ")[2] for row in rows] == [word for word, _ in expected]
    assert before != after


def test_the_classifier_learns_as_in_python(program: Path, tiny_lite: Made) -> None:
    path = tiny_lite("sentiment")
    classifier = LiteClassifier(path)
    texts = ["the old house", "tea " * 300]

    def probabilities() -> list[float]:
        return [value for one in classifier.predict(texts) for value in one.probabilities.values()]

    before = probabilities()
    loss = classifier.learn(OWN, classifier.model.metadata["labels"][-1])
    after = probabilities()
    rows = run(program, "sentiment", str(path), OWN, *texts)
    assert numbers(rows) == pytest.approx([loss, *after, *before], abs=1e-4, rel=1e-4)
    assert after != before
