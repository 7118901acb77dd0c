"""What the checklist asks of calls, bills and shared cost of a month."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from django.db import connection
from django.db.models import Q

from finops.allocation.inputs import USUAL_DIMENSION
from finops.allocation.pools import pools_in_force
from finops.allocation.running import preview
from finops.domain.dimensions import UNALLOCATED
from finops.domain.money import exact_sum
from finops.domain.periods import day_start, month_of, next_month
from finops.domain.windows import Window
from finops.models import AllocationRun, BillSnapshot, Organization
from finops.models.allocation import TARGET_DIMENSIONS
from finops.months.closed import closed_months
from finops.reconciliation.completeness import is_whole
from finops.reconciliation.tolerances import tolerance_of
from finops.rollups.queries import Basis
from finops.rollups.spend import spend
from finops.sql import load_sql

#: For how many months after its last bill an account is still expected to send one.
_EXPECTED_FOR: Final = 3
_OWNED_ON: Final[tuple[Basis, ...]] = ("metered", "billed")


class ExpectedBill(NamedTuple):
    """A bill of a month that has arrived whole, or is missed; ``words`` names it."""

    words: str
    is_whole: bool


def window(month: date) -> Window:
    """Give all days of a month."""
    return Window(month, next_month(month))


def begins_after(month: date) -> datetime:
    """Give the instant from which a month is over, by the organisation's clock and the bills'."""
    after = next_month(month)
    return max(
        day_start(after, Organization.current().zone), datetime.combine(after, time(), tzinfo=UTC)
    )


def open_before(month: date) -> list[date]:
    """List the months before this one that have data and are open, the oldest first."""
    closed = closed_months()
    return [each for each in months_with_data() if each < month and each not in closed]


def months_with_data() -> list[date]:
    """List the months in which calls were made or charges are posted, the oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(load_sql("closing/months_with_data.sql"))
        return [month for (month,) in cursor.fetchall()]


def is_counted(month: date) -> bool:
    """Say whether the rollups of a month agree with its calls."""
    zone = Organization.current().zone
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM stale_hours WHERE hour >= %s AND hour < %s)",
            # An hour of the clock may begin within an hour of UTC.
            [
                day_start(month, zone) - timedelta(hours=1),
                day_start(next_month(month), zone),
            ],
        )
        return not cursor.fetchone()[0]


def expected_bills(month: date) -> list[ExpectedBill]:
    """List the accounts that billed lately, and whether each has a whole bill of the month."""
    since = month
    for _ in range(_EXPECTED_FOR):
        since = month_of(since - timedelta(days=1))
    lately = BillSnapshot.objects.filter(
        status=BillSnapshot.CURRENT, billing_period__gte=since, billing_period__lte=month
    )
    newest = {
        (bill.source_id, bill.billing_account_id): bill
        for bill in lately.select_related("source").order_by("billing_period")
    }
    return sorted(_expected(bill, month) for bill in newest.values())


def _expected(bill: BillSnapshot, month: date) -> ExpectedBill:
    name = f"{bill.provider or bill.source.name} {bill.billing_account_id}".strip()
    tolerance = tolerance_of(bill.provider)
    whole = bill.billing_period == month and is_whole(bill, month, tolerance)
    return ExpectedBill(name, whole)


def held_bills(month: date) -> int:
    """Count the versions of bills that wait for a person, of a month or posted to it."""
    of_month = Q(billing_period=month) | Q(accounting_month=month)
    return BillSnapshot.objects.filter(of_month, status=BillSnapshot.HELD).count()


def unconverted(month: date) -> Mapping[str, int]:
    """Count the charges posted to a month that have no exchange rate, by currency."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT billing_currency, sum(unconverted_rows)::bigint FROM charges_by_day"
            " WHERE accounting_month = %s AND unconverted_rows > 0 GROUP BY 1 ORDER BY 1",
            [month],
        )
        return dict(cursor.fetchall())


def shared_cost(month: date) -> tuple[bool, str]:
    """Say whether statements are in force and still stand on what they were made of."""
    wanted = [each for each in TARGET_DIMENSIONS if pools_in_force(month, each)]
    if not wanted:
        return True, "No pools share cost in this month."
    runs = {
        run.dimension: run
        for run in AllocationRun.objects.filter(month=month, current=True).defer("inputs")
    }
    missing = [each for each in wanted if each not in runs]
    if missing:
        return False, f"No statement by {', '.join(missing)} is published."
    old = [
        each
        for each in wanted
        if preview(month, each, runs[each].basis).sha256 != runs[each].sha256
    ]
    if old:
        return False, f"The statement by {', '.join(old)} stands on older figures."
    versions = ", ".join(f"by {each} version {runs[each].version}" for each in wanted)
    return True, f"In force: {versions}."


def unallocated_shares(month: date) -> dict[str, Decimal]:
    """Give which share of a month's cost no team has, by basis; a basis without cost is left out.

    Of a month that was split, the statement says what became of what is billed.
    """
    found: dict[str, Decimal] = {}
    for basis in _OWNED_ON:
        by_team = {
            team: measures.cost
            for (team,), measures in spend(window(month), by=("team",), basis=basis).items()
        }
        whole = exact_sum(by_team.values())
        if whole > 0:
            found[basis] = by_team.get(UNALLOCATED, Decimal(0)) / whole
    return found | _of_statement(month)


def _of_statement(month: date) -> dict[str, Decimal]:
    run = AllocationRun.objects.filter(
        month=month, current=True, dimension=USUAL_DIMENSION, total_out__gt=0
    ).first()
    return {} if run is None else {"billed": run.unallocated / run.total_out}
