"""Calls that have no price yet, by what would have to be priced."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final, NamedTuple

from finops.domain.measures import Measures
from finops.domain.periods import day_start
from finops.models import Organization, Source
from finops.rollups import measures
from finops.sql import load_sql, snapshot

#: Groups shown at most.
LIMIT: Final = 200


class UnpricedGroup(NamedTuple):
    """Calls of one model without a price, for one reason (see ``finops.pricing.calculate``)."""

    provider: str
    model: str
    reason: str
    first_seen: datetime
    last_seen: datetime
    measures: Measures


def unpriced_groups(since: date, *, limit: int = LIMIT) -> list[UnpricedGroup]:
    """List what has no price since a day of the reporting zone, most calls first.

    Reads the calls of those hours alone whose total holds such calls.
    """
    with snapshot() as cursor:
        organization = Organization.current()
        parameters: dict[str, Any] = {
            "since": day_start(since, organization.zone),
            "currency": organization.currency,
            "meters": list(Source.objects.filter(role=Source.METER).values_list("pk", flat=True)),
            "limit": limit,
        }
        statement = load_sql("rollups/unpriced_groups.sql")
        cursor.execute(statement.format(measures=measures.over_calls()), parameters)
        found = cursor.fetchall()
    return [UnpricedGroup._make((*row[:5], Measures(*row[5:]))) for row in found]
