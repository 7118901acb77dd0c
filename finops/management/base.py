"""What Costline's commands share: a ready database, JSON on request, plain exit codes."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

#: Arguments that cannot be used, or a file that is not there.
UNUSABLE = 2


class CostlineCommand(BaseCommand):
    """A command that finds its database ready.

    The embedded database belongs to this installation alone, so it is brought up to date on
    sight; one that ``DATABASE_URL`` names is upgraded only by ``migrate``.
    """

    requires_system_checks: list[str] = []

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run the command once the schema is there; ValueErrors are the caller's mistakes."""
        _ensure_schema()
        try:
            return super().execute(*args, **options)
        except ValueError as error:
            raise CommandError(str(error), returncode=UNUSABLE) from error


def _ensure_schema() -> None:
    executor = MigrationExecutor(connection)
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return
    if not settings.DATABASES["default"]["ENGINE"].endswith("embedded"):
        raise CommandError("the database is not up to date: run `python manage.py migrate`")
    call_command("migrate", verbosity=0, interactive=False)
