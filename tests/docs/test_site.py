"""The site: every page is in the navigation, links lead to pages, the REST page has every path."""

import json
import re
from fnmatch import fnmatch
from typing import Any

import pytest
import yaml

from docs.mkdocs import rest_page, site_pages
from tests.prose import ROOT

FOLDER = ROOT / "docs" / "mkdocs"
OWN = ROOT / site_pages.OWN_PAGES


def pages() -> dict[str, str]:
    """Maps the path of each page in the site to its path in the repository."""
    own = [path.relative_to(ROOT).as_posix() for path in OWN.rglob("*.md")]
    found = [*own, *site_pages.repository_files(ROOT)]
    return {site_pages.site_path(path): path for path in found if path.endswith(".md")}


def nav_items(value: Any) -> list[str]:
    """Lists the pages and patterns of a part of the navigation."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        value = [value["glob"]] if "glob" in value else [*value.values()]
    return [item for part in value for item in nav_items(part)]


def is_named(page: str, item: str) -> bool:
    """Returns whether an item of the navigation is a page or a pattern of its folder."""
    return item.count("/") == page.count("/") and fnmatch(page, item)


def test_a_pattern_names_no_page_of_a_subfolder() -> None:
    assert is_named("docs/a.md", "docs/*.md")
    assert not is_named("docs/mine/a.md", "docs/*.md")


def test_every_line_of_the_navigation_is_a_page_and_every_page_is_in_it() -> None:
    items = nav_items(yaml.safe_load((OWN / ".nav.yml").read_text("utf-8"))["nav"])
    found = pages()
    assert not [item for item in items if "*" not in item and item not in found]
    assert len(items) == len(set(items))
    unlisted = [page for page in found if not any(is_named(page, item) for item in items)]
    assert not unlisted


def test_no_two_files_have_the_same_path_in_the_site() -> None:
    own = [path.relative_to(ROOT).as_posix() for path in OWN.rglob("*") if path.is_file()]
    paths = [site_pages.site_path(path) for path in [*own, *site_pages.repository_files(ROOT)]]
    assert len(paths) == len(set(paths))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("[data](../data/README.md)", "[data](data/README.md)"),
        ("[a key](../models/README.md#file-formats)", "[a key](models/README.md#file-formats)"),
        ("![flow](flow.svg)", "![flow](flow.svg)"),
        ("[start](../README.md)", "[start](index.md)"),
        ("[the client](../deploy/client.py)", "the client (`deploy/client.py`)"),
        ("[`deploy/client.py`](../deploy/client.py)", "`deploy/client.py`"),
        ("[nowhere](../deploy/nowhere.py)", None),
        ("[here](#anchor), [there](https://example.org/a.py)", None),
        ("`[data](../data/README.md)`", None),
        ("```\n[data](../data/README.md)\n```", None),
    ],
)
def test_a_link_to_a_page_stays_and_one_to_a_source_becomes_code(
    source: str, expected: str | None
) -> None:
    all_pages = frozenset(["data/README.md", "models/README.md", "docs/flow.svg"])
    written = site_pages.rewrite_links(source, "docs/serving.md", all_pages, ROOT)
    assert written == (source if expected is None else expected)


def test_a_link_between_folders_is_relative_to_the_page() -> None:
    pages = frozenset(["docs/glossary.md"])
    written = site_pages.rewrite_links(
        "[terms](../../docs/glossary.md)", "deploy/training/README.md", pages, ROOT
    )
    assert written == "[terms](../../glossary.md)"


def test_blocks_with_a_prompt_are_consoles() -> None:
    text = "```\n$ make setup\n```\n\n```toml\nkey = 1\n```\n\n```\nmake test\n```\n"
    assert site_pages.mark_consoles(text) == text.replace("```\n$", "```console\n$")


def test_every_module_of_the_api_pages_exists() -> None:
    text = "".join(path.read_text("utf-8") for path in (OWN / "api").glob("*.md"))
    names = re.findall(r"^::: (\S+)$", text, re.MULTILINE)
    assert len(names) > 40
    for name in names:
        path = ROOT / name.replace(".", "/")
        assert name == "nlp_apps.load" or path.with_suffix(".py").exists(), name


def test_the_rest_page_has_every_path_and_leaves_no_reference_open() -> None:
    schema = json.loads((ROOT / "nlp_apps/server/openapi.json").read_text("utf-8"))
    assert rest_page.PLACE in (OWN / "api" / "rest.md").read_text("utf-8")
    text = rest_page.markdown(schema)
    for path, methods in schema["paths"].items():
        for method in methods:
            assert f"### `{method.upper()} {path}`" in text
    assert "$ref" not in text
    anchors = set(re.findall(r"\]\(#(\w+)\)", text))
    assert anchors == {name.lower() for name in re.findall(r"^### (\w+)$", text, re.M)} & anchors
    assert "prediction" not in anchors and "predictresponse" in anchors
