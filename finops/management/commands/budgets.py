"""``manage.py budgets``: where budgets stand, and drawing their lines."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from finops.budgets import editing
from finops.budgets.record import history
from finops.budgets.refusals import BudgetRefused
from finops.budgets.report import as_json, parse_instant, report, report_of
from finops.budgets.scope import read_scope
from finops.budgets.setting import alter, find_budget, make
from finops.domain.budget_periods import PERIOD_KINDS
from finops.domain.periods import parse_day
from finops.management.base import UNUSABLE, CostlineCommand
from finops.management.budget_tables import print_budgets, print_history
from finops.models import Budget
from finops.models.budgets import BUDGET_BASES
from finops.rollups.refresh import refresh

#: Who signs what is set at a terminal.
_BY = "command line"


class Command(CostlineCommand):
    """Report, set, stop and look back."""

    help = "Show where budgets stand, or set one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options of CONTRACT 5."""
        parser.add_argument("--as-of", metavar="INSTANT", help="2026-11-20T14:00:00Z; default now")
        parser.add_argument("--json", action="store_true")
        actions = parser.add_subparsers(dest="action", metavar="set | history | stop")
        self._add_set(actions.add_parser("set", help="make a budget, or draw its lines anew"))
        shown = actions.add_parser("history", help="how its periods stood, and who drew its lines")
        shown.add_argument("name")
        shown.add_argument("--json", action="store_true")
        stopped = actions.add_parser("stop", help="hold it against nothing from a date on")
        stopped.add_argument("name")
        stopped.add_argument("--from", dest="from_day", required=True, metavar="DATE")

    def _add_set(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--scope", nargs="+", action="extend", metavar="DIM=VALUE")
        for amount in ("yellow", "red", "planned"):
            parser.add_argument(f"--{amount}", metavar="AMOUNT")
        parser.add_argument("--basis", choices=BUDGET_BASES)
        parser.add_argument("--period", choices=PERIOD_KINDS)
        parser.add_argument("--effective-from", metavar="DATE")
        parser.add_argument("--workflow-share", metavar="PERCENT|off")
        parser.add_argument("--owner", metavar="EMAIL")
        parser.add_argument("--reason", help="why; it stays on record")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what was asked; a refusal says which option it is about."""
        does = {None: self._show, "set": self._set, "history": self._history, "stop": self._stop}
        refresh()
        try:
            does[options.get("action")](options, timezone.now())
        except BudgetRefused as error:
            option = f"--{error.field.replace('_', '-')}: " if error.field else ""
            raise CommandError(f"{option}{error}", returncode=UNUSABLE) from error

    def _show(self, options: dict[str, Any], now: datetime) -> None:
        as_of = parse_instant(options["as_of"]) if options["as_of"] else None
        rows = report(now, as_of=as_of)
        if options["json"]:
            self.stdout.write(json.dumps(as_json(rows)))
        else:
            print_budgets(rows, as_of or now)

    def _set(self, options: dict[str, Any], now: datetime) -> None:
        names = (
            "yellow",
            "red",
            "planned",
            "basis",
            "period",
            "effective_from",
            "workflow_share",
            "owner",
            "reason",
        )
        given = {name: options[name] for name in names if options[name] is not None}
        if options["scope"]:
            given["scope"] = read_scope(options["scope"])
        known = find_budget(options["name"])
        if known is None or known.stopped_from is not None:
            saved = make({"name": options["name"], **given}, now=now, by=_BY)
        else:
            saved = alter(known, given, now=now, by=_BY)
        for warning in saved.warnings:
            self.stderr.write(warning)
        row = report_of(saved.budget, now)
        if options["json"]:
            self.stdout.write(json.dumps(as_json([row] if row else [])))
        elif row:
            print_budgets([row], now)

    def _history(self, options: dict[str, Any], now: datetime) -> None:
        found = history(_named(options["name"]))
        if options["json"]:
            self.stdout.write(json.dumps(found))
        else:
            print_history(found)

    def _stop(self, options: dict[str, Any], now: datetime) -> None:
        budget = _named(options["name"])
        editing.stop(budget, from_day=parse_day(options["from_day"]), now=now, by=_BY)
        self.stdout.write(f"{budget.name} is not used from {budget.stopped_from} on.")


def _named(name: str) -> Budget:
    found = find_budget(name)
    if found is None:
        raise CommandError(f"there is no budget called {name}", returncode=UNUSABLE)
    return found
