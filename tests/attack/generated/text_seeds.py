"""Valid text of every format that the readers know."""

import io
import json
import random
import zipfile
from typing import Any

WORDS = (
    *("the", "sea", "is", "calm", "and", "green", "house", "old", "river", "garden", "«", "été"),
    *("»", "naïve", "don't", "42", "3.14", "good", "bad", "film"),
)
HTML = ("<br />", "&amp;", "<b>x</b>", "&#8217;")
LABELS = ("pos", "neg", "neutral")


def sentence(draw: random.Random) -> str:
    """Returns a short text."""
    words = draw.choices(WORDS, k=draw.randint(1, 9))
    if draw.random() < 0.05:
        words.append(draw.choice(HTML))
    return " ".join(words)


def rows(draw: random.Random, task: str) -> list[dict[str, str]]:
    """Returns the rows of a task; few or enough for a training."""
    number = draw.choice((1, 3, 8, 8, 60))
    if task == "translation":
        texts = [sentence(draw) for _ in range(number)]
        return [{"source": text, "target": text.upper()} for text in texts]
    if task == "sentiment":
        return [{"label": draw.choice(LABELS), "text": sentence(draw)} for _ in range(number)]
    return [{"text": sentence(draw)} for _ in range(number)]


def table(draw: random.Random, found: list[dict[str, str]], separator: str, *, header: bool) -> str:
    """Returns rows with a separator; fields are quoted where they have to be, or all."""
    everything = draw.random() < 0.3

    def field(text: str) -> str:
        if everything or any(one in text for one in (separator, '"', "\n")):
            return '"' + text.replace('"', '""') + '"'
        return text

    lines = [list(found[0])] if header else []
    lines += [list(row.values()) for row in found]
    return "".join(separator.join(map(field, line)) + "\n" for line in lines)


def tmx(found: list[dict[str, str]]) -> str:
    """Returns a translation memory."""
    units = "".join(
        f'<tu><tuv xml:lang="en"><seg>{row["source"]}</seg></tuv>'
        f'<tuv xml:lang="fr"><seg>{row["target"]}</seg></tuv></tu>\n'
        for row in found
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE tmx SYSTEM "tmx14.dtd">\n'
        f'<tmx version="1.4"><header srclang="en"/>\n<body>\n{units}</body></tmx>\n'
    )


def parquet(found: list[dict[str, Any]]) -> bytes:
    """Returns a Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    stream = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(found), stream)
    return stream.getvalue()


def office(suffix: str) -> bytes:
    """Returns a file of an office program, or another ZIP archive."""
    inner = {".xlsx": "xl/workbook.xml", ".docx": "word/document.xml"}.get(suffix, "a.txt")
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(inner, "<w/>")
    return stream.getvalue()


SUFFIXES = (
    *(".tsv", ".tsv", ".csv", ".csv", ".jsonl", ".ndjson", ".json", ".txt", ".parquet", ".tmx"),
    *(".xlsx", ".docx", ".zip", ".pdf"),
)


def seed(draw: random.Random, task: str, suffix: str) -> bytes:
    """Returns a valid file of a format."""
    found = rows(draw, task)
    if suffix == ".parquet":
        return parquet(found)
    if suffix in (".xlsx", ".docx", ".zip", ".pdf"):
        return office(suffix)
    if suffix in (".jsonl", ".ndjson"):
        text = "".join(json.dumps(row, ensure_ascii=draw.random() < 0.5) + "\n" for row in found)
    elif suffix == ".json":
        text = json.dumps(found, indent=draw.choice((None, 1)))
    elif suffix == ".tmx" and task == "translation":
        text = tmx(found)
    elif suffix == ".txt":
        text = "\n".join(row.get("text", "\t".join(row.values())) for row in found) + "\n"
    else:
        separator = "\t" if suffix == ".tsv" else draw.choice((",", ",", ";"))
        text = table(draw, found, separator, header=draw.random() < 0.6)
    return text.encode()
