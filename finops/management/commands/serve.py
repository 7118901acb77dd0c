"""``manage.py serve``: the whole product on one machine, until Ctrl-C."""

from __future__ import annotations

import os
import shlex
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from finops.runtime import broker, postgres, stack
from finops.runtime.static_files import collect


class Command(BaseCommand):
    """Runs web, worker, scheduler, broker and database on 127.0.0.1."""

    help = "Run Costline on 127.0.0.1: web, worker, scheduler, and their broker and database."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Add ``--port`` and ``--notice``."""
        default = os.environ.get("PORT") or "8000"
        parser.add_argument("--port", type=int, default=default, help=f"default {default}")
        parser.add_argument("--notice", default="", metavar="FILE", help="printed when ready")

    def handle(self, *_: Any, **options: Any) -> None:
        """Become the stack's process, which needs none of what Django has loaded here."""
        collect()
        sys.stdout.flush()
        postgres.leave()
        words = [str(options["port"]), shlex.join(broker.command() or []), options["notice"]]
        os.execv(sys.executable, postgres.bare_command(stack.__name__, *words))  # noqa: S606
