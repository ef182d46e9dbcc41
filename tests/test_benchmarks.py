"""The arithmetic, tables and texts of `benchmarks/`; nothing is measured."""

import gzip
import importlib
import itertools
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks import (
    batch_throughput,
    cells,
    cells_data,
    cold_start,
    corpus_memory,
    cost_per_token,
    greedy_decoding,
    matrix_products,
    neural_cache,
    report,
    synthetic_pairs,
    training_step,
    translator_sizes,
    translator_worker,
)
from benchmarks.machine import cpu_flags, cpu_name
from benchmarks.sample_models import APPS, texts
from benchmarks.settings import Settings
from benchmarks.spread import Spread, rounded, spread_of
from benchmarks.tables import table
from benchmarks.translator_sizes import Product, forward_products, step_flops
from benchmarks.workers import Measurement, Worker, measure
from nlp_apps.recipe.decoding_section import GenerationDecoding
from nlp_apps.results import Surprisals
from tests.prose import ROOT
from tests.test_imports import imports

FOLDER = ROOT / "benchmarks"
SETTINGS = Settings(repetitions=1, pytorch="python", folder=Path())
ONE = Measurement(5000.0, Spread(100.0, 90.0, 120.0))
WORKER = """
import sys
from benchmarks.workers import serve
serve(lambda case: lambda: sys.exit(3) if case == "end" else None)
"""


def rows_of(lines: list[str]) -> list[list[str]]:
    return [[cell.strip() for cell in line[1:-1].split("|")] for line in lines if line[:1] == "|"]


def test_every_module_without_pytorch_imports() -> None:
    for path in FOLDER.glob("*.py"):
        if not path.name.startswith("pytorch"):
            importlib.import_module(f"benchmarks.{path.stem}")


def test_the_worker_of_pytorch_needs_pytorch_and_the_standard_library_only() -> None:
    seen, waiting = set(), ["pytorch_worker"]
    while waiting:
        for name in imports(FOLDER / f"{waiting.pop()}.py"):
            top, *rest = name.split(".")
            assert top in {"benchmarks", "torch"} | sys.stdlib_module_names, name
            if top == "benchmarks" and rest[0] not in seen:
                seen.add(rest[0])
                waiting.append(rest[0])
    assert {"pytorch_translator", "spread"} <= seen


def test_a_spread_is_the_median_with_the_extremes() -> None:
    spread = spread_of([4.0, 1.0, 2.0])
    assert spread == (2.0, 1.0, 4.0)
    assert str(spread) == "2.00 (1.00–4.00)"
    assert spread.scaled(1000) == (2000.0, 1000.0, 4000.0)
    assert spread.rate(8.0) == (4.0, 2.0, 8.0)


def test_numbers_have_three_significant_digits() -> None:
    assert [rounded(value) for value in (12345.6, 123.4, 12.34, 1.234, 0.1234)] == [
        *("12,346", "123", "12.3", "1.23", "0.123"),
    ]


def test_a_table_is_markdown_and_rejects_a_short_row() -> None:
    assert table(["a", "b"], [["x", 1]]) == ["| a | b |", "| --- | --- |", "| x | 1 |"]
    with pytest.raises(ValueError, match="2"):
        table(["a", "b"], [["x"]])


def test_products_of_one_token_use_each_weight_once() -> None:
    model = translator_worker.build_model("float32")
    matrices = {weight.path: weight.shape for weight in model.trainable_variables}
    sizes = [shape[0] * shape[1] for path, shape in matrices.items() if len(shape) == 2]
    source_table = translator_sizes.VOCABULARY * translator_sizes.EMBEDDING
    products = forward_products(1, 1)
    assert sum(product.times * product.k * product.n for product in products) == (
        sum(sizes) - source_table
    )
    assert step_flops(1, 1) == 3 * 2 * (sum(sizes) - source_table)


def test_the_fastest_step_at_a_billion_operations_per_second_has_its_flops() -> None:
    shapes = translator_sizes.product_shapes([(83, 18)])
    milliseconds = translator_sizes.fastest_milliseconds(83, 18, dict.fromkeys(shapes, 1.0))
    assert milliseconds == pytest.approx(step_flops(83, 18) / 1e6)
    assert Product(2, 3, 4, 5).flops == 240


def test_workers_run_in_turn_and_an_ended_one_is_an_error() -> None:
    command = [sys.executable, "-c", WORKER]
    found = measure({"a": command, "b": command}, ["case"], repetitions=2, calls=2)
    assert list(found["case"]) == ["a", "b"]
    assert 0 <= found["case"]["a"].milliseconds.lowest <= found["case"]["a"].milliseconds.highest
    with pytest.raises(RuntimeError, match="end"), Worker(command) as worker:
        worker.run("end", 1)


def test_a_variant_that_fails_is_left_out(capfd: pytest.CaptureFixture[str]) -> None:
    commands = {"good": [sys.executable, "-c", WORKER], "bad": [sys.executable, "-c", "1 / 0"]}
    found = measure(commands, ["one", "two"], repetitions=1)
    assert [list(variants) for variants in found.values()] == [["good"], ["good"]]
    assert "bad is left out" in capfd.readouterr().err
    with pytest.raises(RuntimeError, match="no variant"):
        measure({"bad": commands["bad"]}, ["one"], repetitions=1)


def test_the_section_of_training_has_time_rate_share_and_ratio() -> None:
    variants = [training_step.FLOAT32, training_step.PYTORCH_FLOAT32]
    steps = {"83x18": dict.fromkeys(variants, ONE)}
    # At this speed the products alone are half of the measured step.
    rate = step_flops(83, 18) / ONE.milliseconds.median / 1e6
    limit = Spread(2 * rate, 2 * rate, 2 * rate)
    speeds = {
        shape: {"XLA, float32": limit} for shape in translator_sizes.product_shapes([(83, 18)])
    }
    rows = rows_of(training_step.section(steps, speeds, SETTINGS))
    cells = [row[1] for row in rows if row[0] == training_step.FLOAT32]
    assert cells == ["100 (90.0–120)", rounded(rate), "50%", "1.00", "5.00"]
    assert ["its products alone, float32", "50.0"] in rows
    without = training_step.section(steps, None, SETTINGS._replace(pytorch=None))
    assert "make bench" in without[-1]


def test_the_other_sections_have_a_row_for_each_variant() -> None:
    shape = "64x20"
    speed = Spread(2.0, 1.0, 3.0)
    greedy = greedy_decoding.section({shape: {greedy_decoding.OWN: ONE}}, SETTINGS)
    assert rows_of(greedy)[-1][2:] == ["100 (90.0–120)", "12,800 (10,667–14,222)", "1.00"]
    products = matrix_products.section({"1x2x3": {"XLA, float32": speed}}, SETTINGS)
    assert rows_of(products)[-1] == ["1 x 2 x 3", "2.00 (1.00–3.00)"]
    costs = dict.fromkeys(cost_per_token.LENGTHS, speed) | {200: speed.scaled(1.25)}
    assert rows_of(cost_per_token.section({"training": costs}, SETTINGS))[-1][-1] == "1.25"
    batches = batch_throughput.section({"run": dict.fromkeys(batch_throughput.BATCHES, speed)})
    assert len(rows_of(batches)[-1]) == 1 + len(batch_throughput.BATCHES)
    usage = corpus_memory.Usage(60.0, 2**30, 2**29)
    assert rows_of(corpus_memory.section({1000: (10**6, usage)}))[-1] == [
        *("1,000", "1.00", "1,024", "512", "60.0"),
    ]
    starts = cold_start.section({"predict": dict.fromkeys(APPS, speed)})
    assert rows_of(starts)[-1] == ["predict", *[str(speed)] * len(APPS)]


def test_a_batch_of_a_length_has_about_the_same_tokens() -> None:
    for length in cost_per_token.LENGTHS:
        tokens = cost_per_token.rows_of(length) * length
        assert abs(tokens / cost_per_token.BATCH_TOKENS - 1) < 0.1


def test_the_memory_of_a_command_grows_with_its_objects() -> None:
    small = corpus_memory.usage_of([sys.executable, "-c", "pass"])
    code = "import time; found = b'x' * (100 << 20); time.sleep(0.5)"
    large = corpus_memory.usage_of([sys.executable, "-c", code])
    assert 90 << 20 < large.bytes - small.bytes < 110 << 20
    if sys.platform == "linux":
        assert 90 << 20 < large.private < large.bytes
    with pytest.raises(RuntimeError, match="exit code 3"):
        corpus_memory.usage_of([sys.executable, "-c", "raise SystemExit(3)"])


def test_a_report_has_the_machine_and_the_chosen_sections_in_order() -> None:
    page = report.document({"start": ["x"], "tokens": ["w"]}, ["| y |"])
    assert [line for line in page.splitlines() if line.startswith("#")] == [
        *("# Benchmarks", "## Machine", "## Cost per token against length", "## Cold start"),
    ]
    assert report.parse_names("training, products") == ["training", "products"]
    assert report.parse_names("") == list(report.TITLES)
    with pytest.raises(Exception, match="'trainings' is none of"):
        report.parse_names("trainings")


def test_sections_of_the_same_machine_are_kept() -> None:
    sections = {"tokens": ["v", "", "w"], "start": ["x"]}
    page = report.document(sections, ["| y |", "| z |"])
    assert report.sections_of(page, ["| y |", "| z |"]) == sections
    assert report.sections_of(page, ["| y |"]) == {}
    assert report.sections_of("", ["| y |"]) == {}


def test_a_section_begins_with_its_date_seconds_and_load(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    page = tmp_path / "page.md"
    for name in ("cold_start", "cost_per_token"):
        monkeypatch.setattr(getattr(report, name), "measured_section", lambda _, name=name: [name])
        monkeypatch.setattr(report, "describe", lambda _: ["| y |"])
        key = {"cold_start": "start", "cost_per_token": "tokens"}[name]
        monkeypatch.setattr(
            sys, "argv", ["report", "--only", key, "--repetitions", "2", "--output", str(page)]
        )
        report.main()
    lines = page.read_text("utf-8").splitlines()
    assert lines.index("cost_per_token") < lines.index("cold_start")
    first = lines[lines.index("## Cold start") + 2]
    assert re.fullmatch(
        r"Measured on \d{4}-\d\d-\d\d in 0 seconds, 2 repetitions(; load average before: .+)?\.",
        first,
    )


def test_units_are_those_of_the_nearest_number_of_parameters() -> None:
    assert cells.nearest_units(lambda units: units * units, 10_000) == 100
    assert cells.nearest_units(lambda units: units * units, 10_300) == 100
    assert cells.nearest_units(lambda units: units * units, 10_700) == 104
    assert cells.nearest_units(lambda units: units, 3) == 4


def test_the_learning_rate_rises_to_its_peak_and_falls_to_zero() -> None:
    found = list(cells.rates(50))
    assert len(found) == 50
    assert found.index(max(found)) == 4 and max(found) == cells.PEAK_RATE
    assert found[-1] == pytest.approx(0.0, abs=1e-12)


def test_the_tables_of_cells_have_losses_and_ratios_to_the_first() -> None:
    result = {"cell": "gru", "units": 8, "parameters": 1234, "train_loss": 2.0}
    rows = cells.score_rows([{**result, "validation_loss": 2.5}])
    assert rows[-1] == "| `gru` | 8 | 1,234 | 2.000 | 2.500 |"
    rows = cells.time_rows({"lstm": [0.1, 0.2, 0.3], "gru": [0.2, 0.2, 0.9]})
    assert rows[-2:] == ["| `lstm` | 200 ms | 1.00 |", "| `gru` | 200 ms | 2.00 |"]


class Board:
    """A keyboard whose cache halves every surprisal; its generator has the recipe."""

    def __init__(self, generator: SimpleNamespace, decoding: GenerationDecoding) -> None:
        self.generator, self.decoding = generator, decoding
        self.texts: list[str] = []

    def forget(self) -> None:
        self.texts.clear()

    def learn(self, text: str) -> Surprisals:
        assert not self.texts, "the cache has another text"
        self.texts.append(text)
        return Surprisals(list(text), np.full(len(text), np.log(8.0) / 2))


def test_perplexities_of_a_cache_are_those_of_the_first_tokens() -> None:
    decoding = GenerationDecoding()
    generator = SimpleNamespace(
        recipe=SimpleNamespace(decoding=decoding),
        surprisals=lambda texts: (Surprisals(list(one), np.log([8.0, 2.0, 9.9])) for one in texts),
    )
    board = Board(generator, decoding)
    settings = [neural_cache.Setting(), neural_cache.Setting(weight=0.3)]
    boards = [neural_cache.with_setting(board, one) for one in settings]
    assert boards[0] is board
    assert boards[1].decoding == decoding.model_copy(update={"cache_weight": 0.3})
    found = {"a": neural_cache.scores(boards, "abc", 2), "b": neural_cache.scores(boards, "b", 2)}
    assert found["a"].plain == pytest.approx(4.0)
    assert found["a"].cached == pytest.approx([8**0.5, 8**0.5])
    rows = rows_of(neural_cache.section(found, settings))
    assert rows[0] == ["text", "tokens", "without the cache", "with it", "weight 0.3"]
    assert rows[2] == ["a", "2", "4.0", "2.8", "2.8"]


def test_windows_of_characters_predict_the_next_one(tmp_path: Path) -> None:
    (tmp_path / "input.txt").write_text("abcdefg " * 8000)
    data = cells_data.read_shakespeare(tmp_path)
    assert data.vocabulary_size == cells_data.FIRST_ID + 8
    batch = next(data.batches(seed=1))
    assert batch["target_in"].shape == (cells_data.ROWS, cells_data.CHARACTERS)
    assert (batch["target_in"][:, 1:] == batch["target_out"][:, :-1]).all()
    assert data.validation["target_in"].shape[1] == cells_data.VALIDATION_LENGTH


def test_the_cpu_has_a_name_and_its_flags() -> None:
    info = "model name\t: EPYC\nflags\t\t: fpu avx2 avx512_bf16\nmodel name\t: EPYC\n"
    assert cpu_name(info) == "EPYC"
    assert cpu_flags(info) == ["avx2", "avx512_bf16"]
    assert cpu_flags("") == []


def test_the_texts_of_the_apps_are_sentences() -> None:
    for app in APPS:
        assert len(texts(app)) == 64
        assert all(" " in text and "\t" not in text for text in texts(app))


def test_synthetic_pairs_are_a_head_of_a_larger_corpus(tmp_path: Path) -> None:
    synthetic_pairs.write_pairs(tmp_path / "a.tsv", 100, 1)
    synthetic_pairs.write_pairs(tmp_path / "b.tsv.gz", 300, 1)
    lines = gzip.decompress((tmp_path / "b.tsv.gz").read_bytes()).splitlines()
    assert len(lines) == 300
    assert (tmp_path / "a.tsv").read_bytes().splitlines() == lines[:100]
    assert next(synthetic_pairs.lines(100, 2)) != [line.decode() for line in lines[:100]]


def test_a_synthetic_target_is_a_function_of_its_source() -> None:
    words: dict[str, str] = {}
    for form in synthetic_pairs.templates(1):
        assert synthetic_pairs.MIN_WORDS <= len(form.classes) <= synthetic_pairs.MAX_WORDS
        assert sorted(form.order) == list(range(len(form.classes)))
    for known in synthetic_pairs.vocabularies().values():
        assert known.cumulative[-1] == pytest.approx(1.0)
        words |= dict(zip(known.source, known.target, strict=True))
    assert len(words) == len(set(words.values())) == sum(synthetic_pairs.CLASS_SIZES.values())
    for line in itertools.islice(next(synthetic_pairs.lines(2000, 1)), 2000):
        source, target = (side.removesuffix(".").split(" ") for side in line.split("\t"))
        assert sorted(words[word] for word in source) == sorted(target)
