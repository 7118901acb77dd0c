"""Which narrow rollups exist. One line here is one partition of ``cost_by_hour``/``cost_by_day``.

``total`` has neither value nor model, so that a headline reads one row a day. A dimension that is
not here is read from full-grain days, or from the calls (see ``queries.choose``).
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Narrow(NamedTuple):
    """A dimension with rollups of its own; ``by_model`` splits each value by model."""

    dimension: str
    by_model: bool


ROLLUPS: Final = (
    Narrow("total", by_model=False),
    Narrow("feature", by_model=True),
    Narrow("team", by_model=True),
    Narrow("customer", by_model=True),
    Narrow("workflow", by_model=True),
)
#: What a full-grain day can be grouped and filtered by.
FULL_DAY: Final = (
    "feature",
    "team",
    "customer",
    "workflow",
    "provider",
    "model",
    "environment",
    "status",
    "source",
)
