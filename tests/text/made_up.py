"""Made-up sentences to train tokenizers on."""

import random

VOCABULARY_SIZE = 400


def made_up_lines(count: int = 400) -> list[str]:
    """Returns sentences of 200 made-up words of plain letters."""
    choice = random.Random(1).choice
    words = ["".join(choice("bdklmnrst") + choice("aeiou") for _ in range(3)) for _ in range(200)]
    return [" ".join(choice(words) for _ in range(5)) + choice(".!?") for _ in range(count)]


LINES = made_up_lines()
