"""Tests of nlp_apps.metrics.bleu_tokenizer, and of BLEU where words have no spaces between them."""

import importlib.util

import pytest

from nlp_apps.metrics.bleu import bleu, tokenizer_of
from nlp_apps.metrics.bleu_tokenizer import bleu_tokenizer

CHINESE = ["我今天早上去了图书馆。", "他们住在一个小村子里。", "请把窗户打开,好吗?"]
JAPANESE = ["私は今朝、図書館に行きました。", "彼らは小さな村に住んでいます。"]
KOREAN = ["나는 오늘 아침 도서관에 갔다.", "그들은 작은 마을에 산다."]
THAI = ["ฉันไปห้องสมุดเมื่อเช้านี้", "พวกเขาอาศัยอยู่ในหมู่บ้านเล็ก ๆ"]


@pytest.fixture(autouse=True)
def no_mecab(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)


@pytest.mark.parametrize(
    ("references", "tokenizer"),
    [
        (CHINESE, "zh"),
        (JAPANESE, "char"),
        (KOREAN, "char"),
        (THAI, "char"),
        (["The cat sat on the mat.", "Où est la gare ?"], "13a"),
        (["Я дома.", "Είμαι σπίτι."], "13a"),
        (["12 + 3 = 15", ""], "13a"),
        ([], "13a"),
        # The majority of the letters decides.
        (["The sign said 出口 and nothing more."], "13a"),
        (["我在 Paris 的图书馆里学习法语和英语。"], "zh"),
    ],
)
def test_the_script_of_the_references_decides_if_no_language_is_set(references, tokenizer):
    assert bleu_tokenizer(references) == tokenizer


@pytest.mark.parametrize(
    ("language", "tokenizer"),
    [("zh", "zh"), ("zh-Hant", "zh"), ("ZH-TW", "zh"), ("cmn", "zh"), ("ja", "char")]
    + [("ko", "char"), ("th", "char"), ("km", "char"), ("fr", "13a"), ("pt-BR", "13a")],
)
def test_the_language_decides_not_the_script(language, tokenizer):
    assert bleu_tokenizer(["The cat sat on the mat."], language) == tokenizer
    assert bleu_tokenizer(CHINESE, language) == tokenizer


def test_mecab_is_used_where_it_is_installed(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
    assert bleu_tokenizer(JAPANESE) == "ja-mecab"
    assert bleu_tokenizer([], "ko") == "ko-mecab"
    assert bleu_tokenizer(CHINESE) == "zh"


@pytest.mark.parametrize("references", [CHINESE, JAPANESE, THAI])
def test_a_translation_without_spaces_that_is_nearly_right_scores_more_than_0(references):
    nearly = [text[:-3] + text[-1] for text in references]
    score = bleu(nearly, references)
    assert 40.0 < score.value < 100.0
    assert tokenizer_of(score.signature) == bleu_tokenizer(references)
    assert bleu(nearly, references, "en").value < 1.0  # 13a


def test_chinese_words_are_characters():
    # Precisions 4/5, 3/4, 2/3, 1/2 over five characters, no brevity penalty.
    score = bleu(["我去图书店"], ["我去图书馆"], "zh")
    assert score.value == pytest.approx(100 * (4 / 5 * 3 / 4 * 2 / 3 * 1 / 2) ** 0.25, abs=1e-3)
