"""The figures that a close keeps: everything that a month came to, under the names of then."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from finops.allocation.report import as_json as statement_json
from finops.allocation.running import published
from finops.closing.asking import window
from finops.closing.document import BASES, DIMENSIONS, SHAPE
from finops.closing.late import BILL, CALLS, cost_of, late_postings
from finops.domain.measures import BILL_BASES, Measures
from finops.domain.money import exact_sum, plain
from finops.domain.periods import next_month
from finops.models import BillSnapshot, BudgetStanding, Organization, Reconciliation
from finops.models.reconciliation import PARTS
from finops.rollups.spend import spend
from finops.sql import load_sql, snapshot

Figures = dict[str, Any]
Amounts = Mapping[str, Decimal | None]

#: How many teams, features, customers or workflows are kept by name; the others as one row.
MOST_VALUES: Final = 1_000
_NOTHING: Final[Amounts] = dict.fromkeys(BASES)


def read_figures(month: date) -> Figures:
    """Read what a month (its first day) comes to now, from one moment.

    ``totals`` and ``by`` are of the month's days; ``posted`` is what counts in it, late postings
    of earlier months included and those of its own days that later months carry left out.
    """
    with snapshot():
        organization = Organization.current()
        return {
            "shape": SHAPE,
            "month": f"{month:%Y-%m}",
            "organization": organization.name,
            "currency": organization.currency,
            "zone": organization.time_zone,
            "totals": written(totals(month)),
            "calls": _calls(month),
            "by": {dimension: _by(dimension, month) for dimension in DIMENSIONS},
            "posted": _posted(month),
            "bills": [_bill(bill) for bill in _bills(month)],
            "reconciliation": [_reconciled(row) for row in _reconciliations(month)],
            "shared_cost": [_statement(month, dimension) for dimension in DIMENSIONS],
            "budgets": [_budget(row) for row in _standings(month)],
        }


def totals(month: date) -> Amounts:
    """Add up the days of a month on every basis; None where nothing has an amount."""
    return _on_all_bases(month, ()).get((), _NOTHING)


def written(amounts: Amounts) -> dict[str, str | None]:
    """Write amounts as exact decimal strings."""
    return {name: _plain(amount) for name, amount in amounts.items()}


# --- calls and charges ----------------------------------------------------------------------------


def _on_all_bases(month: date, by: tuple[str, ...]) -> dict[tuple[str, ...], dict[str, Any]]:
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for key, measures in spend(window(month), by=by).items():
        found[key] = dict(_NOTHING)
        for basis in ("metered", "reported"):
            found[key][basis] = _cost(measures, basis)
    for basis in BILL_BASES:
        for key, measures in spend(window(month), by=by, basis=basis).items():  # type: ignore[arg-type]  # these two are bases
            found.setdefault(key, dict(_NOTHING))[basis] = _cost(measures, basis)
    return found


def _cost(measures: Measures, basis: str) -> Decimal | None:
    if not (measures.calls or measures.charges):
        return None
    return measures.cost_on(basis)


def _calls(month: date) -> dict[str, int]:
    measures = spend(window(month)).get((), Measures())
    return {"calls": measures.calls, "unpriced": measures.unpriced_calls}


def _by(dimension: str, month: date) -> list[dict[str, Any]]:
    """Give the dearest values by name, and what is left as one row that has none."""
    found = _on_all_bases(month, (dimension,))
    ranked = sorted(found.items(), key=_dearest)
    rows: list[dict[str, Any]] = [
        {"value": value, **written(costs)} for (value,), costs in ranked[:MOST_VALUES]
    ]
    rest = [costs for _, costs in ranked[MOST_VALUES:]]
    if rest:
        others = {basis: _sum(costs[basis] for costs in rest) for basis in BASES}
        rows.append({"value": None, "values": len(rest), **written(others)})
    return rows


def _dearest(row: tuple[tuple[str, ...], dict[str, Any]]) -> tuple[Any, ...]:
    """Order by metered, then by billed cost, dearest first, then by name."""
    key, costs = row
    return -(costs["metered"] or 0), -(costs["billed"] or 0), key


def _sum(amounts: Iterable[Decimal | None]) -> Decimal | None:
    known = [amount for amount in amounts if amount is not None]
    return exact_sum(known) if known else None


def _posted(month: date) -> dict[str, Any]:
    """Say what counts in the month beside its own days, and what of them later ones carry."""
    late = late_postings()
    came = [each for each in late if each.posted_to == month]
    went = [each for each in late if each.month == month]
    with snapshot() as cursor:
        cursor.execute(load_sql("closing/posted.sql"), {"month": month})
        billed, effective, rows, unconverted = cursor.fetchone()
    return {
        "charges": {
            "rows": rows,
            "unconverted_rows": unconverted,
            "billed": plain(billed),
            "effective": plain(effective),
        },
        "late_calls_of_earlier_months": plain(cost_of(came, CALLS)),
        "late_bills_of_earlier_months": plain(cost_of(came, BILL)),
        "calls_posted_later": plain(cost_of(went, CALLS)),
        "bills_posted_later": plain(cost_of(went, BILL)),
    }


# --- what was made of them ------------------------------------------------------------------------


def _bills(month: date) -> Iterable[BillSnapshot]:
    posted = BillSnapshot.objects.filter(status=BillSnapshot.CURRENT, accounting_month=month)
    return posted.select_related("source").order_by("source__name", "billing_account_id", "pk")


def _bill(bill: BillSnapshot) -> dict[str, Any]:
    return {
        "source": bill.source.name,
        "provider": bill.provider,
        "account": bill.billing_account_id,
        "period": f"{bill.billing_period:%Y-%m}",
        "version": bill.version,
        "rows": bill.rows,
        "totals": bill.totals,
        "content_hash": bill.content_hash,
    }


def _reconciliations(month: date) -> Iterable[Reconciliation]:
    return Reconciliation.objects.filter(month=month).order_by("provider")


def _reconciled(row: Reconciliation) -> dict[str, Any]:
    return {
        "provider": row.provider,
        "status": row.status,
        "metered": plain(row.metered),
        "billed": _plain(row.billed),
        "parts": {name: plain(getattr(row, name)) for name in PARTS},
        "tax": plain(row.tax),
        "not_llm": plain(row.not_llm),
        "inputs": row.inputs_hash,
    }


def _statement(month: date, dimension: str) -> dict[str, Any]:
    found = published(month, dimension)
    if found is None:
        return {"by": dimension, "published": False}
    told = statement_json(found)
    kept = ("by", "basis", "version", "targets", "direct", "allocated", "unallocated")
    return {
        **{name: told[name] for name in kept},
        "published": True,
        "sha256": found.sha256,
        "total_in": told["total_in"],
        "total_out": told["total_out"],
    }


def _standings(month: date) -> Iterable[BudgetStanding]:
    """Give the periods of budgets that ended in the month, as they stand."""
    first, last = month + timedelta(days=1), next_month(month)
    rows = BudgetStanding.objects.filter(period_end__gte=first, period_end__lte=last)
    return rows.select_related("budget").order_by("budget__name", "period_start", "pk")


def _budget(row: BudgetStanding) -> dict[str, Any]:
    return {
        "budget": row.budget.name,
        "basis": row.budget.basis,
        "period": row.budget.period,
        "start": row.period_start.isoformat(),
        "end": row.period_end.isoformat(),
        "status": row.status,
        "actual": plain(row.actual),
        "planned": _plain(row.planned),
        "yellow": _plain(row.yellow),
        "red": _plain(row.red),
        "evaluated_at": moment(row.evaluated_at),
    }


def moment(at: datetime) -> str:
    """Write an instant."""
    return at.isoformat()


def _plain(amount: Decimal | None) -> str | None:
    return None if amount is None else plain(amount)
