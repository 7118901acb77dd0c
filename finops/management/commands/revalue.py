"""``manage.py revalue``: price or attribute history again, with preview and undo."""

from __future__ import annotations

import json
import sys
import time
from argparse import ArgumentParser
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.utils import timezone
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from finops.domain.dimensions import parse_filter
from finops.domain.periods import day_start, parse_day
from finops.management.base import CostlineCommand
from finops.models import LeaseLost, Organization, Revaluation
from finops.revaluation.apply import run_revaluation
from finops.revaluation.plan import queue_revaluation, request_apply
from finops.revaluation.report import as_json, as_sentence
from finops.revaluation.scope import Scope
from finops.revaluation.undo import undo_revaluation
from finops.rollups.refresh import refresh

_BY: Final = "command line"
#: What a preview shows: its dimensions, and the measures of each.
_SHOWN: Final = {
    "calls": (("team", "model"), ("cost", "calls")),
    "charges": (
        ("team", "feature", "customer", "workflow", "kind", "provider"),
        ("billed", "effective", "charges"),
    ),
}
_UNDER_WAY: Final = ("queued", "running")
_SCOPE_OPTIONS: Final = ("price", "attribution", "charges", "since", "until", "filter", "unpriced")


class Command(CostlineCommand):
    """Preview a revaluation, apply it, undo it, or list all that were."""

    help = (
        "Price and/or attribute calls again, or decide upon charges of bills again:"
        " a preview, unless --apply is given."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the scope of a new run, and what to do with it or with an older one."""
        parser.add_argument("--price", action="store_true", help="by today's price book")
        parser.add_argument("--attribution", action="store_true", help="by today's rules")
        parser.add_argument("--charges", action="store_true", help="charges, by today's rules")
        parser.add_argument(
            "--since", metavar="DATE", help="inclusive, in the reporting zone; of charges in UTC"
        )
        parser.add_argument("--until", metavar="DATE", help="exclusive, likewise")
        parser.add_argument("--filter", action="append", default=[], metavar="DIM=VALUE")
        parser.add_argument("--unpriced", action="store_true", help="only calls without a cost")
        parser.add_argument("--reason", default="")
        parser.add_argument("--force", action="store_true", help="accept another outcome")
        action = parser.add_mutually_exclusive_group()
        action.add_argument("--apply", nargs="?", type=int, const=0, metavar="ID")
        action.add_argument("--undo", type=int, metavar="ID")
        action.add_argument("--list", action="store_true")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do the one action; exit with 1 when nothing came of it."""
        if options["list"]:
            self._list(as_lines=not options["json"])
            return
        job = self._undo(options) if options["undo"] is not None else self._run(options)
        if options["json"]:
            self.stdout.write(json.dumps(as_json(job)))
        else:
            self.stdout.write(as_sentence(job))
            if job.state == "previewed":
                _print_preview(job)
        if job.error:
            sys.exit(1)

    def _list(self, *, as_lines: bool) -> None:
        jobs = Revaluation.objects.on_record().order_by("-pk")
        if as_lines:
            for job in jobs:
                self.stdout.write(as_sentence(job))
        else:
            self.stdout.write(json.dumps({"revaluations": [as_json(job) for job in jobs]}))

    def _undo(self, options: dict[str, Any]) -> Revaluation:
        _refuse_scope(options)
        job = undo_revaluation(
            _stored(options["undo"]), by=_BY, now=timezone.now(), reason=options["reason"]
        )
        refresh()
        return job

    def _run(self, options: dict[str, Any]) -> Revaluation:
        if options["apply"]:
            _refuse_scope(options)
            job = _stored(options["apply"])
        else:
            job = _queued(options)
        if options["apply"] is not None:
            request_apply(job, by=_BY, now=timezone.now(), force=options["force"], reserved=True)
        with Progress(disable=options["json"] or not sys.stderr.isatty(), transient=True) as bar:
            _to_its_end(job, bar)
        if job.applied_at:
            refresh()
        return job


def _to_its_end(job: Revaluation, bar: Progress) -> None:
    """Run the job, or wait for the worker that took it up first."""
    rows = "charges" if Revaluation.CHARGES in job.parts else "calls"
    task = bar.add_task(f"{job}: {rows} read", total=None)
    while True:
        try:
            run_revaluation(
                job,
                clock=timezone.now,
                progress=lambda read: bar.update(task, completed=read),
            )
        except LeaseLost:
            job.refresh_from_db()
            job.lease_token = None  # that worker's, and not ours to take
        if job.state not in _UNDER_WAY:
            return
        if job.error:
            return
        time.sleep(1)


def _queued(options: dict[str, Any]) -> Revaluation:
    """Write a new run down. Raises ValueError for a scope that cannot be read."""
    filters: defaultdict[str, list[str]] = defaultdict(list)
    for text in options["filter"]:
        dimension, value = parse_filter(text)
        filters[dimension].append(value)
    zone = ZoneInfo("UTC") if options["charges"] else Organization.current().zone
    since, until = (
        day_start(parse_day(options[name]), zone) if options[name] else None
        for name in ("since", "until")
    )
    return queue_revaluation(
        parts=[part for part in (*Revaluation.PARTS, Revaluation.CHARGES) if options[part]],
        scope=Scope(since=since, until=until, filters=filters, unpriced_only=options["unpriced"]),
        now=timezone.now(),
        by=_BY,
        reason=options["reason"],
        reserved=True,
    )


def _stored(revaluation_id: int) -> Revaluation:
    try:
        return Revaluation.objects.get(pk=revaluation_id)
    except Revaluation.DoesNotExist:
        raise ValueError(f"there is no revaluation {revaluation_id}") from None


def _refuse_scope(options: dict[str, Any]) -> None:
    given = [name for name in _SCOPE_OPTIONS if options[name]]
    if given:
        raise ValueError(f"--{given[0]} belongs to a new run; a stored one has its own scope")


def _print_preview(job: Revaluation) -> None:
    """Show what moves, by dimension, exact."""
    console = Console()
    of_charges = Revaluation.CHARGES in job.parts
    dimensions, measures = _SHOWN["charges" if of_charges else "calls"]
    for name in dimensions:
        groups = [group for group in job.preview[f"{name}s"] if _moves(group)]
        if not groups:
            continue
        table = Table(box=None, pad_edge=False, header_style="bold")
        table.add_column(name)
        for measure in measures:
            table.add_column(f"{measure} before", justify="right")
            table.add_column(f"{measure} after", justify="right")
        for group in groups:
            name_or_others = group[name] or f"{group['groups']} others"
            table.add_row(Text(name_or_others), *_cells(group, measures))
        console.print(table)
    console.print(f"nothing is changed yet: python manage.py revalue --apply {job.pk}")


def _moves(group: dict[str, Any]) -> bool:
    return any(
        group[name] != group[name.replace("_before", "_after")]
        for name in group
        if name.endswith("_before")
    )


def _cells(group: dict[str, Any], measures: tuple[str, ...]) -> Iterator[str]:
    for measure in measures:
        for value in (group[f"{measure}_before"], group[f"{measure}_after"]):
            yield f"{value:,}" if isinstance(value, int) else value or "unpriced"
