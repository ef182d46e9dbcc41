"""The trie contains its strings and no others."""

import random

from nlp_apps.export.graph_text.trie import NOWHERE, PAGE, ROOT, build_trie


def test_the_tree_holds_its_pieces_and_no_others() -> None:
    draw = random.Random(4)
    letters = "abcdeé\u0301日月𝒜😀\u2581"
    pieces = {"".join(draw.choices(letters, k=draw.randrange(1, 6))) for _ in range(3000)}
    numbers = {piece: number for number, piece in enumerate(sorted(pieces))}
    trie = build_trie(numbers)

    def found(text: str) -> int:
        node = ROOT
        for character in text:
            page, place = divmod(ord(character), PAGE)
            slot = trie.base[node] + trie.alphabet.codes[trie.alphabet.pages[page] + place]
            node = slot if trie.parent[slot] == node else NOWHERE
        return int(trie.values[node])

    assert {piece: found(piece) for piece in pieces} == numbers
    others = {"".join(draw.choices(letters + "xyz本", k=4)) for _ in range(3000)} - pieces
    assert {found(text) for text in others} == {-1}
    assert trie.depth == 5
    # Hardly a slot is left free.
    assert len(trie.base) < 1.1 * (
        1 + len({piece[:end] for piece in pieces for end in range(1, 6)})
    )


def test_a_tree_of_nothing_leads_nowhere() -> None:
    trie = build_trie({})
    assert trie.values.max() == -1
    assert trie.parent[trie.base[ROOT]] != ROOT
