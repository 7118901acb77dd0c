"""``manage.py caps``: the caps of workflows, and the runs that went beyond them."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils import timezone
from rich.console import Console
from rich.table import Table
from rich.text import Text

from finops.caps.check import check_caps
from finops.caps.kinds import KINDS, kind_named, read_limit
from finops.caps.setting import set_caps
from finops.caps.standing import Standing, asked_window, head, report, standing, standings
from finops.caps.words import of_all
from finops.domain import display
from finops.domain.money import plain
from finops.domain.periods import parse_day
from finops.domain.windows import Window
from finops.management.base import CostlineCommand
from finops.models import Organization
from finops.rollups.refresh import refresh

_BY: Final = "command line"
#: Violations that an answer lists at most for a workflow, the latest.
MOST: Final = 1_000


class Command(CostlineCommand):
    """List caps with what is beyond them, set some, or lift some. Caps warn; they stop nothing."""

    help = "List, set and lift the caps of workflows."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options of the list, and the sub-commands."""
        parser.add_argument("--workflow")
        parser.add_argument("--since", metavar="DATE", help="30 days ago unless said")
        parser.add_argument("--until", metavar="DATE", help="tomorrow unless said")
        parser.add_argument("--json", action="store_true")
        actions = parser.add_subparsers(dest="action")
        setting = actions.add_parser("set", help="set or change caps of a workflow")
        setting.add_argument("to", metavar="WORKFLOW")
        for kind in KINDS.values():
            setting.add_argument(
                f"--{kind.name.replace('_', '-')}", metavar="LIMIT", help=kind.help
            )
        setting.add_argument("--reason", default="", help="needed to change a cap that is set")
        lifting = actions.add_parser("lift", help="lift caps of a workflow")
        lifting.add_argument("to", metavar="WORKFLOW")
        lifting.add_argument("kinds", metavar="KIND", nargs="*", help="all of them unless said")
        lifting.add_argument("--reason", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        """Do the one thing, after everything stale is worked off."""
        now = timezone.now()
        refresh()
        if options["action"] == "set":
            limits = {
                kind.name: read_limit(kind, options[kind.name])
                for kind in KINDS.values()
                if options[kind.name] is not None
            }
            if not limits:
                raise ValueError("say which cap: --run-cost 5, for example")
            self._change(options, limits, now)
        elif options["action"] == "lift":
            named = options["kinds"] or list(KINDS)
            self._change(options, {kind_named(name).name: None for name in named}, now)
        else:
            check_caps(now)
            self._list(options, now)

    def _change(self, options: dict[str, Any], limits: dict[str, Any], now: datetime) -> None:
        """Set or lift, hold the last month's runs against what is new, and say what came of it."""
        changes = set_caps(options["to"], limits, reason=options["reason"], by=_BY, now=now)
        check_caps(now)
        currency = Organization.current().currency
        for change in changes:
            kind = KINDS[change.kind]
            if change.now is None:
                self.stdout.write(f"{kind.label}: no cap any more")
                continue
            self.stdout.write(f"{kind.label}: {kind.limit(change.now, currency)}")
        if not changes:
            self.stdout.write("Nothing changed: it is so already.")

    def _list(self, options: dict[str, Any], now: datetime) -> None:
        since, until = (options[name] and parse_day(options[name]) for name in ("since", "until"))
        organization = Organization.current()
        window = asked_window(since, until, now, organization.zone)
        workflow, currency = options["workflow"], organization.currency
        if workflow and options["json"]:
            self.stdout.write(json.dumps(report(workflow, window, currency, listed=MOST)))
            return
        found = [standing(workflow, window)] if workflow else standings(window, listed=MOST)
        if not options["json"]:
            _print(found, window, currency)
            return
        told = {"workflows": [each.as_json() for each in found]}
        self.stdout.write(json.dumps(head(window, currency) | told))


def _print(found: list[Standing], window: Window, currency: str) -> None:
    if not any(each.caps for each in found):
        Console().print("No caps are set.")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("workflow", "cap", "runs beyond it"):
        table.add_column(name)
    table.add_column(f"beyond ({currency})", justify="right")
    for each in found:
        for cap in each.caps:
            table.add_row(
                Text(each.workflow),
                cap.kind.limit(cap.cap.limit, currency),
                of_all(cap, each.runs),
                "" if cap.beyond is None else plain(cap.beyond),
            )
    Console().print(table)
    last = window.until - timedelta(days=1)
    Console().print(f"runs that began {display.days(window.since, last)}")
