"""Tags of a text: the run, the SavedModel, the server and the `.tflite` keep them alike."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nlp_apps
from nlp_apps.errors import NlpAppsError
from nlp_apps.litert.metadata import METADATA_FILE
from nlp_apps.server import loaded_model
from nlp_apps.server.request_error import RequestError
from tests.tiny_models import Made

GLOSSARY = {"old": "alt", "sun": "Sonne & <x>"}
LINES = "\n".join(f"{source}\t{target}" for source, target in GLOSSARY.items()) + "\nfault\n\t"
TEXTS = [
    "<b>the old</b> house {x} https://e.org/?a=1&amp;b=2 runs",
    "<i></i>",
    "the sun &amp; moon! <u>The sea sleeps</u> <br/>old <!-- a < b -->",
    "plain text {y}",
    "plain",
    "<a href='<x>'>the river</a> sleeps",
    "<b>THE SUN</b> SLEEPS <keep>a <i> b</keep>",
    "<p>" + "the old house " * 30 + "</p>",
]


@pytest.fixture(scope="module")
def expected(tiny_run: Made) -> Any:
    return nlp_apps.load(tiny_run("translation")).predict(TEXTS, glossary=GLOSSARY)


@pytest.fixture(scope="module")
def served(tiny_saved_model: Made) -> Any:
    """The SavedModel as the server loads it."""
    return loaded_model.load(tiny_saved_model("translation"))


@pytest.mark.parametrize("kind", ["saved_model", "tflite"])
def test_an_artefact_keeps_tags_as_the_run(
    expected: Any, kind: str, tiny_saved_model: Made, tiny_lite: Made
) -> None:
    made = {"saved_model": tiny_saved_model, "tflite": tiny_lite}[kind]
    found = nlp_apps.load(made("translation")).predict(TEXTS, glossary=GLOSSARY)
    # A `.tflite` reads a part of the last text.
    number = len(TEXTS) - (kind == "tflite")
    for one, other in list(zip(found, expected, strict=True))[:number]:
        assert one.text == other.text
        assert one.score == pytest.approx(other.score, abs=1e-3)
    assert found[-1].text.startswith("<p>") and found[-1].text.endswith("</p>")
    assert found[1].text == "<i></i>"


def test_the_server_keeps_tags_as_the_run(expected: Any, served: Any) -> None:
    signature = served.signatures["markup"]
    assert signature.mergeable and signature.inputs["glossary"].default is not None
    arrays = {
        "text": np.array([text.encode() for text in TEXTS], object),
        "glossary": np.array([LINES.encode()] * len(TEXTS), object),
    }
    outputs = served.run(signature, arrays)
    assert [text.decode() for text in outputs["translation"]] == [one.text for one in expected]
    assert outputs["score"] == pytest.approx([one.score for one in expected], abs=1e-3)
    assert outputs["too_long"].tolist() == [one.too_long for one in expected]


def test_constraints_of_a_client_are_checked(served: Any) -> None:
    signature = served.signatures["align_constrained"]
    lines = ["0\t1\t000\t3\ttoMore", "x", "0\t1\t000", "0\t999999\t111\t9999\ta", "\t" * 9, ""]
    for faulty in (*lines, "\n".join(["0\t1\t010\t200\t" + "z" * 300] * 100)):
        arrays = {
            "text": np.array([b"the sea"], object),
            "constraints": np.array([faulty.encode()], object),
        }
        outputs = served.run(signature, arrays)
        assert outputs["target_length"][0] < 2_000
        assert outputs["target_owners"].max() <= 64
    arrays["constraints"] = np.array([b"\xff0\t1\t000\t1\t\xff\xffa"], object)
    try:
        served.run(signature, arrays)
    except RequestError as error:
        assert error.status == 400


def test_a_faulty_description_keeps_no_tags(tiny_saved_model: Made, tmp_path: Path) -> None:
    folder = tmp_path / "model" / "1"
    shutil.copytree(tiny_saved_model("translation"), folder)
    path = folder / "assets.extra" / METADATA_FILE
    metadata = json.loads(path.read_text("utf-8"))
    metadata["sentence_rules"] = [["((a*)*)(b)", "\n"]]
    path.write_text(json.dumps(metadata), "utf-8")
    assert "markup" not in loaded_model.load(folder).signatures
    with pytest.raises(NlpAppsError, match="sentence_rules"):
        nlp_apps.load(folder)
