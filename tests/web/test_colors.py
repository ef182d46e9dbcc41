"""The contrast of text in the style sheet, by WCAG 2.2."""

import re

import numpy as np
import pytest

from nlp_apps.server.web_pages import WEB

Color = tuple[float, ...]

PAIRS = [
    *((text, ground) for text in ("text", "muted", "accent") for ground in ("background", "card")),
    ("on-accent", "accent"),
    ("error", "card"),
    ("text", "error-background"),
    ("text", "heatmap"),  # The darkest cell.
    ("text", "highlighted"),  # The strongest highlight.
]


def luminance(color: Color) -> float:
    """Relative luminance."""
    values = [one / 255 for one in color]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in values]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


def contrast(one: Color, other: Color) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def colors() -> dict[str, dict[str, Color]]:
    """The colors of the style sheet, light and dark."""
    style = (WEB / "shared" / "style.css").read_text(encoding="utf-8")
    found: dict[str, dict[str, Color]] = {"light": {}, "dark": {}}
    blocks = re.findall(r":root {(.*?)}", style, re.DOTALL)
    for theme, block in zip(found, blocks, strict=True):
        found[theme] |= found["light"]  # The dark theme overrides some of them.
        for name, value in re.findall(r"--([\w-]+): (.*?);", block):
            if re.fullmatch(r"#[0-9a-f]{3}|#[0-9a-f]{6}", value):
                digits = value[1:] if len(value) == 7 else "".join(2 * one for one in value[1:])
                found[theme][name] = tuple(bytes.fromhex(digits))
            elif re.fullmatch(r"\d+ \d+ \d+|[\d.]+", value):
                found[theme][name] = tuple(float(one) for one in value.split())
    return found


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_has_enough_contrast(theme: str) -> None:
    palette = colors()[theme]
    (alpha,) = palette["max-highlight"]
    blended = alpha * np.array(palette["highlight"]) + (1 - alpha) * np.array(palette["card"])
    palette["highlighted"] = tuple(blended)
    found = {pair: contrast(palette[pair[0]], palette[pair[1]]) for pair in PAIRS}
    assert not {pair: value for pair, value in found.items() if value < 4.5}
    controls = [contrast(palette["control"], palette[one]) for one in ("background", "card")]
    assert min(controls) >= 3.0
