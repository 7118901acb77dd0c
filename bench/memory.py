"""(e) Memory: the peak of an import process, and all of an idle stack."""

from __future__ import annotations

import time
from typing import Final

from django.db import connection

from bench import stack
from bench.ground import Size, Worker, empty_ledger, usage_file
from bench.rounds import Figure, Ratio

#: Seconds after which the stack has answered, looked for work, and rests.
SETTLE: Final = 15.0


def figures(size: Size) -> list[Figure]:
    """Measure both once: memory does not vary as time does."""
    return [_import(size), _idle_stack()]


def _import(size: Size) -> Figure:
    empty_ledger()
    worker = Worker(usage_file(size), "bench")
    worker.go()
    told = worker.result()
    peak, idle = told["peak_kb"] / 1024, told["idle_kb"] / 1024
    return Figure(
        f"peak memory of an import of {size.calls:,} rows, over the process before it",
        Ratio(peak / idle, peak / idle, peak / idle),
        f"{peak:.0f} MiB (VmHWM) over {idle:.0f}",
        1,
        [],
        details=told,
    )


def _idle_stack() -> Figure:
    connection.close()
    with stack.running() as running:
        time.sleep(SETTLE)
        shares = running.pss_mb()
    told = ", ".join(f"{name} {share:.0f}" for name, share in shares.items())
    return Figure(
        "memory of the idle stack (PSS)",
        None,
        f"{sum(shares.values()):.0f} MiB ({told})",
        1,
        [],
        details=shares,
    )
