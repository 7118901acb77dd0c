"""The table on the screen, and ``bench/results/latest.json``."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from django.db import connection
from rich.console import Console
from rich.table import Table

from bench.ground import REPOSITORY, Size
from bench.rounds import Figure, Ratio

LATEST: Final = REPOSITORY / "bench" / "results" / "latest.json"


def show(figures: list[Figure]) -> None:
    """Print one line per figure, and where the time went for those that know."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("figure", "ratio", "range"):
        table.add_column(name, justify="left" if name == "figure" else "right")
    for name in ("measured", "rounds", "load"):
        table.add_column(name)
    for each in figures:
        name = f"{each.name}\n  {each.notes}" if each.notes else each.name
        load = f"{min(each.loads)}–{max(each.loads)}" if each.loads else ""
        table.add_row(name, *_told(each.ratio), each.absolute, str(each.rounds), load)
    console = Console()
    if not console.is_terminal:
        console = Console(width=150)
    console.print(table)
    for each in figures:
        if spent := each.details.get("spent"):
            console.print(_spent(each.name, spent))


def _told(ratio: Ratio | None) -> tuple[str, str]:
    if ratio is None:
        return "", ""
    return _short(ratio.median), f"{_short(ratio.low)}–{_short(ratio.high)}"


def _short(number: float) -> str:
    return f"{number:.3f}" if number < 10 else f"{number:,.0f}"


def _spent(name: str, spent: dict[str, float]) -> Table:
    table = Table(title=f"\n{name}: where the time goes", box=None, title_justify="left")
    table.add_column("part")
    table.add_column("seconds", justify="right")
    table.add_column("share", justify="right")
    total = sum(spent.values())
    for part, seconds in spent.items():
        if seconds >= total / 1000:
            table.add_row(part, f"{seconds:.3f}", f"{seconds / total:.1%}")
    return table


def write(figures: list[Figure], *, size: Size, started: datetime) -> None:
    """Keep everything, for comparison with the next run."""
    LATEST.parent.mkdir(exist_ok=True)
    told = {
        "started": started.isoformat(timespec="seconds"),
        "size": size.name,
        "machine": _machine(),
        "figures": [asdict(each) for each in figures],
    }
    LATEST.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def _machine() -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        (version,) = cursor.fetchone()
    return {
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "architecture": platform.machine(),
        "python": platform.python_version(),
        "postgresql": version,
        "load": os.getloadavg(),
    }
