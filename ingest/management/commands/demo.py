"""``manage.py demo load|remove|status``: an invented company to look around in."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils import timezone

from finops.management.base import CostlineCommand
from ingest.demo import demo, people
from ingest.generator.demo_company import CALLS

#: From this age on the sample's "this month" has little to do with the real one.
_OLD: Final = timedelta(days=3)
#: What a shell expects of a program that Ctrl-C has ended.
_INTERRUPTED: Final = 130


class Command(CostlineCommand):
    """Load the demo company, remove it, or say whether it is there."""

    help = "Load, remove or look at the sample data of an invented company."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the sub-commands."""
        actions = parser.add_subparsers(dest="action", required=True)
        loading = actions.add_parser("load")
        loading.add_argument("--calls", type=int, default=CALLS, help=f"default {CALLS:,}")
        loading.add_argument("--brief", action="store_true", help="leave the sign-ins out")
        actions.add_parser("remove").add_argument("--yes", action="store_true", help="don't ask")
        actions.add_parser("status").add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do the one action."""
        if options["action"] == "load":
            self._load(options["calls"])
            if not options["brief"]:
                self.stdout.write(people.sign_ins())
        elif options["action"] == "remove":
            self._remove(asks=not options["yes"] and sys.stdin.isatty())
        elif options["json"]:
            self.stdout.write(json.dumps(demo.status().as_json()))
        else:
            self._tell(demo.status(), timezone.now())

    def _load(self, calls: int) -> None:
        if calls < 1:
            raise ValueError("at least one call is needed")
        now = timezone.now()
        try:
            loaded = demo.load(now=now, say=self.stdout.write, calls=calls)
        except KeyboardInterrupt:
            self.stderr.write("Stopped. The same command goes on from here.")
            sys.exit(_INTERRUPTED)
        self._tell(loaded, now)

    def _remove(self, *, asks: bool) -> None:
        found = demo.status()
        if found.state == "absent":
            self.stdout.write("There is no sample data.")
            return
        if asks and not _agreed(f"Remove {found.calls:,} sample calls, and all that came along?"):
            self.stdout.write("Nothing was removed.")
            return
        kept = demo.remove(now=timezone.now(), say=self.stdout.write)
        self.stdout.write(f"Removed {found.calls:,} sample calls. Your own data is as it was.")
        for each in kept:
            self.stdout.write(f"Kept {each}.")

    def _tell(self, found: demo.Status, now: datetime) -> None:
        if found.since is None or found.until is None:
            self.stdout.write("There is no sample data. Load it: python manage.py demo load")
            return
        self.stdout.write(
            f"Sample data, {found.state}: {found.calls:,} calls from {found.since:%d %b %Y}"
            f" to {found.until:%d %b %Y %H:%M} UTC. Remove it: python manage.py demo remove"
        )
        if now - found.until > _OLD:
            self.stdout.write(
                "It has grown old. Remove it and load it again for one that ends now."
            )


def _agreed(question: str) -> bool:
    sys.stdout.write(f"{question} [y/N] ")
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes"}
