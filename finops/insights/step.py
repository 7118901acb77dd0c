"""One call of a run, explained: why it cost what it cost, who it was for, and how it came in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from finops.attribution.values import canonical
from finops.domain.dimensions import ATTRIBUTED
from finops.models import AttributionRule
from finops.pricing.explain import Bill, bill
from finops.rollups.call import Call, call
from finops.sql import snapshot
from ingest.models import Import


class Owner(NamedTuple):
    """A dimension of a call: its value (empty: none), and the rule that gave it, if one did.

    ``rule`` is None when the call said so itself, and empty for a rule that has been removed.
    """

    dimension: str
    value: str
    rule: str | None


@dataclass(frozen=True)
class StepSeen:
    """A call, the lines of its cost, its owners, and the import that counted it."""

    call: Call
    bill: Bill | None
    owners: tuple[Owner, ...]
    job: Import | None


def describe_step(call_id: int, started_at: datetime) -> StepSeen | None:
    """Read a call by its key; None when it is gone."""
    with snapshot():
        found = call(call_id, started_at)
        if found is None:
            return None
        explained = (
            bill(found.price_id, found.counts, requests=found.requests) if found.price_id else None
        )
        return StepSeen(
            call=found,
            bill=explained,
            owners=_owners(found),
            job=Import.objects.filter(pk=found.import_id).first(),
        )


def _owners(found: Call) -> tuple[Owner, ...]:
    rules = dict(
        AttributionRule.objects.filter(pk__in=found.decided_by.values()).values_list("pk", "name")
    )
    owners = []
    for dimension in ATTRIBUTED:
        value = found.dimensions[dimension] or ""
        decided = found.decided_by.get(dimension)
        merged = canonical(dimension) if value and dimension != "user" else {}
        owners.append(
            Owner(
                dimension,
                merged.get(value, value),
                rules.get(decided, "") if decided is not None and value else None,
            )
        )
    return tuple(owners)
