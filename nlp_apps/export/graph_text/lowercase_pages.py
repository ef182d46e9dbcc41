"""The tables of `text.normalize` for letter case, in pages of code points, for graphs."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from nlp_apps.export.graph_text.trie import NUM_PAGES, PAGE
from nlp_apps.text.normalize import lower_case_letters, lowercase_table

IS_LOWER = 2**20
"""Marks a letter in lower case in the table of `case_pages`; larger than every difference."""


class LowercasePages(NamedTuple):
    """Differences to the lowercase; that of c is `offsets[pages[c // PAGE] + c % PAGE]`.

    Attributes:
        pages: <int32>[NUM_PAGES], the start of each page in `offsets`.
        offsets: <int32>[PAGE * distinct pages]; 0 for characters without a lowercase.
    """

    pages: np.ndarray
    offsets: np.ndarray


def lowercase_pages() -> LowercasePages:
    """Returns the table; all pages without a letter of two cases are the first one."""
    return _pages({codepoint: lower - codepoint for codepoint, lower in lowercase_table().items()})


def case_pages() -> LowercasePages:
    """Returns the table with `IS_LOWER` for each letter that is the lowercase of another one."""
    table = lowercase_table()
    lower = dict.fromkeys(lower_case_letters() - table.keys(), IS_LOWER)
    return _pages(lower | {codepoint: lower - codepoint for codepoint, lower in table.items()})


def _pages(offsets: Mapping[int, int]) -> LowercasePages:
    pages = np.zeros(NUM_PAGES, np.int32)
    contents = [np.zeros(PAGE, np.int32)]
    for codepoint, offset in offsets.items():
        page, index = divmod(codepoint, PAGE)
        if not pages[page]:
            pages[page] = len(contents) * PAGE
            contents.append(np.zeros(PAGE, np.int32))
        contents[pages[page] // PAGE][index] = offset
    return LowercasePages(pages, np.concatenate(contents))
