"""Clients of TensorFlow itself get predictions from an exported model."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import tensorflow as tf

from nlp_apps import translation
from tests.commands import run
from tests.export.saved_model import meta_graph
from tests.tiny_models import Made

# Translates one text with TensorFlow's C library.
PROGRAM = r"""
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tensorflow/c/c_api.h"
#include "tensorflow/c/tf_tstring.h"

static void check(TF_Status* status) {
  if (TF_GetCode(status) != TF_OK) {
    fprintf(stderr, "%s\n", TF_Message(status));
    exit(1);
  }
}

static void nothing(void* data, size_t length, void* argument) {}

/* argv: model folder, input op, output op, output index, text */
int main(int argc, char** argv) {
  TF_Status* status = TF_NewStatus();
  TF_Graph* graph = TF_NewGraph();
  TF_SessionOptions* options = TF_NewSessionOptions();
  const char* tags[] = {"serve"};
  TF_Session* session =
      TF_LoadSessionFromSavedModel(options, NULL, argv[1], tags, 1, graph, NULL, status);
  check(status);
  TF_TString text;
  TF_TString_Init(&text);
  TF_TString_Copy(&text, argv[5], strlen(argv[5]));
  int64_t shape[] = {1};
  TF_Tensor* input = TF_NewTensor(TF_STRING, shape, 1, &text, sizeof(text), nothing, NULL);
  TF_Output from = {TF_GraphOperationByName(graph, argv[2]), 0};
  TF_Output to = {TF_GraphOperationByName(graph, argv[3]), atoi(argv[4])};
  TF_Tensor* output = NULL;
  TF_SessionRun(session, NULL, &from, &input, 1, &to, &output, 1, NULL, 0, NULL, status);
  check(status);
  TF_TString* answer = (TF_TString*)TF_TensorData(output);
  printf("%.*s\n", (int)TF_TString_GetSize(answer), TF_TString_GetDataPointer(answer));
  return 0;
}
"""
TEXT = "the old house and the sea"


@pytest.fixture(scope="module")
def exported(tiny_run: Made, tiny_saved_model: Made) -> tuple[Path, str]:
    """The SavedModel of a tiny translator, and the translation of `TEXT` by the run."""
    done = run(translation.APP, ["predict", tiny_run("translation"), "--json", TEXT])
    assert done.code == 0, done.err
    return tiny_saved_model("translation"), json.loads(done.out)["translation"]


def saved_model_cli(*words: object) -> str:
    program = Path(sys.executable).with_name("saved_model_cli")
    done = subprocess.run(
        [program, *map(str, words)], capture_output=True, text=True, check=False, cwd="/"
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_saved_model_cli_shows_every_signature(exported: tuple[Path, str]) -> None:
    shown = saved_model_cli("show", "--dir", exported[0], "--all")
    for name in ("serving_default", "greedy", "nbest", "align"):
        assert f"signature_def['{name}']" in shown
    assert "dtype: DT_STRING" in shown


def test_saved_model_cli_runs_it(exported: tuple[Path, str]) -> None:
    words = ("--tag_set", "serve", "--signature_def", "serving_default")
    printed = saved_model_cli(
        "run", "--dir", exported[0], *words, "--input_exprs", f"text=['{TEXT}']"
    )
    assert f"[{exported[1].encode()!r}]" in printed


def test_a_c_program_gets_the_translation_of_the_run(
    exported: tuple[Path, str], tmp_path: Path
) -> None:
    compiler = shutil.which("gcc")
    if compiler is None:
        pytest.skip("no gcc on this machine")
    folder, expected = exported
    package = Path(tf.sysconfig.get_lib())
    libraries = [package / f"libtensorflow_{name}.so.2" for name in ("cc", "framework")]
    if not all(library.is_file() for library in libraries):
        pytest.skip("TensorFlow's wheel has no C library here")
    (tmp_path / "ask.c").write_text(PROGRAM, encoding="utf-8")
    build = [compiler, "ask.c", "-o", "ask", f"-I{tf.sysconfig.get_include()}"]
    build += [*map(str, libraries), f"-Wl,-rpath,{package}"]
    subprocess.run(build, cwd=tmp_path, check=True, capture_output=True)

    found = meta_graph(folder).signature_def["serving_default"]
    to, index = found.outputs["translation"].name.split(":")
    words = [str(folder), found.inputs["text"].name.split(":")[0], to, index, TEXT]
    done = subprocess.run(
        ["./ask", *words], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == expected + "\n"
