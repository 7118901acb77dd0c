"""``manage.py allocate``: split a month's shared cost, and publish the statement."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any, Final

from django.core.management.base import CommandError
from django.utils import timezone
from rich.console import Console
from rich.table import Table
from rich.text import Text

from finops.allocation.inputs import BASES, USUAL_BASIS, USUAL_DIMENSION
from finops.allocation.report import as_json, parse_month
from finops.allocation.running import preview, publish
from finops.allocation.statement import Statement
from finops.allocation.words import NOTES
from finops.attribution.refusals import ChangedMeanwhile
from finops.domain import display
from finops.management.base import CostlineCommand
from finops.models.allocation import TARGET_DIMENSIONS
from finops.rollups.refresh import refresh

_BY: Final = "command line"


class Command(CostlineCommand):
    """Allocate one month, or show what allocating it would say."""

    help = "Split a month's shared cost over teams, and publish the statement."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options of CONTRACT 6."""
        parser.add_argument("--period", required=True, metavar="2026-10")
        parser.add_argument("--by", default=USUAL_DIMENSION, choices=TARGET_DIMENSIONS)
        parser.add_argument("--basis", default=USUAL_BASIS, choices=BASES)
        parser.add_argument("--preview", action="store_true", help="publish nothing")
        parser.add_argument("--reason", default="", help="why; it stays on record")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Allocate after everything stale is worked off."""
        month = parse_month(options["period"])
        question = (month, options["by"], options["basis"])
        refresh()
        if options["preview"]:
            statement, done = preview(*question), "Nothing is published."
        else:
            try:
                made = publish(*question, now=timezone.now(), by=_BY, reason=options["reason"])
            except ChangedMeanwhile as error:
                raise CommandError("Somebody else changed it meanwhile. Try again.") from error
            statement = made.statement
            done = f"Published as version {statement.version}."
            if not made.is_new:
                done = f"Version {statement.version} says the same and stays in force."
        if options["json"]:
            self.stdout.write(json.dumps(as_json(statement)))
        else:
            _print(statement, done)


def _print(statement: Statement, done: str) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(statement.dimension)
    for name in ("direct", "allocated", f"total ({statement.currency})"):
        table.add_column(name, justify="right")
    for row in statement.targets:
        table.add_row(
            Text(row.target),
            *(f"{amount:,.2f}" for amount in (row.direct, row.allocated, row.total)),
        )
    if statement.unallocated:
        table.add_row(Text("unallocated"), "", "", f"{statement.unallocated:,.2f}")
    console = Console()
    console.print(table)
    for line in statement.lines:
        for note in line.notes:
            console.print(Text(f"{line.name}: {NOTES[note]}"))
    for each in statement.residuals:
        console.print(Text(f"{each.name}: {display.money(each.amount, statement.currency)}"))
    console.print(f"{statement.total_in:,f} in, {statement.total_out:,f} out. {done}")
