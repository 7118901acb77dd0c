"""``manage.py ingest PATH…``: import usage files in the foreground."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from finops.management.base import UNUSABLE, CostlineCommand
from ingest.foreground import import_files
from ingest.models import Import
from ingest.pipeline import check_options
from ingest.report import as_json, as_sentence


class Command(CostlineCommand):
    """Import files or folders (``-`` is standard input) and say what became of every row."""

    help = "Import usage files, folders or standard input (-)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options of CONTRACT 2."""
        parser.add_argument("paths", nargs="+", metavar="PATH")
        parser.add_argument("--format", default="")
        parser.add_argument("--source", default="")
        parser.add_argument("--mapping", type=Path, metavar="FILE.json")
        parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import each file on its own; exit with the worst status."""
        paths = list(_files(options["paths"]))
        jobs = import_files(paths, _import_options(options), quiet=options["json"])
        if options["json"]:
            self.stdout.write(json.dumps({"imports": [as_json(job) for job in jobs]}))
        else:
            for job in jobs:
                self.stdout.write(as_sentence(job))
        if any(job.status in {Import.FAILED, Import.CANCELLED} for job in jobs):
            sys.exit(1)


def _files(paths: list[str]) -> Iterator[str]:
    """Spell out folders, in name order. Raises CommandError for what is not there."""
    for path in paths:
        if path != "-" and not Path(path).exists():
            raise CommandError(f"no such file: {path}", returncode=UNUSABLE)
        if not path.isprintable():
            raise CommandError(f"a file name that is no text: {path!r}", returncode=UNUSABLE)
        if path != "-" and Path(path).is_dir():
            yield from (
                str(file)
                for file in sorted(Path(path).rglob("*"))
                if file.is_file() and not file.name.startswith(".")
            )
        else:
            yield path


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
