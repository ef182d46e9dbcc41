"""The matches of a glossary, compared with a plain search for every term at every place."""

import random
from pathlib import Path

import pytest

from nlp_apps.errors import UsageError
from nlp_apps.text.glossary import Glossary, Match, Term, is_word, read_glossary
from nlp_apps.text.normalize import lowercase


def plain_find(terms: dict[str, str], text: str) -> list[Match]:
    """Finds terms: all occurrences, then the longest, those with a capital, the earlier lines."""

    def fold(some: str) -> str:
        return lowercase(some).replace("ς", "σ")

    found = []
    for number, (source, target) in enumerate(terms.items()):
        for start in range(len(text)):
            end = start + len(source)
            words = [start > 0 and is_word(text[start - 1]) and is_word(text[start])]
            words += [is_word(text[end - 1 : end]) and is_word(text[end : end + 1])]
            written = text[start:end]
            is_lower = source == lowercase(source)
            if any(words) or not (written == source or is_lower and fold(written) == fold(source)):
                continue
            term = Term(source, target, written != source)
            found.append((-len(source), is_lower, number, start, Match(start, end, term)))
    taken: set[int] = set()
    kept = []
    for *_, match in sorted(found):
        places = set(range(match.start, match.end))
        if not places & taken:
            taken |= places
            kept.append(match)
    return sorted(kept)


@pytest.mark.parametrize("letters", ["ab ", "aAb ", "aσςΣ ", "a!b ", "茶tT ", "aA'_-"])
def test_matches_are_those_of_a_plain_search(letters: str) -> None:
    random_ = random.Random(letters)

    def text(most: int) -> str:
        size = random_.randint(1, most)
        return " ".join("".join(random_.choices(letters, k=size)).split()) or "a"

    for _ in range(300):
        terms = {text(8): f"{number} x" for number in range(random_.randint(1, 12))}
        line = text(60)
        assert Glossary(terms).find(line) == plain_find(terms, line), (terms, line)


@pytest.mark.timeout(20)
def test_a_large_glossary_of_nested_terms_is_searched_in_time_of_the_text() -> None:
    terms = {"!" * size: "x" for size in range(1, 201)}
    found = Glossary(terms).find("!" * 200_000)
    assert {match.end - match.start for match in found} == {200}
    assert len(found) == 1000


def test_a_file_may_have_tabs_arrows_or_equals_signs(tmp_path: Path) -> None:
    path = tmp_path / "terms.txt"
    path.write_text("# a => b\nsun\tSonne\r\nsea => Meer\nold man -> Greis\ntea = Tee\n", "utf-8")
    assert read_glossary(path).terms == {
        "sun": "Sonne",
        "sea": "Meer",
        "old man": "Greis",
        "tea": "Tee",
    }
    path.write_text("sun => Sonne\nx = a->b\n", "utf-8")
    with pytest.raises(UsageError, match=r"line 2: must be a term, one separator \(a tab, =>"):
        read_glossary(path)
