"""(c) Reads: from rollups over the same answer from the calls, and over a look-up of one call."""

from __future__ import annotations

from pathlib import Path
from statistics import median
from typing import Any, Final, NamedTuple
from unittest.mock import patch

import duckdb
from django.db import connection

from bench import oracle
from bench.ground import UNTIL, Size, database, folder
from bench.rounds import Case, Figure, Ratio, Rounds, interleave, seconds_of
from finops.domain.periods import month_of, next_month
from finops.rollups import queries
from finops.rollups.queries import Scope, costs

DAYS: Final = 90
#: Above so many calls a round takes minutes.
MANY, FEW_ROUNDS = 5_000_000, 3
#: A read that takes milliseconds is repeated within its round.
REPEATS: Final = 5

NARROW: Final = [
    scope
    for name in ("feature", "team", "customer", "workflow")
    for scope in (Scope(by=(name,)), Scope(by=(name, "model")), Scope(by=(name,), grain="day"))
]
#: Groupings that no narrow rollup holds; `user` and `step` are read from the calls.
FREE: Final = [
    Scope(by=("user",)),
    Scope(by=("step", "model")),
    Scope(by=("team", "customer", "model")),
]
HEADLINE: Final = [Scope(), Scope(grain="day"), Scope(grain="hour")]
SCOPES: Final = [*HEADLINE, *NARROW, *FREE]


class Made(NamedTuple):
    """What making a set took, in seconds."""

    insert: float
    refresh: float
    maintenance: float


def figures(size: Size) -> list[Figure]:
    """Measure each of the sizes in a database of its own, which is kept."""
    found = []
    for calls in size.reads:
        rounds = size.rounds if calls < MANY else FEW_ROUNDS
        with database(f"bench_reads_{calls}"):
            made = ensure_calls(calls)
            found += _made(calls, made)
            found.append(_equal(calls))
            found += _measure(calls, rounds)
    return found


def ensure_calls(calls: int) -> Made | None:
    """Make the set unless it is there, whole; gives what making it took."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('bench_made') IS NOT NULL")
        if cursor.fetchone()[0]:
            return None
        made = _make(calls)
        cursor.execute("CREATE TABLE bench_made ()")
    return made


def _make(calls: int) -> Made:
    from finops.ledger.partitions import ensure_partitions
    from finops.ledger.sources import source_named
    from finops.rollups.refresh import rebuild

    since = UNTIL.replace(month=UNTIL.month - 3)  # 92 days; the last two stay empty
    source = source_named("bench")
    text = Path(__file__).with_name("sql").joinpath("ten_million.sql").read_text(encoding="utf-8")
    months = [month_of(since.date())]
    while months[-1] < UNTIL.date():
        months.append(next_month(months[-1]))
    parameters: dict[str, Any] = {"calls": calls, "since": since, "source_id": source.pk}
    with connection.cursor() as cursor:
        # What an attempt left that was cut off.
        cursor.execute("TRUNCATE calls, stale_hours")
        ensure_partitions(cursor, months)
        cursor.execute("SELECT setseed(0.42)")
        insert = seconds_of(lambda: cursor.execute(text, parameters))
        cursor.execute("VACUUM (ANALYZE) calls")
        refresh = seconds_of(rebuild)
        maintenance = seconds_of(lambda: cursor.execute("VACUUM (ANALYZE)"))
    return Made(insert, refresh, maintenance)


def _made(calls: int, made: Made | None) -> list[Figure]:
    if made is None:
        return []
    ratio = made.refresh / made.insert
    return [
        Figure(
            f"rollups of {calls:,} calls made anew, over the INSERT of the calls (seconds)",
            Ratio(ratio, ratio, ratio),
            f"{made.refresh:.1f} s over {made.insert:.1f} s",
            1,
            [],
            notes=f"VACUUM ANALYZE {made.maintenance:.1f} s",
            details={"sizes_mb": _sizes()},
        )
    ]


def _sizes() -> dict[str, float]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT root.relname, sum(pg_total_relation_size(part.relid)) / 2 ^ 20"
            " FROM pg_class AS root, pg_partition_tree(root.oid) AS part"
            " WHERE root.relname IN ('calls', 'cost_by_hour', 'cost_by_day') GROUP BY 1"
            " UNION ALL SELECT relname, pg_total_relation_size(oid) / 2 ^ 20 FROM pg_class"
            " WHERE relname IN ('cost_by_day_full', 'runs', 'run_workflows', 'run_cost_sketch')"
        )
        return {name: round(float(size), 1) for name, size in cursor.fetchall()}


def _equal(calls: int) -> Figure:
    """Compare every scope with DuckDB. Raises RuntimeError for the first that differs."""
    path = folder() / f"reads-{calls}.duckdb"
    draft = path.with_suffix(".csv")
    with duckdb.connect(str(path)) as engine, connection.cursor() as cursor:
        independent = oracle.Oracle(engine)
        if not engine.execute("SELECT * FROM duckdb_tables WHERE table_name = 'calls'").fetchall():
            oracle.export(cursor, draft)
            independent.load(draft)
            draft.unlink()
        theirs = {scope_name(each): independent.answer(each) for each in SCOPES}
    groups = 0
    for scope in SCOPES:
        found = oracle.answer_of(scope)
        if found != theirs[scope_name(scope)]:
            raise RuntimeError(f"{scope_name(scope)} differs from DuckDB at {calls:,} calls")
        groups += len(found)
    return Figure(
        f"{calls:,} calls: answers equal to DuckDB's to the last digit",
        None,
        f"{len(SCOPES)} answers, {groups:,} groups, 12 measures each: all equal",
        1,
        [],
    )


def _measure(calls: int, rounds: int) -> list[Figure]:
    look_up = _look_up()
    cases: dict[str, Case] = {"call": lambda: _median(look_up)}
    for scope in SCOPES:
        cases[scope_name(scope)] = _read(scope)
        if queries.choose(scope)[0] != "calls":
            cases[f"{scope_name(scope)} raw"] = _raw(scope)
    for warm_up in (look_up, *cases.values()):
        warm_up()
    done = interleave(cases, rounds)
    return [_figure(done, calls, rounds, scope) for scope in SCOPES]


def _figure(done: Rounds, calls: int, rounds: int, scope: Scope) -> Figure:
    name = scope_name(scope)
    table, _ = queries.choose(scope)
    seconds = done.median(name)
    look_up = done.ratio(name, "call")
    told = f"{seconds * 1000:.1f} ms"
    ratio: Ratio | None = None
    if table != "calls":
        ratio = done.ratio(name, f"{name} raw")
        told += f" over {done.median(f'{name} raw') * 1000:,.0f} ms"
    return Figure(
        f"{calls:,} calls: {name}, from {table}" + (", over the calls" if ratio else ""),
        ratio,
        f"{told}; {look_up.median:.0f} × one call by its key",
        rounds,
        done.loads,
        notes="" if rounds >= 5 else f"{rounds} rounds: one takes minutes",
        details={"over_one_call": vars(look_up), "seconds": seconds},
    )


def scope_name(scope: Scope) -> str:
    """Name a scope for people."""
    by = "+".join(scope.by) or "everything"
    return by if scope.grain == "total" else f"{by} by {scope.grain}"


def _read(scope: Scope) -> Case:
    if queries.choose(scope)[0] == "calls":
        return lambda: seconds_of(lambda: costs(scope))
    return lambda: _median(lambda: costs(scope))


def _raw(scope: Scope) -> Case:
    """The same function, made to believe that there are no rollups."""

    def case() -> float:
        with patch.object(queries, "choose", lambda _: ("calls", "")):
            return seconds_of(lambda: costs(scope))

    return case


def _median(work: Any) -> float:
    return median(seconds_of(work) for _ in range(REPEATS))


def _look_up() -> Any:
    with connection.cursor() as cursor:
        cursor.execute("SELECT started_at, id FROM calls WHERE id = 4711")
        key = cursor.fetchone()

    def one_call() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM calls WHERE started_at = %s AND id = %s", key)
            assert len(cursor.fetchall()) == 1

    return one_call
