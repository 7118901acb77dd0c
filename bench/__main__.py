"""``python -m bench``: CONTRACT 8, as a table and as a file.

Everything happens in a data folder of its own, in a server of its own; what ``DATABASE_URL`` or
``COSTLINE_DATA_DIR`` name is never touched.
"""

from __future__ import annotations

import argparse
import importlib
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bench.ground import REPOSITORY, SIZES, Size, prepare
from bench.rounds import Figure

#: Modules of one figure each, cheap ones first.
FIGURES: Final = (
    "imports",
    "replay",
    "refresh",
    "memory",
    "push",
    "reads",
    "pages",
    "budgets",
    "bills",
    "attribution",
)


def main() -> None:
    """Measure what was asked for, and report it even when a later figure fails."""
    options = _options()
    size: Size = SIZES[options.size]
    started = datetime.now(UTC)
    prepare(options.data_dir)
    from bench import report

    figures: list[Figure] = []
    try:
        for name in options.only:
            print(f"measuring {name} …", flush=True)
            figures += importlib.import_module(f"bench.{name}").figures(size)
    finally:
        report.show(figures)
        report.write(figures, size=size, started=started)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure Costline.")
    parser.add_argument("--size", choices=SIZES, default="1m")
    parser.add_argument(
        "--only", type=_names, default=list(FIGURES), metavar=",".join(FIGURES), help="some of them"
    )
    parser.add_argument(
        "--data-dir",
        type=Path,
        default=os.environ.get("COSTLINE_BENCH_DATA_DIR") or REPOSITORY / "var" / "bench",
        help="where the benchmark's own database lives (default: var/bench)",
    )
    return parser.parse_args()


def _names(text: str) -> list[str]:
    names = text.split(",")
    if unknown := set(names) - set(FIGURES):
        raise argparse.ArgumentTypeError(f"unknown: {', '.join(sorted(unknown))}")
    return names


if __name__ == "__main__":
    main()
