"""The twelve budgets of the demo company, and how finance drew their lines.

Amounts are parts of what the same scope cost in the month before, or has cost so far this month:
the story is the same on whatever day it is told.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, NamedTuple

#: Yellow, red and planned, as parts of a usual month's spend.
Parts = tuple[str, str, str] | None
#: Yellow and red of the running month, given a usual month's spend and this month's so far.
Tightening = Callable[[Decimal, Decimal], tuple[Decimal, Decimal]]


class Tightened(NamedTuple):
    """Other lines from this month on, and what finance wrote beside them."""

    lines: Tightening
    reason: str


@dataclass(frozen=True)
class SampleBudget:
    """One budget: what it covers, whose it is (by role), its lines, and what is special about it.

    ``share`` is the limit of one workflow in percent; ``accepted`` names a workflow that may take
    more, up to a limit, and why. ``months`` is how many months its period has.
    """

    name: str
    scope: dict[str, str]
    owner: str
    parts: Parts
    period: str = "month"
    months: Decimal = Decimal(1)
    tightened: Tightened | None = None
    share: str = ""
    accepted: tuple[str, str, str] | None = None
    recipients: list[str] = field(default_factory=list)


def _part(of: Decimal, part: str) -> Decimal:
    return of * Decimal(part)


def _crossed(usual: Decimal, so_far: Decimal) -> tuple[Decimal, Decimal]:
    """Draw a red line that a month with a runaway crosses, unless the month is young."""
    red = max(_part(usual, "0.5"), min(_part(usual, "0.92"), _part(so_far, "0.95")))
    return _part(red, "0.88"), red


def _between(usual: Decimal, so_far: Decimal) -> tuple[Decimal, Decimal]:
    """Draw lines between which the month stands once two thirds of it are over."""
    yellow = max(_part(usual, "0.62"), _part(so_far, "0.93"))
    return yellow, max(_part(usual, "0.85"), _part(so_far, "1.12"))


def _ahead(usual: Decimal, so_far: Decimal) -> tuple[Decimal, Decimal]:
    """Draw lines that the month has not reached, and will."""
    yellow = max(_part(usual, "0.90"), _part(so_far, "1.02"))
    return yellow, max(_part(usual, "0.97"), _part(so_far, "1.04"))


BUDGETS: Final = (
    SampleBudget(
        "All AI spend",
        {},
        "finance",
        ("1.13", "1.24", "1.05"),
        share="25",
        accepted=("contract-review-agent", "45", "It earns its keep: 40 % of revenue needs it."),
        recipients=["executive@demo.example"],
    ),
    SampleBudget(
        "Contract review agent",
        {"workflow": "contract-review-agent"},
        "engineering",
        ("1.05", "1.15", "1.00"),
        tightened=Tightened(_crossed, "Legal operations agreed to save a tenth of the agent."),
    ),
    SampleBudget(
        "Customer support",
        {"team": "customer-support"},
        "executive",
        ("1.05", "1.15", "0.95"),
        tightened=Tightened(_between, "Support promised shorter tickets from this month on."),
    ),
    SampleBudget(
        "Dispute resolution agent",
        {"workflow": "dispute-resolution-agent"},
        "datascience",
        ("1.05", "1.20", "1.00"),
        tightened=Tightened(_between, "The pilot ends; its budget is smaller from this month on."),
    ),
    SampleBudget(
        "Code migration agent",
        {"workflow": "code-migration-agent"},
        "engineering",
        ("1.10", "1.20", "1.00"),
        tightened=Tightened(_ahead, "The migration should be through its peak by now."),
    ),
    SampleBudget(
        "Research agent",
        {"workflow": "research-agent"},
        "datascience",
        None,
    ),
    SampleBudget(
        "Invoice extraction",
        {"workflow": "invoice-extraction"},
        "datascience",
        ("1.10", "1.25", "1.00"),
    ),
    SampleBudget(
        "Platform engineering",
        {"team": "platform-engineering"},
        "engineering",
        ("1.30", "1.45", "1.15"),
    ),
    SampleBudget(
        "Knowledge search",
        {"feature": "knowledge-search"},
        "datascience",
        ("1.15", "1.30", "1.00"),
        period="quarter",
        months=Decimal(3),
    ),
    SampleBudget(
        "Juniper Works",
        {"customer": "juniper-works"},
        "finance",
        ("1.55", "1.75", "1.20"),
    ),
    SampleBudget(
        "Staging",
        {"environment": "staging"},
        "engineering",
        ("1.60", "2.00", "1.00"),
        period="week",
        months=Decimal("0.25"),
    ),
    SampleBudget(
        "Contract review, the year",
        {"feature": "contract-review"},
        "executive",
        ("1.10", "1.20", "1.00"),
        period="year",
        months=Decimal(12),
    ),
)
#: From how many days before the story's end on the budgets were there.
DRAWN_DAYS_AGO: Final = 84
