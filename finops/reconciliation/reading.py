"""What pages show of comparisons: months beside each other, and one month whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from finops.domain.money import exact_difference, exact_sum
from finops.domain.periods import month_of
from finops.models import Reconciliation, ReconciliationEvent
from finops.months.closed import closed_months
from finops.reconciliation.acting import is_taken_up
from finops.reconciliation.findings import Driver, Finding, drivers, findings
from finops.reconciliation.states import LOCKED, Tolerance, due_on
from finops.reconciliation.tolerances import tolerance_of

#: Months that stand beside each other on one page.
MONTHS: Final = 6


@dataclass(frozen=True)
class Cell:
    """A provider's month: its row, and how it stands; locked while the month is closed."""

    row: Reconciliation
    status: str

    @property
    def difference(self) -> Decimal | None:
        """Billed less metered; None without a bill."""
        billed = self.row.billed
        return None if billed is None else exact_difference(billed, self.row.metered)


@dataclass(frozen=True)
class Matrix:
    """Providers down, months across, the newest month first; a cell is None where nothing is known.

    ``months`` are those that can be shown, ``earlier`` the first one before them, if there is any.
    """

    months: tuple[date, ...]
    rows: Mapping[str, tuple[Cell | None, ...]]
    earlier: date | None

    def coverage(self) -> list[tuple[Decimal, Decimal]]:
        """Give metered and billed of each month, over the providers that have a bill."""
        columns = list(zip(*self.rows.values(), strict=True)) or [()] * len(self.months)
        return [_covered(column) for column in columns]


@dataclass(frozen=True)
class Whole:
    """One provider's month with everything that is said of it."""

    cell: Cell
    tolerance: Tolerance
    due: date
    drivers: Mapping[str, Driver]
    findings: tuple[Finding, ...]
    events: tuple[ReconciliationEvent, ...]
    is_taken_up: bool
    previous: Reconciliation | None
    next: Reconciliation | None


def matrix(*, now: datetime, until: date | None = None) -> Matrix:
    """Read the comparisons of some months, up to and with one (this one unless said)."""
    last = month_of(until or now.date())
    months = [last]
    while len(months) < MONTHS:
        months.append(month_of(months[-1] - timedelta(days=1)))
    closed = closed_months()
    known = Reconciliation.objects.filter(month__in=months).order_by("provider")
    cells = {(row.provider, row.month): _cell(row, closed) for row in known}
    rows = {
        provider: tuple(cells.get((provider, month)) for month in months)
        for provider in sorted({provider for provider, _ in cells})
    }
    before = Reconciliation.objects.filter(month__lt=months[-1]).order_by("-month").first()
    return Matrix(tuple(months), rows, before.month if before else None)


def month_cells(month: date) -> list[Cell]:
    """Read how all providers of a month stand."""
    closed = closed_months()
    return [_cell(row, closed) for row in Reconciliation.objects.filter(month=month)]


def whole(provider: str, month: date) -> Whole | None:
    """Read a provider's month; None when nothing is known of it."""
    row = Reconciliation.objects.filter(provider=provider, month=month).first()
    if row is None:
        return None
    others = Reconciliation.objects.filter(provider=provider)
    tolerance = tolerance_of(provider)
    return Whole(
        cell=_cell(row, closed_months()),
        tolerance=tolerance,
        due=due_on(month, tolerance),
        drivers=drivers(row),
        findings=tuple(findings(row)),
        events=tuple(ReconciliationEvent.objects.filter(provider=provider, month=month)),
        is_taken_up=is_taken_up(row),
        previous=others.filter(month__lt=month).order_by("-month").first(),
        next=others.filter(month__gt=month).order_by("month").first(),
    )


def _cell(row: Reconciliation, closed: frozenset[date]) -> Cell:
    return Cell(row, LOCKED if row.month in closed else row.status)


def _covered(column: tuple[Cell | None, ...]) -> tuple[Decimal, Decimal]:
    with_bill = [each.row for each in column if each is not None and each.row.billed is not None]
    return (
        exact_sum(row.metered for row in with_bill),
        exact_sum(row.billed for row in with_bill if row.billed is not None),
    )
