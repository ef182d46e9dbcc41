"""Made-up names, from which a translator learns to copy names that it does not know."""

from random import Random

CONSONANTS = "bcdfgjklmnprstvz"
VOWELS = "aeiou"

ENDS = ("", "", "", "", "l", "n", "nn", "r", "s", "t", "y")
"""Ends of syllables."""


def made_up_name(random: Random, first: str = "") -> str:
    """Returns a name of one to four syllables with a capital: Tavilo, Ebonn.

    Args:
        random: chooses the letters.
        first: letters of which one begins the name if they are vowels; otherwise the name begins
            with a consonant. Empty lets chance decide.
    """
    syllables = [
        random.choice(CONSONANTS) + random.choice(VOWELS) + random.choice(ENDS)
        for _ in range(random.choice((1, 2, 2, 2, 3)))
    ]
    beginnings = ("", "", "", *VOWELS) if not first else [one for one in first if one in VOWELS]
    return (random.choice(beginnings or ("",)) + "".join(syllables)).capitalize()
