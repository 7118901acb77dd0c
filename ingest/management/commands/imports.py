"""``manage.py imports list|delete|cancel``: the record of what came in."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from finops.management.base import CostlineCommand
from finops.rollups.refresh import refresh
from ingest.deletion import cancel_import, delete_import
from ingest.models import Import
from ingest.report import as_json, as_sentence


class Command(CostlineCommand):
    """List imports, delete one with what only it brought, or cancel one under way."""

    help = "List, delete or cancel imports."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the sub-commands."""
        actions = parser.add_subparsers(dest="action", required=True)
        listing = actions.add_parser("list")
        listing.add_argument("--limit", type=int, default=50)
        listing.add_argument("--json", action="store_true")
        for name in ("delete", "cancel"):
            actions.add_parser(name).add_argument("import_id", type=int)

    def handle(self, *args: Any, **options: Any) -> None:
        """Do the one action."""
        if options["action"] == "list":
            self._list(options)
        elif options["action"] == "cancel":
            runs = cancel_import(options["import_id"], now=timezone.now())
            how = "will stop at its next batch" if runs else "is cancelled"
            self.stdout.write(f"import {options['import_id']} {how}")
        else:
            deleted = delete_import(options["import_id"], now=timezone.now(), by="command line")
            refresh()
            self.stdout.write(
                f"import {options['import_id']} deleted: {deleted.removed:,} calls removed,"
                f" {deleted.kept:,} kept because other imports brought them too"
            )

    def _list(self, options: dict[str, Any]) -> None:
        jobs = Import.objects.select_related("source").order_by("-pk")[: options["limit"]]
        if options["json"]:
            self.stdout.write(json.dumps({"imports": [as_json(job) for job in jobs]}))
            return
        for job in jobs:
            self.stdout.write(as_sentence(job))
