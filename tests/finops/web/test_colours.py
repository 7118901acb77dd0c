"""Every pair of colours that the design names can be read, in both themes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CSS = (Path(__file__).parents[3] / "static" / "css" / "costline.css").read_text()
TOKENS = {
    name: values
    for name, *values in re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\);", CSS)
} | {"accent-ink": ["#ffffff", "#ffffff"]}

TEXT, DRAWING = 4.5, 3.0
PAIRS = [
    *((f"text{step}", ground, TEXT) for step in ("", "-2", "-3") for ground in ("bg", "surface")),
    ("text-2", "surface-2", TEXT),
    ("accent", "surface", TEXT),
    ("accent", "accent-soft", TEXT),
    ("accent-ink", "accent-solid", TEXT),
    *((f"{kind}-fg", f"{kind}-bg", TEXT) for kind in ("ok", "warn", "bad", "none", "stale")),
    *((f"{kind}-fg", "surface", TEXT) for kind in ("ok", "warn", "bad")),
    *((f"{kind}-mark", "surface", DRAWING) for kind in ("ok", "warn", "bad", "none", "stale")),
    *(
        (f"{kind}-mark", f"band-{band}", DRAWING)
        for kind in ("ok", "warn", "bad")
        for band in (1, 2, 3)
    ),
    *((ink, f"band-{band}", DRAWING) for ink in ("text", "text-2") for band in (1, 2, 3)),
    ("none-mark", "band-3", DRAWING),
    *((f"d-{ink}", "surface", DRAWING) for ink in ("actual", "fcst", "prior", "up", "down")),
    ("d-fcst", "d-cone", DRAWING),
    ("border-strong", "surface", DRAWING),
    ("focus", "bg", DRAWING),
    ("focus", "surface", DRAWING),
]


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground", "needed"), PAIRS)
def test_it_can_be_read(ink: str, ground: str, needed: float, theme: int) -> None:
    assert contrast(TOKENS[ink][theme], TOKENS[ground][theme]) >= needed


def contrast(one: str, other: str) -> float:
    """Compute the ratio of WCAG 2."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    red, green, blue = (linear(int(colour[place : place + 2], 16) / 255) for place in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
