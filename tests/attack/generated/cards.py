"""`.tflite` files: their archive and its metadata, read without LiteRT."""

import io
import json
import random
import zipfile
from pathlib import Path
from typing import Any

from nlp_apps.errors import NlpAppsError
from nlp_apps.litert.archive import add_checksum, append_files
from nlp_apps.litert.metadata import (
    METADATA_FILE,
    PIECES,
    SOURCE_PIECES,
    read_metadata,
    read_pieces,
    require_checksum,
)
from nlp_apps.litert.model_index import find, listing
from tests.attack.attacked import ROOT
from tests.attack.generated.attack import Attack, Input
from tests.attack.generated.mutations import mutate, mutate_json

MODEL_BYTES = 2000
"""Bytes of the model that are kept: only the archive is read here."""


class Cards(Attack):
    """Reads metadata, vocabulary and checksum, and lists the models."""

    name = "cards"
    share = 0.2

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.seeds: list[tuple[bytes, dict[str, Any]]] = []
        for path in sorted((ROOT / "saved_models" / "shipped").glob("*/*.tflite")):
            with zipfile.ZipFile(path) as archive:
                files = {name: json.loads(archive.read(name)) for name in archive.namelist()}
            for name in (PIECES, SOURCE_PIECES):
                if name in files:
                    files[name] = files[name][:40]
            self.seeds.append((path.read_bytes()[:MODEL_BYTES], files))

    def make(self, draw: random.Random) -> Input:
        model, files = draw.choice(self.seeds)
        kind = draw.random()
        if kind < 0.45:  # a valid archive with other JSON
            content = _archive(draw, model, files)
        else:
            content = append_files(model, files)
            if draw.random() < 0.5:
                content = add_checksum(content)
            start = len(model) if draw.random() < 0.8 else 0
            content = content[:start] + mutate(draw, content[start:], [content[start:]])
        return Input(("read",), {"a.tflite": content})

    def call(self, one: Input) -> None:
        path = self.folder / "a.tflite"
        path.write_bytes(one.files["a.tflite"])
        rows = listing(find([self.folder]))
        json.dumps(rows, ensure_ascii=False).encode("utf-8")
        try:
            metadata = read_metadata(path)
        except NlpAppsError:
            assert not rows
            read_pieces(path)
            raise
        assert rows == [{"file": "a.tflite", "task": metadata["task"]}]
        require_checksum(path, metadata)
        read_pieces(path)


def _archive(draw: random.Random, model: bytes, files: dict[str, Any]) -> bytes:
    """Returns a model with an archive whose files are mutated."""
    changed = METADATA_FILE if draw.random() < 0.8 else draw.choice(list(files))
    stream = io.BytesIO(model)
    with zipfile.ZipFile(stream, "a") as archive:
        for name, value in files.items():
            content = json.dumps(value).encode()
            if name == changed:
                content = mutate_json(draw, value)
            method = draw.choice((zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED))
            archive.writestr(name, content, method)
    return stream.getvalue()
