"""Recipes and corpora are found from any folder, or the error names the folders searched."""

from pathlib import Path

import pytest

from nlp_apps import resources
from nlp_apps.errors import UsageError, WorkError


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package in a checkout with two recipes and one corpus; the current folder is another."""
    root = tmp_path / "checkout"
    for name in ("models/translation-phrasebook.toml", "models/b.toml", "data/fr/train.tsv"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    (root / "nlp_apps").mkdir()
    monkeypatch.setattr(resources, "_PACKAGE", root / "nlp_apps")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return root


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(str(path))
    return path


def test_in_a_checkout_the_folders_are_beside_the_package(shipped: Path) -> None:
    assert resources.shipped_folder("models") == shipped / "models"
    assert resources.recipe_names() == ["b", "translation-phrasebook"]


def test_in_a_wheel_the_folders_are_inside_the_package(shipped: Path) -> None:
    inside = touch(shipped / "nlp_apps/_resources/models/c.toml")
    assert resources.shipped_folder("models") == inside.parent
    assert resources.find_recipe("c") == inside


@pytest.mark.parametrize(
    "name",
    ["translation-phrasebook", "translation-phrasebook.toml", "models/translation-phrasebook.toml"],
)
def test_a_shipped_recipe_is_found_by_name_from_any_folder(shipped: Path, name: str) -> None:
    found = resources.find_recipe(name)
    assert found == shipped / "models/translation-phrasebook.toml"


def test_a_recipe_that_exists_as_a_path_wins(shipped: Path) -> None:
    touch(Path("b.toml"))
    assert resources.find_recipe("b.toml") == Path("b.toml")
    assert resources.find_recipe("b") == shipped / "models/b.toml"


def test_a_run_folder_named_like_a_recipe_does_not_hide_it(shipped: Path) -> None:
    Path("b").mkdir()
    assert resources.find_recipe("b") == shipped / "models/b.toml"


def test_an_unknown_recipe_is_a_usage_error_with_the_known_names(shipped: Path) -> None:
    with pytest.raises(UsageError, match=r"no recipe 'translation-phrasebok'.*") as caught:
        resources.find_recipe("translation-phrasebok")
    message = str(caught.value)
    assert message.endswith("Did you mean 'translation-phrasebook'?")
    assert str(Path.cwd()) in message


def test_an_unknown_recipe_without_a_similar_name_is_an_error_with_all_names(shipped: Path) -> None:
    with pytest.raises(UsageError, match=r"Shipped: b, translation-phrasebook\.$"):
        resources.find_recipe("poems")
    with pytest.raises(UsageError, match="Check the path") as caught:
        resources.find_recipe("missing/poems.toml")
    assert "Shipped" not in str(caught.value)


def test_a_name_in_another_folder_is_not_a_shipped_recipe(shipped: Path) -> None:
    with pytest.raises(UsageError, match="no recipe 'mine/b.toml'"):
        resources.find_recipe("mine/b.toml")


def test_a_folder_is_not_a_recipe(shipped: Path) -> None:
    Path("runs").mkdir()
    with pytest.raises(UsageError, match="'runs' is a folder"):
        resources.find_recipe("runs")


def test_data_dir_comes_before_the_recipe_and_the_recipe_before_the_embedded_corpora(
    shipped: Path, tmp_path: Path
) -> None:
    find = resources.finder(tmp_path, tmp_path / "recipes")
    assert find("fr/train.tsv") == shipped / "data/fr/train.tsv"
    beside_recipe = touch(tmp_path / "recipes/fr/train.tsv")
    assert find("fr/train.tsv") == beside_recipe
    in_data_dir = touch(tmp_path / "fr/train.tsv")
    assert find("fr/train.tsv") == in_data_dir


def test_a_path_that_no_file_can_have_is_not_found(shipped: Path) -> None:
    for path in ("\ud800/train.tsv", "a\0/train.tsv"):
        with pytest.raises(WorkError, match="no file "):
            resources.finder(None, path)("train.tsv")


def test_the_current_folder_counts_only_for_paths_from_the_command_line(shipped: Path) -> None:
    touch(Path("mine.tsv"))
    with pytest.raises(WorkError, match="no file 'mine.tsv'"):
        resources.finder(None, None)("mine.tsv")
    assert resources.finder(None, None, overridden={"mine.tsv"})("mine.tsv").samefile("mine.tsv")


def test_a_path_from_the_command_line_is_in_data_dir_or_in_the_current_folder(
    shipped: Path, tmp_path: Path
) -> None:
    find = resources.finder(tmp_path, tmp_path / "recipes", overridden=["fr/train.tsv"])
    touch(tmp_path / "recipes/fr/train.tsv")
    with pytest.raises(WorkError, match="no file 'fr/train.tsv'"):
        find("fr/train.tsv")  # neither beside the recipe nor in the embedded corpora
    here = touch(Path("fr/train.tsv"))
    assert find("fr/train.tsv").samefile(here)
    in_data_dir = touch(tmp_path / "fr/train.tsv")
    assert find("fr/train.tsv") == in_data_dir


def test_an_absolute_path_is_not_searched_for(
    shipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    path = touch(tmp_path / "elsewhere/a.tsv")
    find = resources.finder(None, None)
    assert find(str(path)) == path
    assert find("~/elsewhere/a.tsv") == path
    with pytest.raises(WorkError, match=r"searched: .*/elsewhere\. Did you mean 'a.tsv'"):
        find(str(tmp_path / "elsewhere/aa.tsv"))


def test_a_missing_file_names_every_folder_and_the_nearest_name(
    shipped: Path, tmp_path: Path
) -> None:
    touch(tmp_path / "train.en.gz")
    with pytest.raises(WorkError) as caught:
        resources.finder(tmp_path, tmp_path / "recipes")("train.en")
    message = str(caught.value)
    for folder in (tmp_path, tmp_path / "recipes", shipped / "data"):
        assert str(folder) in message
    assert "Did you mean 'train.en.gz'" in message
    assert "--data-dir" in message


def test_a_data_dir_that_is_missing_or_a_file_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--data-dir .*nowhere does not exist"):
        resources.finder(tmp_path / "nowhere", None)
    with pytest.raises(UsageError, match="is a file, not a folder"):
        resources.finder(touch(tmp_path / "file"), None)


def test_an_empty_path_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="is empty"):
        resources.finder(None, None)("")


def test_a_file_is_preferred_to_a_folder_of_the_same_name(shipped: Path, tmp_path: Path) -> None:
    (tmp_path / "fr" / "train.tsv").mkdir(parents=True)
    assert resources.finder(tmp_path, None)("fr/train.tsv") == shipped / "data/fr/train.tsv"


@pytest.mark.parametrize("name", ["x" * 5000, "~nobody-of-this-name.tsv", "a\0b"])
def test_names_that_no_file_can_have_are_plain_errors(shipped: Path, name: str) -> None:
    with pytest.raises(WorkError, match="no file"):
        resources.finder(None, None)(name)
    with pytest.raises(UsageError, match="no recipe"):
        resources.find_recipe(name)
