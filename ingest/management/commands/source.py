"""``manage.py source list|set``: what each source's word is worth."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from finops.management.base import UNUSABLE, CostlineCommand
from finops.models import Source
from finops.rollups.refresh import refresh
from finops.rollups.sources import change_source


class Command(CostlineCommand):
    """Say whether a source is a meter or evidence, which dollar counts, and its time zone."""

    help = "List sources, or change one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the sub-commands."""
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("list")
        change = actions.add_parser("set", help="made when it is new")
        change.add_argument("name")
        change.add_argument("--role", choices=Source.ROLES)
        change.add_argument(
            "--counts", choices=Source.COUNTS, help="for new calls; history: revalue --price"
        )
        change.add_argument("--time-zone", help="assumed for times without a zone")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do the one action."""
        if options["action"] == "set":
            self._set(options)
        for source in Source.objects.order_by("name"):
            zone = f", times without a zone are {source.time_zone}" if source.time_zone else ""
            self.stdout.write(f"{source.name}: {source.role}, counts what is {source.counts}{zone}")

    def _set(self, options: dict[str, Any]) -> None:
        if not any(options[name] for name in ("role", "counts", "time_zone")):
            raise CommandError(
                "say what to change: --role, --counts, --time-zone", returncode=UNUSABLE
            )
        changed = change_source(
            options["name"],
            role=options["role"] or "",
            counts=options["counts"] or "",
            time_zone=options["time_zone"] or None,
        )
        if changed.moved:
            refresh()
