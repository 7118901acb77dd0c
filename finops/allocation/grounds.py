"""What splits stand on: direct cost, calls and their cost, and uploaded drivers, by month."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final, NamedTuple

from psycopg import sql

from finops.allocation.pools import meters_own_provider
from finops.allocation.splitting import Grounds
from finops.attribution.values import canonical
from finops.domain.dimensions import UNALLOCATED
from finops.domain.money import exact_difference, exact_sum
from finops.domain.periods import next_month
from finops.models import AllocationShare, CostPool, DriverValue
from finops.rollups.queries import Scope, rows_of
from finops.sql import load_sql

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

_NOBODY: Final = frozenset(("", UNALLOCATED))
_MISSING: Final = {"billed": "missing_billed_rows", "effective": "missing_effective_rows"}


class Direct(NamedTuple):
    """What bills charge in a month: by target, of nobody, and rows that could not be counted.

    ``usage`` is the model usage among it, by target and provider.
    """

    by_target: Mapping[str, Decimal]
    of_nobody: Decimal
    usage: Mapping[tuple[str, str], Decimal]
    rows: int = 0
    unconverted: int = 0
    missing: int = 0


class _Row(NamedTuple):
    """What bills charge one target, in one month, with one provider."""

    month: date
    target: str
    provider: str
    is_usage: bool
    amount: Decimal
    rows: int
    unconverted: int
    missing: int


class Used(NamedTuple):
    """What calls of a target and provider were in a month: how many, and what they cost."""

    calls: Decimal
    cost: Decimal


Usage = Mapping[tuple[str, str], Used]


def direct_cost(
    cursor: CursorWrapper, months: Iterable[date], *, dimension: str, basis: str
) -> dict[date, Direct]:
    """Read what bills charge to whom in each month; merged targets are read as one."""
    wanted = sorted(set(months))
    query = load_sql("allocation/direct.sql").format(
        value=sql.Identifier(dimension),
        cost=sql.Identifier(basis),
        missing=sql.Identifier(_MISSING[basis]),
    )
    cursor.execute(query, {"months": wanted})
    rows = [_Row(*row) for row in cursor.fetchall()]
    final = canonical(dimension)
    return {month: _direct([row for row in rows if row.month == month], final) for month in wanted}


def _direct(rows: list[_Row], final: Mapping[str, str]) -> Direct:
    targets: defaultdict[str, list[Decimal]] = defaultdict(list)
    usage: defaultdict[tuple[str, str], list[Decimal]] = defaultdict(list)
    nobody: list[Decimal] = []
    for row in rows:
        target = final.get(row.target, row.target)
        if target in _NOBODY:
            nobody.append(row.amount)
            continue
        targets[target].append(row.amount)
        if row.is_usage:
            usage[target, row.provider].append(row.amount)
    return Direct(
        {target: exact_sum(amounts) for target, amounts in targets.items()},
        exact_sum(nobody),
        {key: exact_sum(amounts) for key, amounts in usage.items()},
        sum(row.rows for row in rows),
        sum(row.unconverted for row in rows),
        sum(row.missing for row in rows),
    )


def calls_of(months: Iterable[date], dimension: str) -> dict[date, Usage]:
    """Read how many calls each target made with each provider, and their metered cost."""
    wanted = set(months)
    scope = Scope(
        by=(dimension, "provider"),
        grain="month",
        since=min(wanted),
        until=next_month(max(wanted)),
    )
    found: dict[date, dict[tuple[str, str], Used]] = {month: {} for month in wanted}
    for row in rows_of(scope):
        month = date.fromisoformat(f"{row.period}-01")
        if month in wanted:
            target, provider = row.values
            used = Used(Decimal(row.measures.calls), row.measures.cost)
            found[month]["" if target in _NOBODY else target, provider] = used
    return dict(found)


def uploaded(months: Iterable[date], dimension: str) -> dict[date, dict[str, dict[str, Decimal]]]:
    """Read uploaded drivers: by month, driver and target."""
    final = canonical(dimension)
    found: dict[date, dict[str, dict[str, Decimal]]] = {month: {} for month in months}
    for value in DriverValue.objects.filter(month__in=list(found)).order_by("pk"):
        values = found[value.month].setdefault(value.driver, {})
        target = final.get(value.target, value.target)
        values[target] = exact_sum((values.get(target, Decimal(0)), value.value))
    return found


def previous_shares(month: date, dimension: str) -> dict[str, dict[str, Decimal]]:
    """Give what each pool, by its name, gave to whom in the last statement before a month.

    A pool that gave nothing then is looked for further back.
    """
    shares = (
        AllocationShare.objects.filter(
            run__current=True, run__dimension=dimension, run__month__lt=month
        )
        .exclude(method__in=("direct", "none"))
        .exclude(target="")
        .order_by("-run__month", "pk")
    )
    found: dict[str, tuple[date, dict[str, Decimal]]] = {}
    for name, of, target, amount in shares.values_list(
        "pool_name", "run__month", "target", "amount"
    ):
        latest, given = found.setdefault(name.casefold(), (of, {}))
        if latest == of:
            given[target] = amount
    return {name: given for name, (_, given) in found.items()}


class MonthGrounds:
    """Everything that splits of one month may stand on, given to pools as they need it."""

    def __init__(
        self, direct: Direct, usage: Usage, drivers: Mapping[str, Mapping[str, Decimal]]
    ) -> None:
        """Hold a month's direct cost, calls and uploaded drivers."""
        self._direct, self._usage, self._drivers = direct, usage, drivers
        self._known: dict[str, Grounds] = {}

    @property
    def present(self) -> frozenset[str]:
        """Give the targets that have a direct cost or a call."""
        return frozenset(self._direct.by_target) | {t for t, _ in self._usage if t}

    def of(self, pool: CostPool, previous: Mapping[str, Decimal]) -> Grounds:
        """Give what a pool's split stands on."""
        pattern = pool.provider.casefold() if meters_own_provider(pool) else "*"
        if pattern not in self._known:
            self._known[pattern] = self._limited(pattern)
        return self._known[pattern]._replace(previous=previous)

    def _limited(self, pattern: str) -> Grounds:
        """Count the calls of providers that match; all of them when the pattern is ``*``."""
        calls: defaultdict[str, list[Decimal]] = defaultdict(list)
        costs: defaultdict[str, list[Decimal]] = defaultdict(list)
        for (target, provider), used in self._usage.items():
            if fnmatchcase(provider.casefold(), pattern):
                calls[target].append(used.calls)
                costs[target].append(used.cost)
        metered = {target: exact_sum(amounts) for target, amounts in costs.items()}
        nobody = metered.pop("", Decimal(0))
        return Grounds(
            direct=self._direct.by_target,
            calls={target: exact_sum(counts) for target, counts in calls.items() if target},
            metered=metered,
            own=self._beyond_direct(metered, pattern),
            own_unattributed=nobody,
            uploaded=self._drivers,
            present=self.present,
        )

    def _beyond_direct(self, metered: Mapping[str, Decimal], pattern: str) -> dict[str, Decimal]:
        """Take what is billed to a target directly off what its calls cost, down to nothing."""
        billed: defaultdict[str, list[Decimal]] = defaultdict(list)
        for (target, provider), amount in self._direct.usage.items():
            if fnmatchcase(provider.casefold(), pattern):
                billed[target].append(amount)
        rest = {
            target: exact_difference(cost, exact_sum(billed[target]))
            for target, cost in metered.items()
        }
        return {target: max(amount, Decimal(0)) for target, amount in rest.items()}
