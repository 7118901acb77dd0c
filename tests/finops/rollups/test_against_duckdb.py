"""Every answer from the rollups equals that of an independent engine over the calls themselves.

Money goes to DuckDB as whole multiples of 10⁻²⁴ and is added up there as integers, so both sides
are exact. Days and hours are cut there by adding the zone's fixed offset.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import duckdb
import pytest
from django.db import connection

from finops.domain.dimensions import DIMENSIONS, UNALLOCATED
from finops.domain.measures import COLUMNS, Measures
from finops.models import Organization, Source
from finops.rollups.queries import Scope, choose, costs
from ingest.foreground import import_files
from ingest.generator import usage_rows

CALLS: Final = 3_000
#: Half-past-the-hour days, and no daylight saving: the offset is the same all the time.
ZONE: Final = "Asia/Kolkata"
SCALE: Final = 24

MONEY: Final = ("cost", "reported_cost")
TOKENS: Final = (
    "input_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "cache_write_1h_tokens",
    "input_audio_tokens",
    "input_image_tokens",
    "output_tokens",
    "reasoning_tokens",
    "output_audio_tokens",
)
NAMES: Final = (
    "provider",
    "model",
    "status",
    "environment",
    "feature",
    "team",
    "customer",
    "end_user",
    "workflow",
    "step",
    "cost_source",
    "currency",
)


def _sum(*columns: str, where: str = "true") -> str:
    added = " + ".join(f"coalesce({column}, 0)" for column in columns)
    return f"coalesce(sum({added}) FILTER (WHERE {where}), 0)"


_SAID = "reported_cost IS NOT NULL AND currency = 'USD'"
#: The measures, written down a second time on purpose.
MEASURES: Final = {
    "calls": _sum("requests"),
    "unpriced_calls": _sum("requests", where="cost IS NULL"),
    "reported_calls": _sum("requests", where=_SAID),
    "input_tokens": _sum(*TOKENS[:6]),
    "cache_read_tokens": _sum("cache_read_tokens"),
    "cache_write_tokens": _sum("cache_write_tokens", "cache_write_1h_tokens"),
    "cache_write_1h_tokens": _sum("cache_write_1h_tokens"),
    "output_tokens": _sum(*TOKENS[6:]),
    "reasoning_tokens": _sum("reasoning_tokens"),
    "cost": _sum("cost"),
    "counted_reported": _sum("cost", where="cost_source = 'reported'"),
    "reported_cost": _sum("reported_cost", where=_SAID),
}
PERIODS: Final = {
    "total": "NULL",
    "hour": "strftime(date_trunc('hour', local_time), '%Y-%m-%dT%H:%M:%S+05:30')",
    "day": "strftime(local_time, '%Y-%m-%d')",
    "month": "strftime(local_time, '%Y-%m')",
}


@pytest.fixture(scope="module")
def oracle(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Import once for the whole module; every test only reads."""
    from tests.conftest import empty_ledger

    with django_db_blocker.unblock():
        empty_ledger()
        Organization.objects.update(time_zone=ZONE)
        _import(tmp_path_factory.mktemp("duckdb"))
        with duckdb.connect() as engine:
            _export(engine)
            yield engine
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


def _export(engine: duckdb.DuckDBPyConnection) -> None:
    columns = (*TOKENS, "requests", *MONEY, *NAMES)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT calls.started_at AT TIME ZONE 'UTC', source.name, {', '.join(columns)}"
            " FROM calls JOIN finops_source AS source ON source.id = calls.source_id"
            " WHERE source.role = 'meter'"
        )
        rows = [_exact(row) for row in cursor.fetchall()]
    types = dict.fromkeys((*TOKENS, "requests"), "BIGINT")
    types |= dict.fromkeys(MONEY, "HUGEINT") | dict.fromkeys(NAMES, "VARCHAR")
    engine.execute(
        "CREATE TABLE calls (started_at TIMESTAMP, source VARCHAR,"
        f" {', '.join(f'{name} {types[name]}' for name in columns)})"
    )
    engine.executemany(f"INSERT INTO calls VALUES ({', '.join('?' * len(rows[0]))})", rows)
    engine.execute(
        'ALTER TABLE calls RENAME COLUMN end_user TO "user";'
        "CREATE VIEW local_calls AS"
        " SELECT *, started_at + INTERVAL 330 MINUTE AS local_time FROM calls"
    )


def _exact(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(_units(value) if isinstance(value, Decimal) else value for value in row)


def _units(amount: Decimal) -> int:
    units = amount.scaleb(SCALE)
    assert units == units.to_integral_value(), f"{amount} has more than {SCALE} decimals"
    return int(units)


Answer = dict[tuple[Any, ...], Measures]


def theirs(engine: duckdb.DuckDBPyConnection, scope: Scope) -> Answer:
    groups = [f"coalesce(\"{name}\", '{UNALLOCATED}')" for name in scope.by]
    conditions = ["true"]
    if scope.since:
        conditions.append(f"local_time >= DATE '{scope.since}'")
    if scope.until:
        conditions.append(f"local_time < DATE '{scope.until}'")
    rows = engine.execute(
        f"SELECT {', '.join((*groups, PERIODS[scope.grain], *MEASURES.values()))} FROM local_calls"
        f" WHERE {' AND '.join(conditions)}"
        f" GROUP BY {', '.join(str(place + 1) for place in range(len(groups) + 1))}"
    ).fetchall()
    width = len(groups) + 1
    return {row[:width]: _measures(row[width:]) for row in rows}


def _measures(sums: tuple[int, ...]) -> Measures:
    named = dict(zip(MEASURES, sums, strict=True))
    money = ("cost", "counted_reported", "reported_cost")
    return Measures(
        **{
            name: Decimal(value).scaleb(-SCALE) if name in money else int(value)
            for name, value in named.items()
        }
    )


def ours(scope: Scope) -> Answer:
    return {(*row.values, row.period): row.measures for row in costs(scope).rows}


def assert_equal(engine: duckdb.DuckDBPyConnection, scope: Scope) -> None:
    found, expected = ours(scope), theirs(engine, scope)
    assert found == expected
    assert len(found) == len(costs(scope).rows), "a group is told twice"


def test_every_measure_is_written_down_twice() -> None:
    assert tuple(MEASURES) == COLUMNS


def test_the_calls_are_of_every_kind(oracle: duckdb.DuckDBPyConnection) -> None:
    (whole,) = theirs(oracle, Scope()).values()
    assert whole.calls == CALLS * 2 // 3
    assert all(whole), "a measure that is zero everywhere proves nothing"


@pytest.mark.parametrize("grain", ["total", "hour", "day", "month"])
@pytest.mark.parametrize("second", ["", "model"])
@pytest.mark.parametrize("dimension", [name for name in DIMENSIONS if name != "model"])
def test_a_dimension_alone_and_by_model(
    oracle: duckdb.DuckDBPyConnection, dimension: str, second: str, grain: Any
) -> None:
    by = (dimension, second) if second else (dimension,)
    assert_equal(oracle, Scope(by=by, grain=grain))


@pytest.mark.parametrize("grain", ["total", "hour", "day", "month"])
@pytest.mark.parametrize("by", [(), ("model",), ("team", "customer", "model"), ("step", "model")])
def test_no_dimension_and_free_groupings(
    oracle: duckdb.DuckDBPyConnection, by: tuple[str, ...], grain: Any
) -> None:
    assert_equal(oracle, Scope(by=by, grain=grain))


@pytest.mark.parametrize("by", [(), ("feature",), ("workflow", "model"), ("status",), ("user",)])
def test_a_period_is_cut_in_the_reporting_zone(
    oracle: duckdb.DuckDBPyConnection, by: tuple[str, ...]
) -> None:
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
