"""A small company whose October is over, and how it looks from outside."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from finops.allocation.running import publish
from finops.bills.rates import RateLine, set_rates
from finops.closing.closing import close
from finops.models import Budget, MonthClose
from finops.reconciliation.computing import reconcile
from ingest.models import Import
from tests.finops.allocation.at_hand import pool
from tests.finops.bills.charges import charge, land
from tests.finops.budgets.drawn import budget, line
from tests.finops.ledger.usage import call, import_rows, read

OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
REASON = "Costs without a team are known"
IN_OCTOBER = "2026-10-05T10:00:00Z"


def october(**fields: object) -> dict[str, object]:
    """A call of October."""
    return call(**({"time": IN_OCTOBER} | fields))


def company() -> tuple[Import, Budget]:
    """Calls, bills in two currencies, a rate, shared cost, a budget and a comparison of October."""
    job = import_rows(october(id="1", team="ml"), october(id="2"), source="service")
    set_rates([RateLine("EUR", date(2026, 10, 1), Decimal("1.1"))], by="Ann", now=NOW)
    land(
        charge("2026-10-31", tags={"team": "ml"}),
        charge(service_name="Pinecone", billed_cost="7"),
        charge(billing_account_id="paris", billing_currency="EUR", billed_cost="5"),
    )
    pool("Vectors", service_name="Pinecone")
    publish(OCTOBER, now=NOW, by="Ann")
    drawn = budget(name="October", lines=[line(1, 2)], effective_from=OCTOBER, now=NOW)
    reconcile(OCTOBER, now=NOW)
    return job, drawn


def close_october(**options: Any) -> MonthClose:
    """Close it, whatever is not done."""
    return close(OCTOBER, **({"by": "Ann", "reason": REASON, "now": NOW} | options))


def everything_of_october() -> list[Any]:
    """Every row that October is made of, as text."""
    return [
        read(query, OCTOBER)
        for query in (
            "SELECT to_jsonb(c)::text FROM calls AS c WHERE accounting_month = %s ORDER BY id",
            "SELECT to_jsonb(c)::text FROM charges AS c JOIN finops_billsnapshot AS b"
            " ON b.id = snapshot_id AND status = 'current'"
            " WHERE c.accounting_month = %s ORDER BY c.id",
            "SELECT to_jsonb(d)::text FROM charges_by_day AS d"
            " WHERE accounting_month = %s ORDER BY 1",
            "SELECT to_jsonb(r)::text FROM finops_reconciliation AS r WHERE month = %s ORDER BY 1",
            "SELECT kind, by FROM finops_reconciliationevent WHERE month = %s ORDER BY id",
            "SELECT version, sha256 FROM finops_allocationrun"
            " WHERE month = %s AND current ORDER BY id",
            "SELECT to_jsonb(v)::text FROM finops_drivervalue AS v WHERE month = %s ORDER BY 1",
            "SELECT to_jsonb(l)::text FROM finops_budgetline AS l"
            " JOIN finops_budgetrevision AS r ON r.id = revision_id AND undone_at IS NULL"
            " WHERE starts <= %s ORDER BY 1",
            "SELECT to_jsonb(f)::text FROM finops_forecastoverride AS f"
            " WHERE period_start = %s AND withdrawn_at IS NULL ORDER BY 1",
            "SELECT figures::text, sha256 FROM finops_monthclose WHERE month = %s ORDER BY id",
            "SELECT time_zone, currency FROM finops_organization WHERE %s IS NOT NULL",
        )
    ]
