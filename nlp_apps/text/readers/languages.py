"""Languages by code and by English name, as in header lines."""

import re

# English name (or names) of a language -> codes of ISO 639-1 and 639-3; the first is returned.
_LANGUAGES = {
    "afrikaans": "af afr",
    "albanian": "sq sqi",
    "amharic": "am amh",
    "arabic": "ar ara arb",
    "armenian": "hy hye",
    "azerbaijani": "az aze",
    "basque": "eu eus",
    "belarusian": "be bel",
    "bengali": "bn ben",
    "berber": "ber kab",
    "bosnian": "bs bos",
    "bulgarian": "bg bul",
    "burmese": "my mya",
    "catalan": "ca cat",
    "chinese": "zh zho cmn",
    "mandarin": "zh",
    "mandarin chinese": "zh",
    "simplified chinese": "zh",
    "traditional chinese": "zh",
    "croatian": "hr hrv",
    "czech": "cs ces",
    "danish": "da dan",
    "dutch": "nl nld",
    "english": "en eng",
    "esperanto": "eo epo",
    "estonian": "et est",
    "finnish": "fi fin",
    "french": "fr fra fre",
    "galician": "gl glg",
    "georgian": "ka kat",
    "german": "de deu ger",
    "greek": "el ell",
    "gujarati": "gu guj",
    "hausa": "ha hau",
    "hebrew": "he heb",
    "hindi": "hi hin",
    "hungarian": "hu hun",
    "icelandic": "is isl",
    "igbo": "ig ibo",
    "indonesian": "id ind",
    "interlingua": "ia ina",
    "irish": "ga gle",
    "italian": "it ita",
    "japanese": "ja jpn",
    "kannada": "kn kan",
    "kazakh": "kk kaz",
    "khmer": "km khm",
    "korean": "ko kor",
    "kurdish": "ku kur",
    "lao": "lo lao",
    "latin": "la lat",
    "latvian": "lv lav",
    "lithuanian": "lt lit",
    "macedonian": "mk mkd",
    "malay": "ms msa",
    "malayalam": "ml mal",
    "maltese": "mt mlt",
    "marathi": "mr mar",
    "mongolian": "mn mon",
    "nepali": "ne nep",
    "norwegian": "no nor",
    "norwegian bokmal": "nb nob",
    "norwegian nynorsk": "nn nno",
    "pashto": "ps pus",
    "persian": "fa fas",
    "farsi": "fa",
    "polish": "pl pol",
    "portuguese": "pt por",
    "brazilian portuguese": "pt",
    "punjabi": "pa pan",
    "romanian": "ro ron",
    "russian": "ru rus",
    "serbian": "sr srp",
    "sinhala": "si sin",
    "slovak": "sk slk",
    "slovenian": "sl slv",
    "somali": "so som",
    "spanish": "es spa",
    "castilian": "es",
    "swahili": "sw swa",
    "swedish": "sv swe",
    "tagalog": "tl tgl",
    "filipino": "tl",
    "tamil": "ta tam",
    "tatar": "tt tat",
    "telugu": "te tel",
    "thai": "th tha",
    "turkish": "tr tur",
    "ukrainian": "uk ukr",
    "urdu": "ur urd",
    "uyghur": "ug uig",
    "uzbek": "uz uzb",
    "vietnamese": "vi vie",
    "welsh": "cy cym",
    "xhosa": "xh xho",
    "yiddish": "yi yid",
    "yoruba": "yo yor",
    "zulu": "zu zul",
}

_CODE_OF = {name: codes.split()[0] for name, codes in _LANGUAGES.items()}
_CODE_OF |= {code: codes.split()[0] for codes in _LANGUAGES.values() for code in codes.split()}
# A code with a region, such as en-US or pt_BR.
_REGIONAL = re.compile(r"([a-z]{2,3})[-_][a-z]{2,4}")


def language_of(word: str) -> str:
    """Returns the code of a language.

    Args:
        word: an English name or a code, in upper or lower case, possibly with a region.

    Returns:
        The code of ISO 639-1, such as `en`, where there is one; empty for any other word.
    """
    plain = word.strip().casefold()
    if plain in _CODE_OF:
        return _CODE_OF[plain]
    regional = _REGIONAL.fullmatch(plain)
    return _CODE_OF.get(regional[1], "") if regional else ""
