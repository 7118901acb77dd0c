"""Every answer from the rollups equals that of an independent engine over the calls themselves.

DuckDB adds up wide decimals, so both sides are exact, and cuts days and hours by adding the zone's
fixed offset. What it asks is written down a second time, in ``bench.oracle``.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import duckdb
import pytest
from django.db import connection

from bench.oracle import MEASURES, Oracle, answer_of, export
from finops.domain.dimensions import DIMENSIONS
from finops.domain.measures import COLUMNS, OF_BILLS
from finops.models import Organization, Source
from finops.rollups.queries import Scope, choose
from ingest.foreground import import_files
from ingest.generator import usage_rows

CALLS: Final = 3_000
#: Half-past-the-hour days, and no daylight saving: the offset is the same all the time.
ZONE: Final = "Asia/Kolkata"
OFFSET: Final = timedelta(hours=5, minutes=30)


@pytest.fixture(scope="module")
def oracle(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Oracle]:
    """Import once for the whole module; every test only reads."""
    from tests.conftest import empty_ledger

    with django_db_blocker.unblock():
        empty_ledger()
        Organization.objects.update(time_zone=ZONE)
        folder = tmp_path_factory.mktemp("duckdb")
        _import(folder)
        with connection.cursor() as cursor:
            export(cursor, folder / "calls.csv")
        with duckdb.connect() as engine:
            independent = Oracle(engine, offset=OFFSET)
            independent.load(folder / "calls.csv")
            yield independent
        empty_ledger()


def _import(folder: Path) -> None:
    """Two meters, one of which counts what it reports, and one source of mere evidence."""
    Source.objects.create(name="reporting", counts=Source.REPORTED)
    Source.objects.create(name="evidence", role=Source.EVIDENCE)
    # Across the end of a month.
    end = datetime(2026, 11, 2, tzinfo=UTC)
    for seed, name in enumerate(("metered", "reporting", "evidence"), start=1):
        path = folder / f"{name}.jsonl"
        rows = usage_rows(
            seed=seed,
            calls=CALLS // 3,
            start=end - timedelta(days=4),
            end=end,
            reported_cost_share=0.4,
        )
        path.write_bytes(b"".join(rows))
        (job,) = import_files([str(path)], {"source": name}, quiet=True)
        assert job.accepted == CALLS // 3


def assert_equal(independent: Oracle, scope: Scope) -> None:
    assert answer_of(scope) == independent.answer(scope)


def test_every_measure_is_written_down_twice() -> None:
    assert tuple(MEASURES) == COLUMNS


def test_the_calls_are_of_every_kind(oracle: Oracle) -> None:
    (whole,) = oracle.answer(Scope()).values()
    assert whole.calls == CALLS * 2 // 3
    of_calls = [getattr(whole, name) for name in COLUMNS if name not in OF_BILLS]
    assert all(of_calls), "a measure that is zero everywhere proves nothing"


@pytest.mark.parametrize("grain", ["total", "hour", "day", "month"])
@pytest.mark.parametrize("second", ["", "model"])
@pytest.mark.parametrize("dimension", [name for name in DIMENSIONS if name != "model"])
def test_a_dimension_alone_and_by_model(
    oracle: Oracle, dimension: str, second: str, grain: Any
) -> None:
    by = (dimension, second) if second else (dimension,)
    assert_equal(oracle, Scope(by=by, grain=grain))


@pytest.mark.parametrize("grain", ["total", "hour", "day", "month"])
@pytest.mark.parametrize("by", [(), ("model",), ("team", "customer", "model"), ("step", "model")])
def test_no_dimension_and_free_groupings(oracle: Oracle, by: tuple[str, ...], grain: Any) -> None:
    assert_equal(oracle, Scope(by=by, grain=grain))


@pytest.mark.parametrize("by", [(), ("feature",), ("workflow", "model"), ("status",), ("user",)])
def test_a_period_is_cut_in_the_reporting_zone(oracle: Oracle, by: tuple[str, ...]) -> None:
    since, until = date(2026, 10, 30), date(2026, 11, 1)
    for grain in ("total", "hour", "day"):
        assert_equal(oracle, Scope(by=by, grain=grain, since=since, until=until))


def test_all_four_tables_were_asked() -> None:
    asked = {
        choose(Scope(by=by, grain=grain))[0]  # type: ignore[arg-type]
        for by in (("team",), ("user",), ("team", "customer", "model"))
        for grain in ("hour", "day")
    }
    assert asked == {"cost_by_hour", "cost_by_day", "cost_by_day_full", "calls"}
