"""A month's statement: who carries what, line by line, as it would be or as it was published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple

from finops.allocation.inputs import Inputs
from finops.allocation.record import digest, record_of
from finops.allocation.staging import Allocation
from finops.allocation.words import DIRECT, IN_NO_POOL, residual_of
from finops.domain.money import exact_difference, exact_sum
from finops.models import AllocationRun

_ZERO = Decimal(0)


class TargetRow(NamedTuple):
    """What a target carries: its own charges, its shares of pools, and both together."""

    target: str
    direct: Decimal
    allocated: Decimal
    total: Decimal


@dataclass(frozen=True)
class Line:
    """One line of a statement: direct cost, a pool, or what is in none.

    ``amount = Σ shares + unallocated``; ``method`` is ``direct``, ``none``, or how the pool was
    split, empty when no split held.
    """

    name: str
    stage: int
    method: str
    amount: Decimal
    shares: Mapping[str, Decimal]
    unallocated: Decimal = _ZERO
    unreconciled: Decimal | None = None
    notes: tuple[str, ...] = ()
    pool: int | None = None
    is_surcharge: bool = False
    rows: int = 0

    @property
    def is_pool(self) -> bool:
        """Say whether it is a pool."""
        return self.method not in {"direct", "none"}

    @property
    def given(self) -> Decimal:
        """What targets got of it."""
        return exact_sum(self.shares.values())

    @property
    def dearest(self) -> list[tuple[str, Decimal]]:
        """Give the shares, the largest first."""
        return sorted(self.shares.items(), key=lambda share: (-abs(share[1]), share[0]))


class Residual(NamedTuple):
    """What a provider's bill is above metered calls: a line of its own that nobody carries."""

    name: str
    provider: str
    billed: Decimal
    amount: Decimal


@dataclass(frozen=True)
class Statement:
    """A month allocated. Amounts are in whole subunits of the currency.

    ``version`` is None for what is not published. ``rounding`` is what rounding added to the
    charges; ``unconverted`` and ``missing`` count rows that are in no amount.
    """

    month: date
    dimension: str
    basis: str
    currency: str
    lines: tuple[Line, ...]
    residuals: tuple[Residual, ...]
    sha256: str
    rounding: Decimal = _ZERO
    rows: int = 0
    unconverted: int = 0
    missing: int = 0
    record: Mapping[str, Any] = field(default_factory=dict, repr=False)
    run: int | None = None
    version: int | None = None
    is_current: bool = False
    run_at: datetime | None = None
    run_by: str = ""
    reason: str = ""

    @cached_property
    def targets(self) -> tuple[TargetRow, ...]:
        """Give what each target carries, who carries most first."""
        direct = self._shares(pools=False)
        allocated = self._shares(pools=True)
        rows = [
            TargetRow(name, own, given, exact_sum((own, given)))
            for name in direct.keys() | allocated.keys()
            for own, given in [(direct.get(name, _ZERO), allocated.get(name, _ZERO))]
        ]
        return tuple(sorted(rows, key=lambda row: (-row.total, row.target)))

    @property
    def pools(self) -> list[Line]:
        """Give the lines that are pools."""
        return [line for line in self.lines if line.is_pool]

    @property
    def direct(self) -> Decimal:
        """What targets are charged with directly."""
        return exact_sum(row.direct for row in self.targets)

    @property
    def allocated(self) -> Decimal:
        """What pools gave to targets."""
        return exact_sum(row.allocated for row in self.targets)

    @property
    def unallocated(self) -> Decimal:
        """What nobody carries."""
        return exact_sum(line.unallocated for line in self.lines)

    @property
    def surcharges(self) -> Decimal:
        """What is charged on top of the bills."""
        return exact_sum(line.amount for line in self.lines if line.is_surcharge)

    @property
    def total_in(self) -> Decimal:
        """Everything that was to be allocated."""
        return exact_sum(line.amount for line in self.lines)

    @property
    def total_out(self) -> Decimal:
        """Everything that somebody carries, and what is left."""
        return exact_sum((*(row.total for row in self.targets), self.unallocated))

    @property
    def charged(self) -> Decimal:
        """What the bills of the month come to: all that went in, without surcharges."""
        return exact_difference(self.total_in, self.surcharges)

    def of(self, target: str) -> TargetRow:
        """Give what a target carries; nothing for one that is not in it."""
        found = {row.target: row for row in self.targets}
        return found.get(target, TargetRow(target, _ZERO, _ZERO, _ZERO))

    def _shares(self, *, pools: bool) -> dict[str, Decimal]:
        found: dict[str, list[Decimal]] = {}
        for line in self.lines:
            if line.is_pool == pools:
                for target, amount in line.shares.items():
                    found.setdefault(target, []).append(amount)
        return {target: exact_sum(amounts) for target, amounts in found.items()}


def statement_of(inputs: Inputs, found: Allocation) -> Statement:
    """Write an allocation as a statement that is not published."""
    record = record_of(inputs, found)
    lines = [
        Line(DIRECT, 0, "direct", found.direct_total, found.direct),
        *(
            Line(
                pool.name,
                pool.stage,
                pool.method,
                pool.amount,
                pool.shares,
                pool.unallocated,
                pool.unreconciled,
                pool.notes,
                pool.key,
                pool.is_surcharge,
                inputs.picked[pool.key].rows,
            )
            for pool in found.pools
        ),
    ]
    if found.in_no_pool or inputs.in_no_pool.rows:
        left = found.in_no_pool
        rows = inputs.in_no_pool.rows
        lines.append(Line(IN_NO_POOL, 0, "none", left, {}, left, rows=rows))
    return Statement(
        month=inputs.month,
        dimension=inputs.dimension,
        basis=inputs.basis,
        currency=inputs.currency,
        lines=tuple(lines),
        residuals=_residuals(record),
        sha256=digest(record),
        rounding=found.rounding,
        rows=inputs.direct.rows,
        unconverted=inputs.direct.unconverted,
        missing=inputs.direct.missing,
        record=record,
    )


def statement_of_run(run: AllocationRun) -> Statement:
    """Read a published statement as it was, whatever became of pools and bills since."""
    shares: dict[str, dict[str, Decimal]] = {}
    for name, method, target, amount in run.shares.order_by("pk").values_list(
        "pool_name", "method", "target", "amount"
    ):
        key = method if method in {"direct", "none"} else name
        shares.setdefault(key, {})[target] = amount
    record = run.inputs
    return Statement(
        month=run.month,
        dimension=run.dimension,
        basis=run.basis,
        currency=run.currency,
        lines=tuple(_stored_line(told, shares) for told in record["lines"]),
        residuals=_residuals(record),
        sha256=run.sha256,
        rounding=Decimal(record["rounding"]),
        rows=record["rows"],
        unconverted=record["unconverted"],
        missing=record["missing"],
        record=record,
        run=run.pk,
        version=run.version,
        is_current=run.current,
        run_at=run.run_at,
        run_by=run.run_by,
        reason=run.reason,
    )


def _stored_line(told: Mapping[str, Any], shares: Mapping[str, Mapping[str, Decimal]]) -> Line:
    method = told["method"]
    given = dict(shares.get(method if method in {"direct", "none"} else told["name"], {}))
    left = given.pop("", _ZERO)
    unreconciled = told.get("unreconciled")
    return Line(
        name=told["name"],
        stage=told["stage"],
        method=method,
        amount=Decimal(told["amount"]),
        shares=given,
        unallocated=left,
        unreconciled=None if unreconciled is None else Decimal(unreconciled),
        notes=tuple(told.get("notes", ())),
        pool=told.get("pool"),
        is_surcharge=told.get("is_surcharge", False),
        rows=told.get("rows", 0),
    )


def _residuals(record: Mapping[str, Any]) -> tuple[Residual, ...]:
    return tuple(
        Residual(residual_of(provider), provider, Decimal(told["billed"]), Decimal(told["amount"]))
        for provider, told in sorted(record["unreconciled"].items())
    )
