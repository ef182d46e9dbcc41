"""Tests of nlp_apps.io.machine_cpu."""

from pathlib import Path

import pytest

from nlp_apps.io import machine_cpu

TEXT = "processor\t: 0\nmodel name\t: a CPU with avx512_bf16\nflags\t\t: fpu {}\nbugs\t\t: none\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (TEXT.format("avx512f avx512_bf16"), True),
        (TEXT.format("amx_bf16 amx_tile"), True),
        (TEXT.format("avx2 avx512f"), False),
        (TEXT.format("xavx512_bf16"), False),
        ("Features\t: fp asimd bf16\n", False),  # an ARM processor
        ("", False),
    ],
)
def test_bfloat16_is_fast_with_its_instructions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, expected: bool
) -> None:
    path = tmp_path / "cpuinfo"
    path.write_text(text, encoding="ascii")
    monkeypatch.setattr(machine_cpu, "CPU_INFO", path)
    assert machine_cpu.has_fast_bfloat16.__wrapped__() is expected


def test_a_system_without_the_file_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine_cpu, "CPU_INFO", tmp_path / "missing")
    assert machine_cpu.has_fast_bfloat16.__wrapped__() is False
