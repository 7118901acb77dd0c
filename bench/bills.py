"""Bills: imports over COPY, the same file again, memory, and the pages over them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Final

from django.db import connection

from bench import statements
from bench.bill_files import csv_file, parquet_file
from bench.ground import Size, Worker, empty_ledger, folder, run_workers
from bench.pages import LOOK_UP, REQUESTS, get, signed_in
from bench.rounds import Case, Figure, Ratio, Rounds, interleave, percentile, seconds_of

SOURCE: Final = "bench-bills"
#: The overview of a month, and the explorer of its charges.
PAGES: Final = {
    "bills of a month": "/bills/?month=2026-10",
    "charges by service": "/bills/charges/?month=2026-10",
}


def figures(size: Size) -> list[Figure]:
    """Measure imports from CSV and Parquet, a replay, memory, then the pages."""
    files = {"CSV": csv_file(size), "Parquet": parquet_file(size)}
    empty_ledger()
    spent = statements.measure(lambda: _import_here(files["CSV"]))
    exported = _export(size)
    cases: dict[str, Case] = {"copy": lambda: _copy(exported)}
    cases |= {name: _import(path) for name, path in files.items()}
    cases["again"] = lambda: run_workers({SOURCE: files["Parquet"]}, expect="duplicates")[0]
    done = interleave(cases, size.rounds)
    return [
        *(_over_copy(done, size, name, spent) for name in files),
        _again(done, size),
        _memory(files["CSV"], size),
        *_pages(size),
    ]


def _over_copy(done: Rounds, size: Size, case: str, spent: dict[str, float]) -> Figure:
    rate, base = size.calls / done.median(case), size.calls / done.median("copy")
    details = {"rows_per_second": rate, "copy_rows_per_second": base, "seconds": done.seconds}
    if case == "CSV":
        details["spent"] = spent
    return Figure(
        f"import of {size.calls:,} charges from {case}, over bare COPY (rows/s)",
        done.ratio("copy", case),
        f"{rate:,.0f} rows/s over {base:,.0f}",
        size.rounds,
        done.loads,
        details=details,
    )


def _again(done: Rounds, size: Size) -> Figure:
    return Figure(
        f"the same {size.calls:,} charges again over their first import (seconds)",
        done.ratio("again", "Parquet"),
        f"{done.median('again'):.2f} s over {done.median('Parquet'):.1f} s",
        size.rounds,
        done.loads,
    )


def _memory(path: Path, size: Size) -> Figure:
    empty_ledger()
    worker = Worker(path, SOURCE)
    worker.go()
    told = worker.result()
    peak, idle = told["peak_kb"] / 1024, told["idle_kb"] / 1024
    return Figure(
        f"peak memory of an import of {size.calls:,} charges, over the process before it",
        Ratio(peak / idle, peak / idle, peak / idle),
        f"{peak:.0f} MiB (VmHWM) over {idle:.0f}",
        1,
        [],
        details=told,
    )


def _pages(size: Size) -> list[Figure]:
    """Compare pages over the imported month with one that looks a row up."""
    client = signed_in()
    requests: dict[str, list[float]] = {name: [] for name in (*PAGES, "look-up")}

    def case(name: str, address: str) -> Case:
        def work() -> float:
            taken = [seconds_of(lambda: get(client, address)) for _ in range(REQUESTS)]
            requests[name] += taken
            return median(taken)

        return work

    cases = {name: case(name, address) for name, address in PAGES.items()}
    cases["look-up"] = case("look-up", LOOK_UP)
    for warm_up in cases.values():
        warm_up()
    for taken in requests.values():
        taken.clear()
    done = interleave(cases, size.rounds)
    return [
        Figure(
            f"{size.calls:,} charges: page {name}, over a page that looks one row up",
            done.ratio(name, "look-up"),
            f"p95 {percentile(requests[name], 95) * 1000:.0f} ms,"
            f" median {median(requests[name]) * 1000:.0f} ms",
            size.rounds,
            done.loads,
        )
        for name in PAGES
    ]


def _import(path: Path) -> Callable[[], float]:
    def case() -> float:
        empty_ledger()
        return run_workers({SOURCE: path})[0]

    return case


def _import_here(path: Path) -> None:
    from ingest.foreground import import_files

    import_files([str(path)], {"source": SOURCE}, quiet=True)


def _export(size: Size) -> Path:
    """Write the charges as published, once, as text that COPY reads."""
    path = folder() / f"charges-{size.calls}.copy"
    with (
        connection.cursor() as cursor,
        path.open("wb") as out,
        cursor.copy("COPY (SELECT * FROM charges ORDER BY line) TO STDOUT") as rows,
    ):
        for block in rows:
            out.write(block)
    return path


def _copy(path: Path) -> float:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_bare")
        cursor.execute("CREATE UNLOGGED TABLE bench_bare (LIKE charges)")
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
