"""The machine of a measurement: CPU, memory, versions."""

import os
import platform
import re
import sys
from importlib.metadata import version
from pathlib import Path

from benchmarks.settings import version_of
from benchmarks.tables import table
from nlp_apps.io.machine_cpu import CPU_INFO
from nlp_apps.io.machine_memory import machine_bytes

FLAGS = ("avx2", "avx512f", "avx512_bf16", "avx512_vnni", "amx_bf16", "amx_int8")
"""Instructions that decide the speed of matrix products."""

LOAD = Path("/proc/loadavg")


def describe(pytorch: str | None) -> list[str]:
    """Returns the Markdown table of this machine.

    Args:
        pytorch: the Python that has PyTorch, if any.
    """
    rows = [
        ("CPU", cpu_name(_cpu_info())),
        ("cores", str(os.cpu_count())),
        ("instructions", ", ".join(cpu_flags(_cpu_info())) or "unknown"),
        ("memory", f"{machine_bytes() / 2**30:.0f} GiB"),
        ("system", platform.platform(terse=True)),
        ("Python", sys.version.split()[0]),
        *((name, version(name.lower())) for name in ("TensorFlow", "Keras", "NumPy")),
        ("PyTorch", version_of(pytorch, "torch") if pytorch else "not installed"),
    ]
    return table(["", ""], rows)


def load_average() -> float | None:
    """Returns the mean number of running processes of the last minute, on Linux."""
    try:
        return float(LOAD.read_text("ascii").split()[0])
    except (OSError, ValueError):
        return None


def cpu_name(info: str) -> str:
    """Returns the CPU's name from the text of `/proc/cpuinfo`, or of the platform."""
    found = re.search(r"^model name\s*:\s*(.*)$", info, re.MULTILINE)
    return found[1].strip() if found else platform.processor() or platform.machine()


def cpu_flags(info: str) -> list[str]:
    """Returns those of `FLAGS` in the text of `/proc/cpuinfo`."""
    found = re.search(r"^flags\s*:(.*)$", info, re.MULTILINE)
    present = set(found[1].split()) if found else set()
    return [flag for flag in FLAGS if flag in present]


def _cpu_info() -> str:
    try:
        return CPU_INFO.read_text("ascii", errors="replace")
    except OSError:
        return ""
