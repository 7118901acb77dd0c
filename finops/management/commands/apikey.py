"""``manage.py apikey create|list|revoke``: keys for programs."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from finops.access.keys import create_key, revoke_key
from finops.ledger.sources import source_named
from finops.management.base import UNUSABLE, CostlineCommand
from finops.models import ApiKey


class Command(CostlineCommand):
    """Create, list and revoke keys; a key is shown only when it is made."""

    help = "Manage API keys."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the sub-commands."""
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create")
        create.add_argument("name")
        create.add_argument("--source", default="")
        create.add_argument("--scope", default=ApiKey.WRITE, choices=ApiKey.SCOPES)
        create.add_argument("--rate", type=int, default=600, help="requests a minute")
        create.add_argument("--json", action="store_true")
        actions.add_parser("list").add_argument("--json", action="store_true")
        actions.add_parser("revoke").add_argument("prefix")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do the one action."""
        {"create": self._create, "list": self._list, "revoke": self._revoke}[options["action"]](
            options
        )

    def _create(self, options: dict[str, Any]) -> None:
        source = source_named(options["source"]) if options["source"] else None
        key, token = create_key(
            name=options["name"],
            source=source,
            scope=options["scope"],
            requests_per_minute=options["rate"],
            by="command line",
        )
        if options["json"]:
            self.stdout.write(json.dumps({"name": key.name, "key": token}))
        else:
            self.stdout.write(f"{key.name}: {token}\nKeep it now: it is not shown again.")

    def _list(self, options: dict[str, Any]) -> None:
        keys = [
            {
                "name": key.name,
                "prefix": key.prefix,
                "scope": key.scope,
                "source": key.source.name if key.source else None,
                "requests_per_minute": key.requests_per_minute,
                "created_at": key.created_at.isoformat(),
                "revoked_at": key.revoked_at.isoformat() if key.revoked_at else None,
            }
            for key in ApiKey.objects.select_related("source").order_by("pk")
        ]
        if options["json"]:
            self.stdout.write(json.dumps({"keys": keys}))
            return
        for key in keys:
            state = f"revoked {key['revoked_at']}" if key["revoked_at"] else "in use"
            self.stdout.write(
                f"{key['prefix']}  {key['name']}  {key['scope']}  {key['source'] or '-'}  {state}"
            )

    def _revoke(self, options: dict[str, Any]) -> None:
        key = ApiKey.objects.filter(prefix=options["prefix"], revoked_at=None).first()
        if key is None:
            raise CommandError(
                f"no key in use has the prefix {options['prefix']}", returncode=UNUSABLE
            )
        revoke_key(key, timezone.now())
        self.stdout.write(f"revoked {options['prefix']}")
