"""``manage.py parity``: do the rollups agree with the calls, to the last digit?"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from finops.management.base import CostlineCommand
from finops.rollups.parity import Difference, Parity, parity


class Command(CostlineCommand):
    """List what differs; exit 1 when something does that no refresh will mend."""

    help = "Compare every rollup with the calls, to the last digit."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare ``--json``."""
        parser.add_argument("--json", action="store_true")

    def handle(self, *_: Any, **options: Any) -> None:
        """Compare; nothing is refreshed first, so that what is stale is seen as such."""
        found = parity()
        if options["json"]:
            self.stdout.write(json.dumps(found.as_json()))
        else:
            self._tell(found)
        if not found.holds:
            sys.exit(1)

    def _tell(self, found: Parity) -> None:
        if found.differences:
            Console().print(_as_table(found.differences))
        for table, rows in found.rows.items():
            self.stdout.write(f"{table}: {rows:,} rows differ")
        if found.marks:
            self.stdout.write(
                f"{found.marks:,} stale marks wait for a refresh,"
                f" {found.stale_from:%Y-%m-%d %H:%M} to {found.stale_to:%Y-%m-%d %H:%M} UTC"
            )
        if found.holds:
            but = " but for what is stale" if found.marks else ""
            self.stdout.write(f"the rollups agree with the calls{but}")


def _as_table(differences: tuple[Difference, ...]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("table", "key", "measure", "rollup", "calls", "stale"):
        table.add_column(name)
    for each in differences:
        key = " ".join(f"{name}={value}" for name, value in each.key.items())
        sides = (side if side is not None else "-" for side in (each.rollup, each.calls))
        stale = "yes" if each.pending else ""
        table.add_row(*map(Text, (each.table, key, each.measure, *sides, stale)))
    return table
