"""Hooks of MkDocs: the pages of the repository, their links, and the pages made from sources."""

import json
import re
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import rest_page
import site_pages
from latex2mathml.converter import convert
from markdown import Markdown
from markdown.extensions import Extension
from markdown.inlinepatterns import InlineProcessor
from markdown.util import AtomicString
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[2]

SHAPE = r"<(?:float|int|uint|bool|string)\d*>(?:\[[^\]\n]*\])?"
"""A dtype, with a shape or not: `<float>[B, T]`. Markdown would read it as an HTML tag."""


class Shapes(Extension):
    """Shows types with shapes as code."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802
        """Adds the pattern, before that of HTML tags and after that of code."""
        md.inlinePatterns.register(_Shape(SHAPE, md), "shape", 95)


class _Shape(InlineProcessor):
    def handleMatch(  # type: ignore[override]  # noqa: N802
        self, m: re.Match[str], data: str
    ) -> tuple[Element, int, int]:
        code = Element("code")
        code.text = AtomicString(m[0])
        return code, m.start(0), m.end(0)


def on_config(config: Any) -> Any:
    """Shows blocks of the language `math` as equations, and types with shapes as code."""
    fence = {"name": "math", "class": "math", "format": _equation}
    config.mdx_configs["pymdownx.superfences"] = {"custom_fences": [fence]}
    config.markdown_extensions.append(Shapes())
    return config


def on_files(files: Files, config: Any) -> Files:
    """Adds the pages and pictures of the repository."""
    for path in site_pages.repository_files(ROOT):
        uri = site_pages.site_path(path)
        files.append(File.generated(config, uri, abs_src_path=str(ROOT / path)))
    favicon = ROOT / "nlp_apps/web/shared/favicon.svg"
    files.append(File.generated(config, "favicon.svg", abs_src_path=str(favicon)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Rewrites the links of a page, and adds the reference of the REST API to its page."""
    path = Path(page.file.abs_src_path).relative_to(ROOT).as_posix()
    if rest_page.PLACE in markdown:
        schema = json.loads((ROOT / "nlp_apps/server/openapi.json").read_text("utf-8"))
        markdown = markdown.replace(rest_page.PLACE, rest_page.markdown(schema))
    pages = frozenset(site_pages.repository_files(ROOT)) | {
        found.relative_to(ROOT).as_posix() for found in (ROOT / site_pages.OWN_PAGES).rglob("*.md")
    }
    return site_pages.mark_consoles(site_pages.rewrite_links(markdown, path, pages, ROOT))


def _equation(source: str, *_: Any, **__: Any) -> str:
    """Returns the MathML of an equation in LaTeX."""
    html: str = convert(source, display="block")
    return html
