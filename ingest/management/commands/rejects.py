"""``manage.py rejects IMPORT_ID``: what an import could not read, and why."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from finops.management.base import UNUSABLE, CostlineCommand
from ingest.models import Import
from ingest.rejects import rejects


class Command(CostlineCommand):
    """Print JSON lines, in file order."""

    help = "Print the rejected rows of an import as JSON lines."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the import's number."""
        parser.add_argument("import_id", type=int)

    def handle(self, *args: Any, **options: Any) -> None:
        """Print one line per row."""
        import_id = options["import_id"]
        if not Import.objects.filter(pk=import_id).exists():
            raise CommandError(f"there is no import {import_id}", returncode=UNUSABLE)
        for reject in rejects(import_id):
            self.stdout.write(json.dumps(reject))
