"""A look at a budget's period beside what was known of it before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from finops.budgets.looking import Look
from finops.domain.periods import day_start
from finops.models import BudgetStanding
from finops.rollups.queries import reporting

#: Why a status became another one.
DATA, LINES, TIME = "data", "lines", "time"


@dataclass(frozen=True)
class Seen:
    """One look beside what was known before it; ``otherwise`` is the cause that nothing shows."""

    look: Look
    known: BudgetStanding | None
    now: datetime
    today: date
    otherwise: str

    @property
    def is_running(self) -> bool:
        """Say whether the period goes on."""
        return self.look.period.contains(self.today)

    @property
    def was_watched(self) -> bool:
        """Say whether the budget was there before the period ended."""
        if self.known is not None:
            return True
        return self.look.budget.created_at < day_start(self.look.period.end, reporting().zone)

    @property
    def cause(self) -> str:
        """Say why it stands differently from what was known: other lines, other calls, or time."""
        known, look = self.known, self.look
        if known is None:
            return self.otherwise
        if (known.yellow, known.red, known.workflow_share) != look.lines[1:]:
            return LINES
        return DATA if known.actual != look.facts.actual else self.otherwise
