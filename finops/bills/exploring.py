"""Charges by any of their columns, from the daily projection; and which charges are meant.

Only current snapshots are read. The four costs stand side by side and are never added up. Amounts
are in the reporting currency.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final, Literal, NamedTuple

from psycopg import sql

from finops.attribution.values import finals, spellings_of
from finops.domain.dimensions import UNALLOCATED
from finops.domain.money import exact_difference, exact_sum
from finops.models import Source
from finops.sql import load_sql, snapshot

TimeBasis = Literal["billing", "charge", "posted"]
#: By the month of the invoice, by the day that was paid for, or by the month it is posted to.
TIMES: Final = ("billing", "charge", "posted")

#: Who a charge is for; merged values of these are read as their target.
ATTRIBUTED: Final = ("team", "feature", "customer", "workflow", "environment")
#: How the projection spells what charges are grouped and narrowed by.
COLUMNS: Final[Mapping[str, str]] = {
    "provider": "provider",
    "service": "service_name",
    "kind": "kind",
    "model": "model",
    "token_kind": "token_kind",
    "account": "billing_account_id",
    "sub_account": "sub_account_id",
    "category": "charge_category",
    **{name: name for name in ATTRIBUTED},
    "currency": "billing_currency",
    "source": "source_id",
    "month": "billing_period",
    "day": "day",
}
#: How the charges themselves spell it; what a bill does not say is empty there too.
LINE_COLUMNS: Final[Mapping[str, str]] = {
    **{name: f"coalesce(charges.{column}, '')" for name, column in COLUMNS.items()},
    "source": "charges.source_id",
    "month": "charges.billing_period",
    "day": "(charges.charge_period_start AT TIME ZONE 'UTC')::date",
}
_TIME_COLUMNS: Final[Mapping[str, str]] = {
    "billing": "billing_period",
    "charge": "day",
    "posted": "accounting_month",
}
_DATES: Final = frozenset({"month", "day"})
#: How many columns are combined at most.
MOST_GROUPINGS: Final = 3


@dataclass(frozen=True, kw_only=True)
class ChargeScope:
    """Which charges are meant: months ``[since, until)`` on a basis of time, filters, and words.

    Several values of one filter are alternatives; several filters must all hold. The missing value
    is ``unallocated``. ``by`` orders the groups' columns. Raises ValueError for names that are
    unknown or repeated, and for dates that are none.
    """

    by: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    time: TimeBasis = "billing"
    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    search: str = ""

    def __post_init__(self) -> None:
        """Check every part once, so that no reader has to."""
        for name in (*self.by, *self.filters):
            if name not in COLUMNS:
                raise ValueError(f"unknown column {name[:40]!r}; choose from {', '.join(COLUMNS)}")
        if len(set(self.by)) < len(self.by):
            raise ValueError("a column is named twice")
        if len(self.by) > MOST_GROUPINGS:
            raise ValueError(f"at most {MOST_GROUPINGS} columns are combined")
        if self.time not in TIMES:
            raise ValueError(f"time is one of {', '.join(TIMES)}")
        for name in _DATES & set(self.filters):
            for text in self.filters[name]:
                date.fromisoformat(text)


#: How many of the sums are counts, the first ones.
_COUNTS: Final = 6


class ChargeSums(NamedTuple):
    """Sums over charges, in the reporting currency; a cost is None when not one row says it.

    ``unconverted_rows`` have a currency without a rate: they are in no amount.
    """

    rows: int = 0
    unconverted_rows: int = 0
    missing_billed_rows: int = 0
    missing_effective_rows: int = 0
    missing_list_rows: int = 0
    missing_contracted_rows: int = 0
    tokens: Decimal = Decimal(0)
    billed_cost: Decimal = Decimal(0)
    effective_cost: Decimal = Decimal(0)
    list_cost: Decimal = Decimal(0)
    contracted_cost: Decimal = Decimal(0)

    @classmethod
    def sum_of(cls, parts: Iterable[ChargeSums]) -> ChargeSums:
        """Add up, measure by measure, exactly; the sum of none is all zeros."""
        columns = list(zip(*parts, strict=True))
        if not columns:
            return cls()
        counts, amounts = columns[:_COUNTS], columns[_COUNTS:]
        return cls(*(sum(column) for column in counts), *(exact_sum(c) for c in amounts))

    def less(self, other: ChargeSums) -> ChargeSums:
        """Take a part away, exactly."""
        counts = [a - b for a, b in zip(self[:_COUNTS], other[:_COUNTS], strict=True)]
        pairs = zip(self[_COUNTS:], other[_COUNTS:], strict=True)
        amounts = [exact_difference(*pair) for pair in pairs]
        return ChargeSums._make([*counts, *amounts])

    @property
    def billed(self) -> Decimal | None:
        """What was billed; None when no row says it in a currency that has a rate."""
        return self._known(self.billed_cost, self.missing_billed_rows)

    @property
    def effective(self) -> Decimal | None:
        """What it cost when purchases are spread over what they cover; None when unknown."""
        return self._known(self.effective_cost, self.missing_effective_rows)

    @property
    def listed(self) -> Decimal | None:
        """What it would have cost at list prices; None where no row says it."""
        return self._known(self.list_cost, self.missing_list_rows)

    @property
    def contracted(self) -> Decimal | None:
        """What it would have cost at negotiated prices, before commitments; None when unknown."""
        return self._known(self.contracted_cost, self.missing_contracted_rows)

    def _known(self, amount: Decimal, missing: int) -> Decimal | None:
        unknown = max(missing, self.unconverted_rows)
        return None if self.rows and unknown >= self.rows and not amount else amount


class ChargeGroup(NamedTuple):
    """Charges that share the values of ``ChargeScope.by``, in its order."""

    values: tuple[str, ...]
    sums: ChargeSums


class ChargeGroups(NamedTuple):
    """A page of groups, dearest first; how many there are in all, and what they sum to."""

    groups: tuple[ChargeGroup, ...]
    number: int
    whole: ChargeSums

    @property
    def others(self) -> ChargeSums:
        """What the groups that are not on this page sum to."""
        return self.whole.less(ChargeSums.sum_of(group.sums for group in self.groups))


def charge_groups(scope: ChargeScope, *, limit: int, offset: int = 0) -> ChargeGroups:
    """Group charges, by what was billed; past the last group there is none, and the whole is 0."""
    merged = finals(scope.by)
    keys = [_key(name, is_merged=name in merged) for name in scope.by] or ["''"]
    statement = load_sql("bills/charge_groups.sql").format(
        keys=_text(", ".join(f"{key} AS key_{n}" for n, key in enumerate(keys))),
        names=_text(", ".join(f"key_{n}" for n in range(len(keys)))),
        conditions=_text(" AND ".join(_conditions(scope))),
    )
    with snapshot() as cursor:
        cursor.execute(statement, parameters(scope) | {"limit": limit, "offset": offset})
        found = cursor.fetchall()
        sources = _source_names() if "source" in scope.by else {}
    width = len(keys)
    size = len(ChargeSums._fields)
    groups = tuple(
        ChargeGroup(_values(scope, row, sources), ChargeSums(*row[width : width + size]))
        for row in found
    )
    if not found:
        return ChargeGroups((), 0, ChargeSums())
    return ChargeGroups(groups, found[0][-1], ChargeSums(*found[0][width + size : -1]))


def charge_sums(scope: ChargeScope) -> ChargeSums:
    """Sum all charges of a scope up."""
    whole = ChargeScope(
        since=scope.since, until=scope.until, time=scope.time, filters=scope.filters
    )
    return charge_groups(whole, limit=1).whole


def parameters(scope: ChargeScope) -> dict[str, Any]:
    """Give what the conditions of a scope compare with."""
    merged = finals(set(scope.by) | set(scope.filters))
    return {
        "since": scope.since,
        "until": scope.until,
        **{f"merged_{name}": json.dumps(values) for name, values in merged.items()},
        **{
            f"filter_{name}": _stored(name, values, merged.get(name, {}))
            for name, values in scope.filters.items()
        },
    }


def conditions_on(scope: ChargeScope, columns: Mapping[str, str], time: str) -> list[str]:
    """Give what must hold of a row, as SQL over named parameters."""
    held = [f"{time} >= %(since)s"] if scope.since else []
    held += [f"{time} < %(until)s"] if scope.until else []
    held += [f"{columns[name]} = ANY (%(filter_{name})s)" for name in scope.filters]
    return held or ["true"]


def _conditions(scope: ChargeScope) -> list[str]:
    return conditions_on(scope, COLUMNS, _TIME_COLUMNS[scope.time])


def _key(name: str, *, is_merged: bool) -> str:
    column = COLUMNS[name]
    if not is_merged:
        return column
    return f"coalesce(%(merged_{name})s::jsonb ->> {column}, {column})"


def _values(scope: ChargeScope, row: Sequence[Any], sources: Mapping[int, str]) -> tuple[str, ...]:
    pairs = zip(scope.by, row, strict=False)
    return tuple(
        sources[value] if name == "source" else str(value) or UNALLOCATED for name, value in pairs
    )


def _stored(name: str, values: Sequence[str], merged: Mapping[str, str]) -> list[Any]:
    """Translate what people ask for into what is stored: a missing value is the empty text."""
    if name == "source":
        return list(Source.objects.filter(name__in=values).values_list("pk", flat=True))
    if name in _DATES:
        return [date.fromisoformat(value) for value in values]
    asked = ["" if value == UNALLOCATED else value for value in values]
    return spellings_of(asked, merged)


def _source_names() -> dict[int, str]:
    return dict(Source.objects.values_list("pk", "name"))


def _text(fragment: str) -> sql.SQL:
    """Compose from the constants of this module; no word of a request ever comes here."""
    return sql.SQL(fragment)
