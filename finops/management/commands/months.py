"""``manage.py months``: which months are closed; close one, or open the latest again."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from datetime import datetime
from typing import Any, Final

from django.core.management.base import CommandError
from django.utils import timezone
from rich.console import Console
from rich.table import Table
from rich.text import Text

from finops.allocation.report import parse_month
from finops.closing.closing import close, prepare, reopen
from finops.closing.listing import Month, months
from finops.closing.refusals import CloseRefused
from finops.management.base import CostlineCommand

_BY: Final = "command line"


class Command(CostlineCommand):
    """List months, and close or reopen one; what is not done can be overridden with a reason."""

    help = "List months; close one, or open the latest closed one again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        act = parser.add_mutually_exclusive_group()
        act.add_argument("--close", metavar="2026-10", help="close this month")
        act.add_argument("--reopen", metavar="2026-10", help="open this month again")
        act.add_argument("--check", metavar="2026-10", help="go through this month’s checklist")
        parser.add_argument("--reason", default="", help="why; it stays on record")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what is asked for, then list the months."""
        now = timezone.now()
        if options["check"]:
            self._check(options, now)
            return
        try:
            if options["close"]:
                month = parse_month(options["close"])
                close(month, by=_BY, reason=options["reason"], now=now)
            elif options["reopen"]:
                month = parse_month(options["reopen"])
                reopen(month, by=_BY, reason=options["reason"], now=now)
        except CloseRefused as error:
            raise CommandError(str(error)) from error
        listed = months(now=now)
        if options["json"]:
            self.stdout.write(json.dumps({"months": [each.as_json() for each in listed]}))
        else:
            _print(listed)

    def _check(self, options: dict[str, Any], now: datetime) -> None:
        items = prepare(parse_month(options["check"]), now=now).checklist
        if options["json"]:
            self.stdout.write(json.dumps({"month": options["check"], **items.as_json()}))
            return
        for item in items.items:
            mark = "done" if item.is_done else "open" if item.may_be_overridden else "stop"
            self.stdout.write(f"{mark}  {item.title}: {item.words}")


def _print(listed: list[Month]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("month", "state", "version", "by", "figures"):
        table.add_column(name)
    for each in listed:
        held = each.current
        told = (str(held.version), held.closed_by, held.sha256[:12]) if held else ("", "", "")
        table.add_row(f"{each.month:%Y-%m}", each.state, *(Text(text) for text in told))
    Console().print(table)
