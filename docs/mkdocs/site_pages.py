"""The pages of the site: which files of the repository they are, and their links.

A link between two pages stays a link. A link to any other file of the repository becomes its path
as code, because the site has no copy of the sources.
"""

import posixpath
import re
from pathlib import Path

PATTERNS = (
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "docs/*.md",
    "docs/*.svg",
    "docs/gallery/*",
    "docs/results/*.png",
    "benchmarks/README.md",
    "data/README.md",
    "data/*/README.md",
    "deploy/README.md",
    "deploy/*/README.md",
    "examples/*/README.md",
    "models/README.md",
    "notebooks/README.md",
    "saved_models/README.md",
    "saved_models/shipped/README.md",
    "saved_models/shipped/*/README.md",
)
"""Pages and pictures of the repository, as glob patterns. `docs/mkdocs/pages` has the others."""

OWN_PAGES = "docs/mkdocs/pages/"
"""The folder of the pages that only the site has."""

HOME = "README.md"
"""The page that a code host shows first; the site has `index.md` in its place."""

LINK = re.compile(
    r"(?P<code>^ *```.*?^ *```|(?<!`)`[^`]+`(?!`))"
    r"|(?P<image>!?)\[(?P<text>(?:[^\[\]]|\[[^\[\]]*\])*)\]\((?P<target>[^)\s]+)\)",
    re.MULTILINE | re.DOTALL,
)


def repository_files(root: Path) -> list[str]:
    """Lists the pages and pictures of the repository outside `OWN_PAGES`, as paths below root."""
    found = {path for pattern in PATTERNS for path in root.glob(pattern)}
    return sorted(path.relative_to(root).as_posix() for path in found)


def site_path(path: str) -> str:
    """Returns the path in the site of a page or picture of the repository.

    Args:
        path: its path in the repository, with `/`.
    """
    if path == HOME:
        return "index.md"
    return path.removeprefix(OWN_PAGES).removeprefix("docs/")


def mark_consoles(text: str) -> str:
    """Returns the Markdown with the language `console` for blocks that begin with a prompt."""
    return re.sub(r"^( *```)\n(?= *\$ )", r"\1console\n", text, flags=re.MULTILINE)


def rewrite_links(text: str, path: str, pages: frozenset[str], root: Path) -> str:
    """Returns the Markdown of a page with the links of the site.

    Args:
        text: Markdown with links relative to the file in the repository.
        path: path of that file in the repository.
        pages: paths in the repository of all pages and pictures.
        root: the repository. A link to a missing file is unchanged, and MkDocs reports it.
    """
    here = posixpath.dirname(site_path(path))

    def link(match: re.Match[str]) -> str:
        target = match["target"]
        if match["code"] or re.match(r"[a-z]+:|#", target):
            return match[0]
        file, hash_sign, anchor = target.partition("#")
        file = posixpath.normpath(posixpath.join(posixpath.dirname(path), file))
        if file == HOME or file in pages:
            place = posixpath.relpath(site_path(file), here or ".")
            return f"{match['image']}[{match['text']}]({place}{hash_sign}{anchor})"
        if not (root / file).exists():
            return match[0]
        words = match["text"].strip("`")
        if file.endswith(words.removeprefix("../").rstrip("/")):
            return f"`{file}`"
        return f"{match['text']} (`{file}`)"

    return LINK.sub(link, text)
