"""Costs by any dimensions: bars of the largest groups, or the same over time."""

from __future__ import annotations

from finops.figures.costs.bars import draw_groups
from finops.figures.costs.over_time import draw_periods
from finops.figures.figure import Figure
from finops.insights.breakdown import Breakdown, break_down
from finops.insights.cost_question import CostQuestion


def costs(question: CostQuestion) -> Figure:
    """Draw the answer to a question of the costs explorer. Raises ValueError for one too wide."""
    return draw(break_down(question))


def draw(seen: Breakdown) -> Figure:
    """Draw an answer that was read already."""
    return draw_groups(seen) if seen.question.grain == "total" else draw_periods(seen)
