"""Imports run one way: each package has a row of those it may import."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from nlp_apps.__main__ import APPS

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "nlp_apps"

APP_MODULES = {"__main__", "demo", "serve", *APPS}

# Package or module at the top -> the others that it may import, inside functions and for typing
# too. Everything may import the version, `errors` and `results`.
MAY_IMPORT: dict[str, set[str]] = {
    "__init__": {"io", "tasks"},  # `load`
    "errors": set(),
    "results": set(),
    "resources": set(),
    "io": set(),
    "recipe": {"blocks", "decoding", "io", "text"},
    "metrics": set(),
    "text": {"io"},
    "plots": {"io"},
    "blocks": {"text"},
    "networks": {"blocks", "io", "text"},
    "decoding": {"blocks", "text"},
    "workers": {"io"},
    "training": {"blocks", "io", "plots", "recipe", "text", "workers"},
    "litert": {"decoding", "io", "text"},
    "inference": {
        *{"decoding", "io", "litert", "metrics", "networks", "recipe", "resources", "text"},
        "training",
    },
    "tasks": {
        *{"blocks", "decoding", "inference", "inspection", "io", "litert", "metrics", "networks"},
        *{"recipe", "resources", "text", "training", "workers"},
    },
    "inspection": {"blocks", "recipe", "resources", "text"},
    "pretraining": {"cli", "networks", "recipe", "resources", "tasks", "text", "training"},
    "explain": {"blocks", "inference", "metrics", "networks", "plots", "text"},
    "export": {
        *{"blocks", "decoding", "inference", "io", "litert", "metrics", "networks", "recipe"},
        *{"tasks", "text", "training"},
    },
    # A SavedModel stands alone: the server imports neither tasks nor exporters.
    "server": {"io", "litert", "resources", "text"},
    "cli": {
        *{"explain", "export", "inference", "inspection", "io", "plots", "resources", "text"},
        "training",
    },
    "load_testing": {"cli", "server"},
    # The apps are imported by name.
    "batch_inference": {"cli", "inference", "io", "tasks", "text", "training", "workers"},
    "experiments": {"blocks", "cli", "io", "plots", "text"},
    "hub": {"cli", "inference", "io"},
    "launch": {"cli", "workers"},
    "sweep": {"cli", "io", "plots", "recipe", "resources", "training"},
    "serve": {"cli", "server"},
    "translation": {"cli", "explain", "export", "inspection", "tasks"},
    "sentiment": {"cli", "explain", "export", "inspection", "plots", "tasks"},
    "generation": {
        *{"cli", "decoding", "explain", "export", "inference", "inspection", "litert", "tasks"},
        "text",
    },
    "demo": {"cli", *APPS},
    "__main__": {"cli"},
}
GROUND = {"errors", "results"}


def modules() -> dict[str, Path]:
    """Returns the path of every module by its name below nlp_apps, for example `text.corpus`."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if "_resources" not in parts:
            found[".".join(parts)] = path
    return found


MODULES = modules()


def imports(path: Path) -> Iterator[str]:
    """Yields the dotted names that a module imports, also in functions and for typing."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}, line {node.lineno}: relative import"
            assert node.module is not None
            for alias in node.names:
                yield f"{node.module}.{alias.name}"


def own(names: Iterator[str]) -> set[str]:
    """Returns the modules of this package among imported names, for example `text.corpus`."""
    found = set()
    for name in names:
        if name.split(".")[0] != "nlp_apps" or name == "nlp_apps.__version__":
            continue
        parts = name.split(".")[1:]
        while parts and ".".join(parts) not in MODULES:
            if ".".join([*parts, "__init__"]) in MODULES:
                break
            parts.pop()  # the last name was a function or a class
        found.add(".".join(parts) or "__init__")
    return found


def top(module: str) -> str:
    return module.split(".")[0]


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_packages_of_its_row(module: str):
    package = top(module)
    used = {top(name) for name in own(imports(MODULES[module]))} - {package, *GROUND}
    assert used <= MAY_IMPORT[package], f"{module} imports {sorted(used - MAY_IMPORT[package])}"


def test_every_package_has_a_row():
    assert {top(module) for module in MODULES} == MAY_IMPORT.keys()


def test_text_knows_no_keras():
    for module, path in MODULES.items():
        if top(module) in ("text", "recipe", "resources", "io", "metrics"):
            assert "keras" not in {top(name) for name in imports(path)}, module


def test_modules_and_packages_import_in_one_direction():
    by_module = {module: own(imports(path)) - {module} for module, path in MODULES.items()}
    by_package: dict[str, set[str]] = {}
    for module, imported in by_module.items():
        others = {top(name) for name in imported} - {top(module)}
        by_package.setdefault(top(module), set()).update(others)
    for graph in (by_module, by_package):
        TopologicalSorter(graph).prepare()  # raises CycleError with the cycle


def test_every_import_is_a_declared_dependency():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    def names(lines: list[str]) -> set[str]:
        return {re.split(r"[\[<>=~! ;]", line)[0].lower().replace("-", "_") for line in lines}

    declared = names(project["dependencies"])
    # Dependencies of one package only are in an extra.
    of = project["optional-dependencies"]
    serve = names(of["serve"])
    extras = {
        "server": serve | names(of["grpc"]),
        "load_testing": serve,
        "litert": names(of["device"]) | names(of["onnx"]),
    }
    extras["text"] = names(of["parquet"])
    extras["batch_inference"] = names([*of["parquet"], *of["remote"]])
    extras["workers"] = names(of["ray"])
    extras["sweep"] = names(of["sweep"])
    extras["tasks"] = names([*of["mlflow"], *of["wandb"]])
    extras["inference"] = names(of["hub"])
    extras["export"] = names([*of["hub"], *of["onnx"]])
    called = {
        "PIL": "pillow",
        "google": "protobuf",
        "grpc": "grpcio",
        "grpc_health": "grpcio_health_checking",
        "sklearn": "scikit_learn",
        "tensorflow_serving": "tensorflow_serving_api",
    }
    for module, path in MODULES.items():
        allowed = declared | extras.get(top(module), set())
        for name in {top(name) for name in imports(path)}:
            if name == "nlp_apps" or name in sys.stdlib_module_names:
                continue
            assert called.get(name, name).lower() in allowed, f"{module} imports {name}"


def test_scikit_learn_is_imported_for_training_only():
    # The image of the server has none. (Keras imports it where it is installed.)
    found = {
        module for module, path in MODULES.items() if "sklearn" in set(map(top, imports(path)))
    }
    assert found and all(module.startswith(("metrics.baselines.", "training.")) for module in found)


@pytest.mark.parametrize(
    "module", ["nlp_apps.__main__", "nlp_apps.cli.main", *(f"nlp_apps.{name}" for name in APPS)]
)
def test_help_imports_no_heavy_library(module: str):
    code = f"import {module}, sys; print(*sorted({{m.split('.')[0] for m in sys.modules}}))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    heavy = {"tensorflow", "keras", "numpy", "pydantic", "sentencepiece", "matplotlib"}
    assert not heavy & set(done.stdout.split())


@pytest.mark.parametrize("module", [name for name in MODULES if top(name) == "litert"])
def test_litert_imports_no_heavy_library_but_numpy(module: str):
    code = (
        f"import nlp_apps.{module}, sys; print(*sorted({{m.split('.')[0] for m in sys.modules}}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    heavy = {"tensorflow", "keras", "pydantic", "sentencepiece", "matplotlib", "h5py"}
    assert not heavy & set(done.stdout.split())
