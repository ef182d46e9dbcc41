"""Runs training steps, greedy search and matrix products in PyTorch on request.

    PYTHON -m benchmarks.pytorch_worker --precision bfloat16

The cases are those of `translator_worker` and `product_worker`. It needs PyTorch and the standard
library only.
"""

import argparse
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from benchmarks.pytorch_translator import Translator
from benchmarks.translator_sizes import VOCABULARY, parse_shape, products_of_a_call
from benchmarks.workers import serve


def training_step(
    shape: list[int], precision: Callable[[], AbstractContextManager[Any]], is_compiled: bool
) -> Callable[[], float]:
    """Returns a step on one batch; it returns its loss."""
    torch.manual_seed(1)
    model = Translator()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    run = torch.compile(model) if is_compiled else model
    source, target_in, target = (torch.randint(4, VOCABULARY, shape) for _ in range(3))

    def step() -> float:
        optimizer.zero_grad(set_to_none=True)
        with precision():
            logits = run(source, target_in)
            loss = functional.cross_entropy(
                logits.flatten(0, 1), target.flatten(), label_smoothing=0.1
            )
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        return float(loss.detach())

    return step


def greedy(
    shape: list[int], precision: Callable[[], AbstractContextManager[Any]]
) -> Callable[[], Any]:
    """Returns a search on one batch, which decodes as many tokens as the source has."""
    torch.manual_seed(1)
    model = Translator().eval()
    source = torch.randint(4, VOCABULARY, shape)

    def search() -> Any:
        with torch.inference_mode(), precision():
            return model.greedy(source, shape[1])

    return search


def matrix_product(shape: list[int], dtype: torch.dtype) -> Callable[[], None]:
    """Returns products of random matrices [M, K] and [K, N]."""
    m, k, n = shape
    left, right = torch.randn(m, k).to(dtype), torch.randn(k, n).to(dtype)

    def run() -> None:
        for _ in range(products_of_a_call(m, k, n)):
            torch.mm(left, right)

    return run


def main() -> None:
    """Runs the cases of standard input."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--precision", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument("--compile", action="store_true", help="torch.compile, for training")
    arguments = parser.parse_args()
    is_mixed = arguments.precision == "bfloat16"

    def precision() -> AbstractContextManager[Any]:
        mixed: AbstractContextManager[Any] = torch.autocast("cpu", torch.bfloat16)
        return mixed if is_mixed else nullcontext()

    def prepare(case: str) -> Callable[[], Any]:
        kind, text = case.split()
        shape = parse_shape(text)
        if kind == "step":
            return training_step(shape, precision, arguments.compile)
        if kind == "greedy":
            return greedy(shape, precision)
        return matrix_product(shape, torch.bfloat16 if is_mixed else torch.float32)

    serve(prepare)


if __name__ == "__main__":
    main()
