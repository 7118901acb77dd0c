"""(b) The same file again: everything is known already."""

from __future__ import annotations

from bench.ground import Size, empty_ledger, run_workers, usage_file
from bench.rounds import Figure, interleave


def figures(size: Size) -> list[Figure]:
    """Import a file, and import it again."""
    jobs = {"bench": usage_file(size)}

    def first() -> float:
        empty_ledger()
        return run_workers(jobs)[0]

    def again() -> float:
        return run_workers(jobs, expect="duplicates")[0]

    done = interleave({"first": first, "again": again}, size.rounds)
    rate, base = (size.calls / done.median(case) for case in ("again", "first"))
    return [
        Figure(
            f"replay of {size.calls:,} rows over their first import (seconds)",
            done.ratio("again", "first"),
            f"{rate:,.0f} rows/s over {base:,.0f}",
            size.rounds,
            done.loads,
            details={"seconds": done.seconds},
        )
    ]
