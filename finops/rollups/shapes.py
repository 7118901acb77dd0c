"""How each table that answers questions of cost spells dimensions, time and what counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from finops.rollups.registry import FULL_DAY

Table = Literal[
    "cost_by_hour", "cost_by_day", "cost_by_day_full", "calls", "charges_by_day", "charges"
]


class Shape(NamedTuple):
    """How one table spells dimensions, time and measures."""

    columns: Mapping[str, str]
    periods: Mapping[str, str]
    since: str
    until: str
    fixed: str


#: Which calls count, of all in the ledger.
FROM_METERS: Final = "calls.source_id IN (SELECT id FROM finops_source WHERE role = 'meter')"
#: How the calls spell each dimension; the missing value is empty.
CALL_COLUMNS: Final = {
    "feature": "coalesce(calls.feature, '')",
    "team": "coalesce(calls.team, '')",
    "customer": "coalesce(calls.customer, '')",
    "workflow": "coalesce(calls.workflow, '')",
    "user": "coalesce(calls.end_user, '')",
    "provider": "calls.provider",
    "model": "calls.model",
    "environment": "coalesce(calls.environment, '')",
    "status": "calls.status",
    "source": "calls.source_id",
    "step": "coalesce(calls.step, '')",
}
#: How rollups spell each; a narrow one calls its own dimension ``value``.
ROLLUP_COLUMNS: Final = {name: name for name in FULL_DAY} | {"source": "source_id"}
#: Which charges count: those of the bills as they are now.
OF_CURRENT_BILLS: Final = (
    "charges.snapshot_id IN (SELECT id FROM finops_billsnapshot WHERE status = 'current')"
)
#: The day that a charge is of: its provider's, in UTC.
CHARGE_DAY: Final = "(charges.charge_period_start AT TIME ZONE 'UTC')::date"
#: How daily charges spell each; of calls' own dimensions a charge has none.
DAILY_CHARGE_COLUMNS: Final = {
    **{name: name for name in FULL_DAY},
    "user": "''",
    "status": "''",
    "source": "source_id",
    "step": "''",
}
#: How the charges themselves do; they also know who used what they charge for.
CHARGE_COLUMNS: Final = {
    **{
        name: f"coalesce(charges.{column}, '')"
        for name, column in {**DAILY_CHARGE_COLUMNS, "user": "end_user"}.items()
    },
    "status": "''",
    "source": "charges.source_id",
    "step": "''",
}
#: How each table is read.
SHAPES: Final[Mapping[Table, Shape]] = {
    "charges_by_day": Shape(
        DAILY_CHARGE_COLUMNS,
        {"day": "day", "month": "date_trunc('month', day)::date"},
        "day >= %(since)s",
        "day < %(until)s",
        "true",
    ),
    "cost_by_hour": Shape(
        ROLLUP_COLUMNS,
        {"hour": "hour"},
        "hour >= %(since_instant)s",
        "hour < %(until_instant)s",
        "dimension = %(dimension)s",
    ),
    "cost_by_day": Shape(
        ROLLUP_COLUMNS,
        {"day": "day", "month": "date_trunc('month', day)::date"},
        "day >= %(since)s",
        "day < %(until)s",
        "dimension = %(dimension)s",
    ),
    "cost_by_day_full": Shape(
        ROLLUP_COLUMNS,
        {"day": "day", "month": "date_trunc('month', day)::date"},
        "day >= %(since)s",
        "day < %(until)s",
        "true",
    ),
    "calls": Shape(
        CALL_COLUMNS,
        {
            "hour": "date_trunc('hour', calls.started_at, %(zone)s)",
            "day": "(calls.started_at AT TIME ZONE %(zone)s)::date",
            "month": "date_trunc('month', calls.started_at AT TIME ZONE %(zone)s)::date",
        },
        "calls.started_at >= %(since_instant)s",
        "calls.started_at < %(until_instant)s",
        FROM_METERS,
    ),
    "charges": Shape(
        CHARGE_COLUMNS,
        {"day": CHARGE_DAY, "month": f"date_trunc('month', {CHARGE_DAY})::date"},
        f"{CHARGE_DAY} >= %(since)s",
        f"{CHARGE_DAY} < %(until)s",
        OF_CURRENT_BILLS,
    ),
}
