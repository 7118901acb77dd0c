"""Working a month's shared cost out, and publishing it: one statement, with all that went in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from django.db import connection, transaction

from finops.allocation.inputs import USUAL_BASIS, USUAL_DIMENSION, Inputs, read_inputs
from finops.allocation.staging import Allocation, allocate
from finops.allocation.statement import Line, Statement, statement_of, statement_of_run
from finops.attribution.refusals import ChangedMeanwhile, Refused
from finops.domain.periods import month_of
from finops.models import AllocationRun
from finops.months.closed import refuse_closed
from finops.months.publications import PUBLICATIONS_LOCK

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

LONGEST_REASON: Final = 2_000
#: One statement at a time, so that two people at once publish one.
_PUBLISHING_LOCK: Final = 7_310_071
_COLUMNS: Final = (
    "run_id",
    "pool_id",
    "pool_name",
    "stage",
    "method",
    "target",
    "weight",
    "amount",
)


class NotConserved(AssertionError):
    """What came out is not what went in; nothing is published. This is a fault of Costline."""


class Published(NamedTuple):
    """A statement in force, and whether this publication made it."""

    statement: Statement
    is_new: bool


def preview(month: date, dimension: str = USUAL_DIMENSION, basis: str = USUAL_BASIS) -> Statement:
    """Work a month out without publishing it. Raises Refused for an unknown dimension or basis."""
    return _work_out(read_inputs(month, dimension, basis))


def published(month: date, dimension: str = USUAL_DIMENSION) -> Statement | None:
    """Give the statement of a month that is in force; None before the first."""
    run = AllocationRun.objects.filter(
        month=month_of(month), dimension=dimension, current=True
    ).first()
    return statement_of_run(run) if run else None


def publish(
    month: date,
    dimension: str = USUAL_DIMENSION,
    basis: str = USUAL_BASIS,
    *,
    now: datetime,
    by: str,
    reason: str = "",
    seen: str = "",
) -> Published:
    """Work a month out and put the statement in force; one that says the same stays in force.

    The statement before it stays on record. ``seen`` is the ``sha256`` of the preview that was
    looked at. Raises MonthClosed for a closed month, ChangedMeanwhile when charges, calls, pools
    or drivers have changed since the preview, Refused for a month without charges and for words
    that are none.
    """
    if len(reason) > LONGEST_REASON or "\0" in reason:
        raise Refused(f"A reason has at most {LONGEST_REASON:,} letters.")
    statement = preview(month, dimension, basis)
    if seen and seen != statement.sha256:
        raise ChangedMeanwhile
    if not statement.rows:
        raise Refused(f"No charges are posted to {statement.month:%B %Y}. Import its bills first.")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [PUBLICATIONS_LOCK])
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_PUBLISHING_LOCK])
        runs = AllocationRun.objects.filter(month=statement.month, dimension=dimension)
        in_force = runs.filter(current=True).first()
        if in_force is not None and in_force.sha256 == statement.sha256:
            return Published(statement_of_run(in_force), is_new=False)
        refuse_closed([statement.month])
        runs.filter(current=True).update(current=False)
        run = _store(statement, runs.count() + 1, now=now, by=by, reason=reason.strip())
        _store_shares(cursor, run, statement)
    return Published(statement_of_run(run), is_new=True)


def _work_out(inputs: Inputs) -> Statement:
    found: Allocation = allocate(
        inputs.direct.by_target,
        inputs.pools,
        in_no_pool=inputs.in_no_pool.amount,
        currency=inputs.currency,
    )
    if found.total_in != found.total_out:
        raise NotConserved(f"{found.total_in} went in and {found.total_out} came out")
    return statement_of(inputs, found)


def _store(
    statement: Statement, version: int, *, now: datetime, by: str, reason: str
) -> AllocationRun:
    return AllocationRun.objects.create(
        month=statement.month,
        dimension=statement.dimension,
        basis=statement.basis,
        version=version,
        currency=statement.currency,
        inputs=dict(statement.record),
        sha256=statement.sha256,
        total_in=statement.total_in,
        total_out=statement.total_out,
        direct=statement.direct,
        unallocated=statement.unallocated,
        unreconciled=dict(statement.record["unreconciled"]),
        reason=reason,
        run_at=now,
        run_by=by[:200],
    )


def _store_shares(cursor: CursorWrapper, run: AllocationRun, statement: Statement) -> None:
    """Write all shares at once: a large month has a hundred thousand."""
    columns = ", ".join(_COLUMNS)
    statement_sql = f"COPY finops_allocationshare ({columns}) FROM STDIN"
    with cursor.copy(statement_sql) as copy:
        for line, told in zip(statement.lines, statement.record["lines"], strict=True):
            weights = _weights_of(told, statement)
            for target, amount in _amounts(line):
                copy.write_row(
                    (
                        run.pk,
                        line.pool,
                        line.name,
                        line.stage,
                        line.method,
                        target,
                        weights.get(target),
                        amount,
                    )
                )


def _amounts(line: Line) -> Iterator[tuple[str, Decimal]]:
    yield from line.shares.items()
    if line.unallocated:
        yield "", line.unallocated


def _weights_of(told: dict[str, object], statement: Statement) -> dict[str, str]:
    """Give the weights of the month itself, which is a pool's last part."""
    parts = told.get("parts")
    if not isinstance(parts, list):
        return {}
    found: dict[str, str] = statement.record["weights"][parts[-1]["weights"]]
    return found
