"""The table of `text.normalize.lowercase` in pages of code points, for graphs."""

from typing import NamedTuple

import numpy as np

from nlp_apps.export.graph_text.trie import NUM_PAGES, PAGE
from nlp_apps.text.normalize import lowercase_table


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
    pages = np.zeros(NUM_PAGES, np.int32)
    contents = [np.zeros(PAGE, np.int32)]
    for codepoint, lower in lowercase_table().items():
        page, index = divmod(codepoint, PAGE)
        if not pages[page]:
            pages[page] = len(contents) * PAGE
            contents.append(np.zeros(PAGE, np.int32))
        contents[pages[page] // PAGE][index] = lower - codepoint
    return LowercasePages(pages, np.concatenate(contents))
