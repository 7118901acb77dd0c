"""Attributing history again, calls and charges, over reading the same rows once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Final

from django.db import connection

from bench.allocation import forget_pools, make_pools, seconds_to_allocate
from bench.bill_files import csv_file as bill_file
from bench.bill_files import shared_file
from bench.ground import Size, database, empty_ledger
from bench.reads import ensure_calls
from bench.rounds import Figure, interleave, seconds_of

#: Gives every call, or charge, without a user one: nothing else of the benchmark's data has any.
USER: Final = "benchmark"
ROUNDS: Final = 3
#: The month whose shared cost is split.
SHARED: Final = date(2026, 9, 1)


def figures(size: Size) -> list[Figure]:
    """Attribute a million calls, then as many charges, then split what a month shares."""
    from ingest.foreground import import_files

    calls = size.reads[0]
    with database(f"bench_reads_{calls}"):
        ensure_calls(calls)
        found = [_again("calls", "attribution", calls)]
    empty_ledger()
    import_files([str(bill_file(size)), str(shared_file())], {"source": "bench-bills"}, quiet=True)
    found.append(_again("charges", "charges", size.calls))
    return [*found, _allocated()]


def _again(what: str, part: str, rows: int) -> Figure:
    """Preview and apply a rule for all history; it is undone again after each round."""
    with _rule():
        cases = {"read": lambda: _read(what), "attributed": lambda: _attribute(part)}
        done = interleave(cases, ROUNDS)
    return Figure(
        f"{rows:,} {what} attributed again (previewed and applied), over reading them once",
        done.ratio("attributed", "read"),
        f"median {done.median('attributed'):.1f} s over {done.median('read'):.2f} s",
        ROUNDS,
        done.loads,
    )


@contextmanager
def _rule() -> Iterator[None]:
    from finops.attribution.rules import RuleFields
    from finops.models import AttributionRule

    fields = asdict(RuleFields(name=USER, dimension="user", value=USER))
    position = AttributionRule.objects.count() + 1
    rule = AttributionRule.objects.create(position=position, created_by="bench", **fields)
    try:
        yield
    finally:
        rule.delete()


def _read(table: str) -> float:
    with connection.cursor() as cursor:
        return seconds_of(lambda: cursor.execute(f"SELECT count(tags), sum(id) FROM {table}"))


def _attribute(part: str) -> float:
    from finops.models import Revaluation
    from finops.revaluation.apply import run_revaluation
    from finops.revaluation.plan import queue_revaluation, request_apply
    from finops.revaluation.scope import Scope
    from finops.revaluation.undo import undo_revaluation

    job = queue_revaluation(parts=[part], scope=Scope(), now=_now(), by="bench", reserved=True)

    def work() -> None:
        run_revaluation(job, clock=_now)
        request_apply(job, by="bench", now=_now(), reserved=True)
        run_revaluation(job, clock=_now)

    seconds = seconds_of(work)
    if job.state != "applied":
        raise RuntimeError(f"{job} is {job.state}: {job.error}")
    undo_revaluation(job, by="bench", now=_now(), reason="measured")
    Revaluation.objects.filter(pk=job.pk).delete()
    return seconds


def _allocated() -> Figure:
    """Split a month of 200 pools over 500 targets, over one read of its charges."""
    make_pools(SHARED)
    try:
        done = interleave(
            {"read": lambda: _read("charges"), "allocated": lambda: seconds_to_allocate(SHARED)},
            ROUNDS,
        )
    finally:
        forget_pools(SHARED)
    return Figure(
        "a month of 200 pools over 500 targets allocated, over reading all charges once",
        done.ratio("allocated", "read"),
        f"median {done.median('allocated'):.1f} s over {done.median('read'):.2f} s",
        ROUNDS,
        done.loads,
    )


def _now() -> datetime:
    return datetime.now(UTC)
