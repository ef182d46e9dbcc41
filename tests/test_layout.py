"""The layout of the repository: a short top level, unique file names, files of readable length."""

from collections import Counter
from pathlib import Path

from tests.prose import C_LIKE, ROOT
from tests.test_language import files

PACKAGE = ROOT / "nlp_apps"
TOP = {
    *("__init__.py", "__main__.py", "demo.py", "launch.py", "serve.py"),
    *("translation.py", "sentiment.py", "generation.py"),
    *("errors.py", "resources.py", "results.py", "py.typed"),
}
# Folders of tests for other folders of the repository, and for whole commands.
OTHER_TESTS = {"apps", "attack", "data", "deploy", "docs", "examples"}
MAX_LINES = 400


def folders(parent: Path) -> set[str]:
    return {path.name for path in parent.iterdir() if path.is_dir() and path.name[0] not in "._"}


def code_files() -> list[Path]:
    code = C_LIKE | {".py", ".html"}
    return [path for path in files() if path.suffix in code]


def test_the_top_of_the_package_has_entry_points_errors_resources_and_results_only() -> None:
    assert {path.name for path in PACKAGE.iterdir() if path.is_file()} == TOP


def test_every_package_has_a_folder_of_tests() -> None:
    assert folders(ROOT / "tests") - OTHER_TESTS == folders(PACKAGE)


def test_every_file_name_in_the_package_is_unique() -> None:
    names = Counter(path.name for path in files([PACKAGE]) if path.suffix in (".py", ".js"))
    repeated = {name for name, count in names.items() if count > 1} - {"__init__.py"}
    assert not repeated


def test_no_file_is_longer_than_400_lines() -> None:
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text("utf-8").splitlines())
        for path in code_files()
    }
    too_long = {name: lines for name, lines in lengths.items() if lines > MAX_LINES}
    assert not too_long, too_long
