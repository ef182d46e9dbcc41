"""TensorFlow Datasets is read for real, without a network.

One data set is our own text, stored in TFDS's format; the other comes from TFDS's own builder,
which unpacks a small archive made here from a download cache filled here.
"""

import io
import logging
import os
import socket
import subprocess
import sys
import tarfile
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nlp_apps.errors import UsageError, WorkError
from nlp_apps.text.corpus import Corpus, Pair
from nlp_apps.text.readers.pairs import read_pairs

tfds = pytest.importorskip("tensorflow_datasets")

from nlp_apps.text.readers import tfds_split  # noqa: E402  (needs the check above)

PAIRS = [
    Pair("Good morning.", "Bonjour."),
    Pair("Two\r\nlines.", "Deux\nlignes."),
    Pair("Café?", "Un café\u202f?"),
]
READ = [PAIRS[0], Pair("Two lines.", "Deux lignes."), PAIRS[2]]


def read(source: str, tfds_dir: Path, **options: Any) -> Corpus[Pair]:
    def find(name: str) -> Path:
        raise AssertionError(f"a TFDS source is not a file: {name}")

    return read_pairs(source, find=find, tfds_dir=tfds_dir, **options)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A TFDS folder with `phrases/en_fr`: two splits, two languages, and one bad split."""
    folder = tmp_path_factory.mktemp("tfds")

    def examples(pairs: list[Pair]) -> list[tuple[int, dict[str, Any]]]:
        return [
            (number, {"en": pair.source, "fr": pair.target, "id": number})
            for number, pair in enumerate(pairs)
        ]

    tfds.dataset_builders.store_as_tfds_dataset(
        name="phrases",
        config="en_fr",
        version="1.2.3",
        features=tfds.features.FeaturesDict(
            {"en": tfds.features.Text(), "fr": tfds.features.Text(), "id": np.int64}
        ),
        split_datasets={
            "train": examples(PAIRS),
            "test": examples(PAIRS[:1]),
            "bad": examples([PAIRS[0], Pair("x", " "), Pair("nul\0", "y"), Pair("z" * 99, "z")]),
        },
        data_dir=folder,
        disable_shuffling=True,
    )
    return folder


EN_FR = ("en", "fr")


def test_a_prepared_data_set_is_read_in_order_with_its_identity(prepared: Path) -> None:
    corpus = read("tfds:phrases/en_fr:train", prepared, languages=EN_FR)
    assert corpus.examples == READ
    assert corpus.names == ["tfds:phrases/en_fr:train"]
    assert corpus.checksum == "tfds:phrases/en_fr:1.2.3:train"
    assert corpus.skipped == 0


def test_the_languages_say_which_side_is_which_and_reverse_swaps_them(prepared: Path) -> None:
    swapped = [Pair(target, source) for source, target in READ]
    source = "tfds:phrases/en_fr:train"
    assert read(source, prepared, languages=("fr", "en")).examples == swapped
    assert read(source, prepared, languages=EN_FR, reverse=True).examples == swapped


def test_a_version_and_a_slice_can_be_named(prepared: Path) -> None:
    corpus = read("tfds:phrases/en_fr:1.2.3:train[1:]", prepared, languages=EN_FR)
    assert corpus.examples == READ[1:]
    assert corpus.checksum == "tfds:phrases/en_fr:1.2.3:train[1:]"


def test_a_bad_example_is_an_error_with_its_number_or_is_skipped(
    prepared: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = "tfds:phrases/en_fr:bad"
    with pytest.raises(WorkError, match=f"{source}, example 2: the target side is empty"):
        read(source, prepared, languages=EN_FR)
    with caplog.at_level(logging.WARNING, logger="nlp_apps"):
        corpus = read(source, prepared, languages=EN_FR, on_bad_line="skip", max_line_characters=50)
    assert corpus.examples == PAIRS[:1]
    assert corpus.skipped == 3
    assert f"{source}, example 3: a NUL character at column 4" in caplog.text
    assert f"{source}, example 4: longer than 50 characters" in caplog.text


@pytest.mark.parametrize(
    ("source", "languages", "words"),
    [
        ("phrases/en_fr:train", ("en", "de"), "no text feature 'de' .* It has: en, fr"),
        ("phrases/en_fr:train", ("en", "id"), "no text feature 'id'"),
        ("phrases/en_fr:train", ("", ""), "data.source_language and data.target_language"),
        (
            "phrases/en_fr:dev",
            EN_FR,
            "no split 'dev'.* bad, test, train",
        ),
        ("phrases/en_fr:train[x]", EN_FR, r"no split 'train\[x\]'"),
        ("no_such_thing:train", EN_FR, r"TensorFlow Datasets [\d.]+ has no data set of this name"),
        ("ted_hrlr_translate/pt_to_xx:train", EN_FR, "cannot open it"),
    ],
)
def test_a_missing_feature_or_split_is_an_error_with_the_existing_ones(
    prepared: Path, source: str, languages: tuple[str, str], words: str
) -> None:
    with pytest.raises(WorkError, match=f"tfds:.*{words}"):
        read(f"tfds:{source}", prepared, languages=languages)


@pytest.mark.parametrize("source", ["tfds:", "tfds:phrases", "tfds:a b:train", "tfds:a:1.0.0"])
def test_a_source_of_another_form_is_a_usage_error(prepared: Path, source: str) -> None:
    with pytest.raises(UsageError, match="Write tfds:NAME/CONFIG:SPLIT"):
        read(source, prepared)


def test_damaged_files_of_a_prepared_data_set_are_an_error(tmp_path: Path) -> None:
    tfds.dataset_builders.store_as_tfds_dataset(
        name="torn",
        version="1.0.0",
        features=tfds.features.FeaturesDict(
            {"en": tfds.features.Text(), "fr": tfds.features.Text()}
        ),
        split_datasets={"train": [(0, {"en": "a", "fr": "b"})]},
        data_dir=tmp_path,
    )
    (record,) = (tmp_path / "torn" / "1.0.0").glob("*.tfrecord*")
    data = bytearray(record.read_bytes())
    data[-6] ^= 0xFF
    record.write_bytes(data)
    with pytest.raises(WorkError, match=r"tfds:torn:train: the prepared files in .* are damaged"):
        read("tfds:torn:train", tmp_path, languages=EN_FR)


# TFDS's own builder

TED_URL = "http://www.phontron.com/data/qi18naacl-dataset.tar.gz"
TED = {
    "train": [Pair("bom dia .", "good morning ."), Pair("obrigado .", "thank you .")],
    "dev": [Pair("até logo .", "see you .")],
    "test": [Pair("sim .", "yes .")],
}


def fill_download_cache(folder: Path) -> None:
    """Writes a small archive into the download cache of TFDS, in place of the TED talks."""
    from tensorflow_datasets.core.download import resource

    builder = tfds.builder("ted_hrlr_translate/pt_to_en", data_dir=folder)
    url_info = type(builder).url_infos[TED_URL]
    downloads = folder / "downloads" / "ted_hrlr_translate"
    downloads.mkdir(parents=True)
    path = downloads / resource.get_dl_fname(TED_URL, url_info.checksum)
    with tarfile.open(path, "w:gz") as archive:
        for split, pairs in TED.items():
            for language, side in zip(("pt", "en"), zip(*pairs, strict=True), strict=True):
                data = "\n".join(side).encode()
                info = tarfile.TarInfo(f"datasets/pt_to_en/{language}.{split}")
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
    resource.write_info_file(
        url=TED_URL,
        path=tfds.core.Path(path),
        dataset_name="ted_hrlr_translate",
        original_fname="qi18naacl-dataset.tar.gz",
        url_info=url_info,
    )


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes every connection fail, on machines with a network too."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError("Network is unreachable")

    monkeypatch.setattr(socket, "create_connection", refuse)


def test_a_data_set_of_tfds_is_prepared_from_its_download_cache_and_read(
    tmp_path: Path,
    no_network: None,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    fill_download_cache(tmp_path)
    name = "ted_hrlr_translate/pt_to_en"
    with caplog.at_level(logging.WARNING, logger="nlp_apps"):
        train = read(f"tfds:{name}:train", tmp_path, languages=("pt", "en"))
    assert "is not prepared" in caplog.text
    assert "downloading and preparing it" in caplog.text
    assert sorted(train.examples) == sorted(TED["train"])
    assert train.checksum == f"tfds:{name}:1.0.0:train"
    assert capsys.readouterr().out == ""  # standard output is for predictions
    caplog.clear()
    again = read(f"tfds:{name}:train", tmp_path)  # the order of languages of the data set
    assert again.examples == train.examples
    assert not caplog.messages  # prepared: no message
    assert read(f"tfds:{name}:validation", tmp_path).examples == TED["dev"]
    back = read(f"tfds:{name}:test", tmp_path, languages=("en", "pt"))
    assert back.examples == [Pair("yes .", "sim .")]


def test_without_network_a_data_set_that_is_not_prepared_is_an_error_within_seconds(
    tmp_path: Path, no_network: None
) -> None:
    start = time.monotonic()
    with pytest.raises(WorkError) as caught:
        read("tfds:ted_hrlr_translate/pt_to_en:train", tmp_path, languages=("pt", "en"))
    assert time.monotonic() - start < 30
    message = str(caught.value)
    assert "tfds:ted_hrlr_translate/pt_to_en:train is not prepared in" in message
    assert str(tmp_path) in message
    assert "no network: www.phontron.com cannot be reached" in message
    assert "data.tfds_dir" in message


def test_a_host_without_response_is_an_error_after_the_timeout(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    test_is_over = threading.Event()

    def wait(*_: object, **__: object) -> None:
        test_is_over.wait(60)
        raise OSError("the test has ended")  # the thread must end well after the test

    monkeypatch.setattr(socket, "create_connection", wait)
    monkeypatch.setattr(urllib.request, "getproxies", dict)
    start = time.monotonic()
    with pytest.raises(ConnectionError, match="example.org cannot be reached: timeout"):
        tfds_split.require_connection("https://example.org/file", seconds=0.1)
    assert time.monotonic() - start < 30
    test_is_over.set()


def test_the_connection_is_to_the_proxy_if_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    class Connection:
        def close(self) -> None:
            pass

    def connect(address: tuple[str, int], timeout: float) -> Connection:
        tried.append(address)
        return Connection()

    monkeypatch.setattr(socket, "create_connection", connect)
    for name in ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(urllib.request, "proxy_bypass", lambda host: False)
    tfds_split.require_connection("https://example.org/file")
    tfds_split.require_connection("http://example.org:8080/file")
    monkeypatch.setenv("https_proxy", "http://proxy.local:3128")
    tfds_split.require_connection("https://example.org/file")
    assert tried == [("example.org", 443), ("example.org", 8080), ("proxy.local", 3128)]


def test_reading_files_does_not_import_tensorflow(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("a\tb\n")
    code = (
        "import sys, pathlib\nfrom nlp_apps.text.readers.pairs import read_pairs\n"
        f"read_pairs('a.tsv', find=lambda name: pathlib.Path({str(tmp_path)!r}) / name)\n"
        "assert not {'tensorflow', 'tensorflow_datasets'} & set(sys.modules)\n"
    )
    root = Path(tfds_split.__file__).parents[3]
    subprocess.run(
        [sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": str(root)}
    )
