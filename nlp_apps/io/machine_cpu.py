"""The instructions of this machine's CPU."""

import re
from functools import cache
from pathlib import Path

CPU_INFO = Path("/proc/cpuinfo")

BFLOAT16_FLAGS = frozenset({"avx512_bf16", "amx_bf16"})


@cache
def has_fast_bfloat16() -> bool:
    """Returns True if the CPU has instructions for products of bfloat16 matrices.

    On systems other than Linux it returns False: TensorFlow has no such products there.
    """
    try:
        text = CPU_INFO.read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    flags = re.search(r"^flags\s*:(.*)$", text, re.MULTILINE)
    return flags is not None and not BFLOAT16_FLAGS.isdisjoint(flags[1].split())
