"""(f) One refresh of the rollups per so many new calls, over the time that importing them took."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from bench import statements
from bench.ground import Size, cut, empty_ledger, usage_file
from bench.rounds import Figure, interleave, seconds_of


def figures(size: Size) -> list[Figure]:
    """Let most of a file be there already; then its newest calls arrive, chunk by chunk."""
    from finops.rollups.refresh import refresh
    from ingest.foreground import import_files

    chunks = size.rounds + 1
    base, *new = cut(usage_file(size), [size.calls - chunks * size.chunk, *[size.chunk] * chunks])
    empty_ledger()
    import_files([str(base)], {"source": "bench"}, quiet=True)
    paths: Iterator[Path] = iter(new)
    spent = statements.measure(lambda: _import_and_refresh(next(paths)))
    done = interleave(
        {
            "import": lambda: seconds_of(lambda: _import(next(paths))),
            "refresh": lambda: seconds_of(refresh),
        },
        size.rounds,
    )
    return [
        Figure(
            f"refresh per {size.chunk:,} new calls over their import (seconds)",
            done.ratio("refresh", "import"),
            f"{done.median('refresh'):.3f} s over {done.median('import'):.3f} s",
            size.rounds,
            done.loads,
            notes=f"{size.calls:,} calls over {size.days} days are there already",
            details={
                "seconds": done.seconds,
                "spent": spent,
            },
        )
    ]


def _import(path: Path) -> None:
    from ingest.pipeline import queue_import, run_import

    options = {"source": "bench"}
    run_import(queue_import(str(path), options, now=datetime.now(UTC), reserved=True))


def _import_and_refresh(path: Path) -> None:
    from finops.rollups.refresh import refresh

    _import(path)
    refresh()
