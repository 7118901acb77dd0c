"""(a) A full import over the same server's COPY of the same rows into a bare unlogged table."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from django.db import connection

from bench import statements
from bench.ground import Size, cut, empty_ledger, folder, run_workers, usage_file
from bench.rounds import Figure, Rounds, interleave, seconds_of


def figures(size: Size) -> list[Figure]:
    """Import with one process and with two; rollups are fresh when the clock stops."""
    path = usage_file(size)
    halves = cut(path, [size.calls // 2, size.calls - size.calls // 2])
    empty_ledger()
    spent = statements.measure(lambda: _import_here(path))
    exported = _export(size)
    done = interleave(
        {
            "copy": lambda: _copy(exported),
            "one process": _import({"bench": path}),
            "two processes": _import({"bench-1": halves[0], "bench-2": halves[1]}),
        },
        size.rounds,
    )
    return [_figure(done, size, name, spent) for name in ("one process", "two processes")]


def _figure(done: Rounds, size: Size, case: str, spent: dict[str, float]) -> Figure:
    rate, base = size.calls / done.median(case), size.calls / done.median("copy")
    details = {"rows_per_second": rate, "copy_rows_per_second": base, "seconds": done.seconds}
    if case == "one process":
        details["spent"] = spent
    return Figure(
        f"import of {size.calls:,} rows, {case}, over bare COPY (rows/s)",
        done.ratio("copy", case),
        f"{rate:,.0f} rows/s over {base:,.0f}",
        size.rounds,
        done.loads,
        details=details,
    )


def _import(jobs: dict[str, Path]) -> Callable[[], float]:
    def case() -> float:
        empty_ledger()
        seconds, _ = run_workers(jobs)
        return seconds

    return case


def _import_here(path: Path) -> None:
    from ingest.foreground import import_files

    import_files([str(path)], {"source": "bench"}, quiet=True)


def _export(size: Size) -> Path:
    """Write the calls as published, once, as text that COPY reads."""
    path = folder() / f"calls-{size.calls}-{size.days}.copy"
    with (
        connection.cursor() as cursor,
        path.open("wb") as out,
        cursor.copy("COPY (SELECT * FROM calls ORDER BY started_at, id) TO STDOUT") as rows,
    ):
        for block in rows:
            out.write(block)
    return path


def _copy(path: Path) -> float:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_bare")
        cursor.execute("CREATE UNLOGGED TABLE bench_bare (LIKE calls)")
        cursor.execute("CHECKPOINT")
        seconds = seconds_of(lambda: _send(path))
        cursor.execute("DROP TABLE bench_bare")
    return seconds


def _send(path: Path) -> None:
    with (
        connection.cursor() as cursor,
        path.open("rb") as lines,
        cursor.copy("COPY bench_bare FROM STDIN") as rows,
    ):
        while block := lines.read(1 << 18):
            rows.write(block)
