"""``manage.py reconcile``: metered against billed, per provider, in parts that sum exactly."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.utils import timezone
from rich.console import Console
from rich.table import Table
from rich.text import Text

from finops.domain.money import plain
from finops.management.base import CostlineCommand
from finops.models import Organization, Reconciliation
from finops.models.reconciliation import PARTS
from finops.reconciliation.computing import reconcile
from finops.reconciliation.report import as_json, parse_period
from finops.reconciliation.settling import difference
from finops.rollups.refresh import refresh


class Command(CostlineCommand):
    """Compare a month's bills with its calls."""

    help = "Compare bills with calls, and say why they differ."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options of CONTRACT 6."""
        parser.add_argument("--period", required=True, metavar="MONTH", help="2026-10")
        parser.add_argument("--provider", metavar="NAME")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Work off what is stale first: a command answers for everything that was published."""
        month = parse_period(options["period"])
        refresh()
        rows = reconcile(month, now=timezone.now(), provider=options["provider"])
        answer = as_json(month, rows)
        if options["json"]:
            self.stdout.write(json.dumps(answer))
        else:
            _print(rows, answer["providers"])


def _print(rows: Sequence[Reconciliation], told: Sequence[dict[str, Any]]) -> None:
    if not rows:
        Console().print("No calls and no bills of that month.")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(f"amounts in {Organization.current().currency}")
    for row in rows:
        table.add_column(Text(row.provider), justify="right")
    for name in ("metered", *PARTS, "billed"):
        amounts = [getattr(row, name) for row in rows]
        table.add_row(name.replace("_", " "), *("" if a is None else plain(a) for a in amounts))
    gaps = [difference(row) for row in rows]
    table.add_row("difference", *("" if gap is None else plain(gap) for gap in gaps))
    table.add_row("status", *(each["status"].replace("_", " ") for each in told))
    Console().print(table)
