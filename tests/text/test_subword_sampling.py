"""Tests of nlp_apps.text.subword_sampling and of Tokenizer.sample."""

import functools
import hashlib
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_apps.text import subword_sampling
from nlp_apps.text.tokenizer import Tokenizer, train_tokenizer
from tests.text.made_up import LINES, VOCABULARY_SIZE


def test_segmentations_depend_on_the_seed(subwords: Tokenizer) -> None:
    first = subwords.sample(LINES, alpha=0.1, seed=7)
    assert subwords.sample(LINES, alpha=0.1, seed=7) == first
    assert subwords.sample(LINES, alpha=0.1, seed=8) != first
    assert first != subwords.encode(LINES)
    assert subwords.decode(first) == LINES


SAMPLE = """
import hashlib, sys
from pathlib import Path
from nlp_apps.text.tokenizer import Tokenizer
texts = Path(sys.argv[2]).read_text(encoding="utf-8").splitlines()
sampled = Tokenizer.load(Path(sys.argv[1])).sample(texts, alpha=0.2, seed=7)
print(hashlib.sha256(repr([list(ids) for ids in sampled]).encode()).hexdigest())
"""


def test_every_process_samples_the_same_segmentations(subwords: Tokenizer, tmp_path: Path) -> None:
    subwords.save(tmp_path / "m.model")
    (tmp_path / "lines.txt").write_text("\n".join(LINES), encoding="utf-8")
    command = [sys.executable, "-c", SAMPLE, str(tmp_path / "m.model"), str(tmp_path / "lines.txt")]
    found = {subprocess.check_output(command, text=True) for _ in range(2)}
    sampled = subwords.sample(LINES, alpha=0.2, seed=7)
    assert found == {hashlib.sha256(repr(sampled).encode()).hexdigest() + "\n"}


def test_the_frequency_of_a_segmentation_is_that_of_kudo() -> None:
    choices = random.Random(2).choices
    words = ["".join(choices(["ka", "lo", "mir", "te", "sun"], k=4)) for _ in range(400)]
    subwords = train_tokenizer([" ".join(words)] * 3, vocabulary_size=310)
    word, alpha, times = "kalomirtesun", 0.3, 20_000
    size = subword_sampling.NUM_SEGMENTATIONS
    segmentations = subwords._processor.nbest_encode(word, nbest_size=size)
    scores = [sum(map(subwords._processor.get_score, ids)) for ids in segmentations]
    weights = np.exp(alpha * (np.array(scores) - max(scores)))
    sampled = Counter(map(tuple, subwords.sample([word] * times, alpha=alpha, seed=1)))
    shares = [sampled[tuple(ids)] / times for ids in segmentations]
    assert len(segmentations) > 10
    np.testing.assert_allclose(shares, weights / weights.sum(), atol=0.02)


@pytest.mark.parametrize("keep_spaces", [False, True])
@settings(max_examples=100)
@given(text=st.text(alphabet="abdeikmnorst\u00e9\u65e5\U0001f642 \u2581.", max_size=30))
def test_a_sampled_segmentation_decodes_to_the_text(keep_spaces: bool, text: str) -> None:
    tokenizer = _tokenizer(keep_spaces)
    (sampled,) = tokenizer.sample([text], alpha=0.1, seed=1)
    assert tokenizer.decode([sampled]) == tokenizer.decode(tokenizer.encode([text]))
    (best,) = tokenizer.sample([text], alpha=1e6, seed=1)  # always the most probable
    assert _cost(tokenizer, best) == pytest.approx(_cost(tokenizer, tokenizer.encode([text])[0]))


@functools.cache
def _tokenizer(keep_spaces: bool) -> Tokenizer:
    return train_tokenizer(LINES, vocabulary_size=VOCABULARY_SIZE, keep_spaces=keep_spaces)


def _cost(tokenizer: Tokenizer, token_ids: Sequence[int]) -> float:
    return sum(map(tokenizer._processor.get_score, token_ids))


def test_a_seed_of_any_size_is_repeatable(subwords: Tokenizer) -> None:
    for seed in (0, 2**32 - 1, 2**32, 2**63 + 1):
        sampled = [subwords.sample(LINES[:50], alpha=0.1, seed=seed) for _ in range(2)]
        assert sampled[0] == sampled[1]


def test_a_larger_alpha_is_closer_to_the_most_probable_segmentation(subwords: Tokenizer) -> None:
    best = subwords.encode(LINES)

    def share_kept(alpha: float) -> float:
        sampled = subwords.sample(LINES, alpha=alpha, seed=1)
        return sum(a == b for a, b in zip(sampled, best, strict=True)) / len(best)

    assert share_kept(0.1) < share_kept(1.0)
