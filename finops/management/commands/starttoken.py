"""``manage.py starttoken``: the one-time token with which the first admin is made."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError

from finops.management.base import CostlineCommand
from finops.organization import first_run
from finops.runtime import start_token


class Command(CostlineCommand):
    """Print the token while it is of use; afterwards say that it is not."""

    help = "Print the one-time token that /start/ asks for, until the first admin exists."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the token alone, so that scripts can use it."""
        if first_run.is_over():
            start_token.burn()
            raise CommandError("the first admin exists already; sign in, or ask an admin")
        self.stdout.write(start_token.make())
