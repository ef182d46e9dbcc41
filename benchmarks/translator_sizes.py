"""Sizes of the measured translator, and the matrix products of its training step.

The translator is that of Multi30k: 7.4 million parameters. Letters in shapes: B batch, T tokens of
a row, of the source and of the target.
"""

from typing import NamedTuple

VOCABULARY, EMBEDDING, UNITS, HEADS, DROPOUT = 5000, 192, 384, 4, 0.25

LARGE_ROWS = 1500
"""Rows of the products over all tokens of a batch, where they are measured alone."""


class Product(NamedTuple):
    """Products of matrices [M, K] and [K, N].

    Attributes:
        times: number of such products.
        m, k, n: M, K, N.
    """

    times: int
    m: int
    k: int
    n: int

    @property
    def flops(self) -> int:
        """Floating-point operations of all products: a multiplication and an addition each."""
        return 2 * self.times * self.m * self.k * self.n

    @property
    def shape(self) -> str:
        """M, K and N as text."""
        return f"{self.m}x{self.k}x{self.n}"


def parse_shape(text: str) -> list[int]:
    """Returns the sizes in a text such as `83x18`."""
    return [int(size) for size in text.split("x")]


def products_of_a_call(m: int, k: int, n: int) -> int:
    """Returns the number of products in a timed call: at least a billion operations together."""
    return max(1, round(1e9 / (2 * m * k * n)))


def forward_products(batch: int, length: int) -> list[Product]:
    """Lists the products of a forward pass with weights; attention scores are under 3 % more.

    Args:
        batch: B.
        length: T.
    """
    rows, half = batch * length, UNITS // 2
    return [
        Product(2, rows, EMBEDDING, 4 * half),  # encoder layer 1, in both directions
        Product(2, rows, UNITS, 4 * half),  # encoder layer 2
        Product(4 * length, batch, half, 4 * half),  # recurrences of the encoder
        Product(1, batch, UNITS, 4 * UNITS),  # bridge
        Product(1, rows, EMBEDDING, 4 * UNITS),  # decoder layer 1
        Product(1, rows, 2 * UNITS, 4 * UNITS),  # decoder layer 2, with the context
        Product(2 * length, batch, UNITS, 4 * UNITS),  # recurrences of the decoder
        Product(4, rows, UNITS, UNITS),  # query, key, value and output of the attention
        Product(1, rows, 2 * UNITS, EMBEDDING),  # features
        Product(1, rows, EMBEDDING, VOCABULARY),  # logits
    ]


def step_flops(batch: int, length: int) -> int:
    """Floating-point operations of the products of a training step.

    The gradients of a product are two more of the same size.
    """
    return 3 * sum(product.flops for product in forward_products(batch, length))


def measured_shape(product: Product) -> str:
    """Returns the shape that stands for a product: `LARGE_ROWS` in place of similar M."""
    is_large = product.m > LARGE_ROWS // 2
    return product._replace(m=LARGE_ROWS if is_large else product.m).shape


def product_shapes(batches: list[tuple[int, int]]) -> list[str]:
    """Lists the different shapes of the products of some batches, the largest first."""
    shapes = {
        measured_shape(product): product.m * product.k * product.n
        for batch, length in batches
        for product in forward_products(batch, length)
    }
    return sorted(shapes, key=lambda shape: -shapes[shape])


def fastest_milliseconds(batch: int, length: int, speeds: dict[str, float]) -> float:
    """Returns the time of a training step that has only its products, at measured speeds.

    Args:
        batch: B.
        length: T.
        speeds: GFLOP/s by shape, of all of `product_shapes`.
    """
    return sum(
        3 * product.flops / speeds[measured_shape(product)] / 1e6
        for product in forward_products(batch, length)
    )
