"""``manage.py ingest PATH…``: import files of calls and bills in the foreground."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from django.core.management.base import CommandError
from django.utils import timezone

from finops.management.base import UNUSABLE, CostlineCommand
from ingest.folders import Entry, one_delivery, spelled_out
from ingest.foreground import import_entries
from ingest.models import Import
from ingest.pipeline import check_options
from ingest.report import as_json, as_sentence

_STANDARD_INPUT: Final = "-"


class Command(CostlineCommand):
    """Import files or folders (``-`` is standard input) and say what became of every row."""

    help = "Import files of calls or bills, folders, deliveries or standard input (-)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options of CONTRACT 2."""
        parser.add_argument("paths", nargs="+", metavar="PATH")
        parser.add_argument("--format", default="")
        parser.add_argument("--source", default="")
        parser.add_argument("--mapping", type=Path, metavar="FILE.json")
        parser.add_argument(
            "--delivery", action="store_true", help="all paths are parts of one delivery"
        )
        parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import each file or delivery on its own; exit with the worst status."""
        entries = list(_entries(options["paths"], options))
        jobs = import_entries(entries, _import_options(options), quiet=options["json"])
        if options["json"]:
            self.stdout.write(json.dumps({"imports": [as_json(job) for job in jobs]}))
        else:
            for job in jobs:
                self.stdout.write(as_sentence(job))
        if any(job.status in {Import.FAILED, Import.CANCELLED} for job in jobs):
            sys.exit(1)


def _entries(paths: list[str], options: dict[str, Any]) -> Iterator[Entry]:
    """Spell out folders and deliveries. Raises CommandError for what is not there."""
    for path in paths:
        if path != _STANDARD_INPUT and not Path(path).exists():
            raise CommandError(f"no such file: {path}", returncode=UNUSABLE)
        if not path.isprintable():
            raise CommandError(f"a file name that is no text: {path!r}", returncode=UNUSABLE)
    if options["delivery"]:
        if _STANDARD_INPUT in paths:
            raise CommandError("standard input is no part of a delivery", returncode=UNUSABLE)
        yield one_delivery(list(map(Path, paths)))
        return
    for path in paths:
        if path != _STANDARD_INPUT and Path(path).is_dir():
            yield from spelled_out(Path(path), options["format"])
        else:
            yield Entry(path)


def _import_options(options: dict[str, Any]) -> dict[str, Any]:
    """Check what can be checked before a file is opened. Raises ValueError otherwise."""
    chosen: dict[str, Any] = {"format": options["format"], "source": options["source"]}
    if options["set"]:
        chosen["set"] = dict(_pair(text) for text in options["set"])
    if options["mapping"]:
        chosen["mapping"] = _mapping(options["mapping"])
    check_options(chosen, now=timezone.now())
    return chosen


def _pair(text: str) -> tuple[str, str]:
    key, sign, value = text.partition("=")
    if not sign or not key:
        raise ValueError(f"--set reads KEY=VALUE, not {text!r}")
    return key, value


def _mapping(path: Path) -> dict[str, Any]:
    try:
        mapping = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"the mapping {path} cannot be read: {error}") from error
    if not isinstance(mapping, dict):
        raise ValueError(f"the mapping {path} is not a JSON object")
    return mapping
