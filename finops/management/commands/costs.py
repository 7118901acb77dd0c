"""``manage.py costs --by DIM``: what calls cost, from the rollups."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections import defaultdict
from typing import Any

from finops.domain.dimensions import parse_dimensions, parse_filter
from finops.domain.periods import GRAINS, parse_day
from finops.domain.tabular import as_csv
from finops.management.base import CostlineCommand
from finops.management.terminal import print_table
from finops.rollups.queries import BASES, Scope, costs
from finops.rollups.refresh import refresh


class Command(CostlineCommand):
    """Print a table, JSON or CSV."""

    help = "Show cost by any dimensions, at any grain."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options of CONTRACT 3."""
        parser.add_argument("--by", default="", metavar="DIM[,DIM…]")
        parser.add_argument("--grain", default="total", choices=GRAINS)
        parser.add_argument("--since", metavar="DATE", help="inclusive, in the reporting zone")
        parser.add_argument("--until", metavar="DATE", help="exclusive, in the reporting zone")
        parser.add_argument("--filter", action="append", default=[], metavar="DIM=VALUE")
        parser.add_argument("--basis", default="metered", choices=BASES)
        shape = parser.add_mutually_exclusive_group()
        shape.add_argument("--json", action="store_true")
        shape.add_argument("--csv", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Work off what is stale first: a command answers for everything that was published."""
        refresh()
        answer = costs(scope_of(options))
        if options["json"]:
            self.stdout.write(json.dumps(answer.as_json()))
        elif options["csv"]:
            self.stdout.write(as_csv(*answer.as_table()), ending="")
        else:
            print_table(answer)


def scope_of(options: dict[str, Any]) -> Scope:
    """Read a scope from command options. Raises ValueError for what cannot be read."""
    filters: defaultdict[str, list[str]] = defaultdict(list)
    for text in options["filter"]:
        dimension, value = parse_filter(text)
        filters[dimension].append(value)
    return Scope(
        by=parse_dimensions(options["by"]),
        grain=options["grain"],
        since=parse_day(options["since"]) if options["since"] else None,
        until=parse_day(options["until"]) if options["until"] else None,
        filters=filters,
        basis=options["basis"],
    )
