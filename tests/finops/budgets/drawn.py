"""Budgets in one word, and calls that cost exactly what a test says."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from finops.budgets.checks import Line
from finops.budgets.editing import create
from finops.models import Budget, Organization
from finops.rollups.sources import change_source
from ingest.models import Import
from tests.finops.ledger.usage import Row, call, import_rows

#: A Friday afternoon.
NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)
#: Whose word on the cost of calls counts.
SOURCE = "meter"


def dollars(cost: object, time: str = "2026-11-20T10:00:00Z", **fields: object) -> Row:
    """A call that cost so much."""
    return call(time=time, cost=str(cost), **fields)


def spent(*rows: Row, source: str = SOURCE) -> Import:
    """Import calls, each at the cost that it states, and refresh."""
    change_source(source, counts="reported")
    return import_rows(*rows, source=source)


def line(yellow: object, red: object, planned: object = None, starts: date | None = None) -> Line:
    """Amounts from a day on."""
    plan = None if planned is None else Decimal(str(planned))
    return Line(yellow=Decimal(str(yellow)), red=Decimal(str(red)), planned=plan, starts=starts)


def budget(
    yellow: object = 10,
    red: object = 20,
    *,
    name: str = "Growth",
    now: datetime = NOW,
    by: str = "Priya",
    **fields: Any,
) -> Budget:
    """A budget over everything without a limit of shares, unless said."""
    fields = {"scope": {}, "workflow_share": None, "lines": [line(yellow, red)]} | fields
    return create(name=name, now=now, by=by, **fields).budget


def organization(**fields: object) -> None:
    """Change the organisation's clock or fiscal year."""
    Organization.objects.update(**fields)
