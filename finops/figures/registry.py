"""All figures by their name in addresses. A new one is one line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from finops.figures.figure import Figure
from finops.figures.spend import daily_spend, spend_so_far
from finops.rollups.question import Question

FIGURES: Final[Mapping[str, Callable[[Question], Figure]]] = {
    "spend-so-far": spend_so_far,
    "daily-spend": daily_spend,
}
