"""``manage.py runs WORKFLOW``: the dearest or latest runs of a workflow."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from finops.domain.money import plain
from finops.domain.periods import parse_day
from finops.management.base import CostlineCommand
from finops.management.terminal import print_runs
from finops.models import Organization
from finops.rollups.refresh import refresh
from finops.rollups.runs import ORDERS, cost_percentiles, runs_of


class Command(CostlineCommand):
    """Print a table or JSON."""

    help = "List runs with at least one call of a workflow."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options of CONTRACT 3."""
        parser.add_argument("workflow")
        parser.add_argument("--since", metavar="DATE")
        parser.add_argument("--until", metavar="DATE")
        parser.add_argument("--limit", type=int, default=50)
        parser.add_argument("--order", default="cost", choices=ORDERS)
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Work off what is stale first, then list."""
        refresh()
        since, until = (options[name] and parse_day(options[name]) for name in ("since", "until"))
        workflow = options["workflow"]
        runs = runs_of(
            workflow, since=since, until=until, order=options["order"], limit=options["limit"]
        )
        if not options["json"]:
            print_runs(runs, Organization.current().currency)
            return
        percentiles = cost_percentiles(workflow, since=since, until=until)
        answer = {
            "runs": [run.as_json() for run in runs],
            "cost_percentiles": {name: plain(cost) for name, cost in percentiles.items()},
        }
        self.stdout.write(json.dumps(answer))
