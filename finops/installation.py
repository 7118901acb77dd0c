"""What a new installation starts with, put in place by the first ``migrate``."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import transaction

from finops.access.changes import unrecorded
from finops.attribution.queries import add_default_rules
from finops.classification.seed import add_default_kind_rules
from finops.domain.periods import zone_named
from finops.models import Organization
from finops.pricing.seed import seed_price_book
from finops.runtime import start_token


def install(**_: Any) -> None:
    """Make the organisation, its default rules, the price book and the token of the first run.

    An installation that has its organisation only gets the rules of bills that it lacks. Connected
    to ``post_migrate``. Raises ValueError for an unknown ``COSTLINE_TIME_ZONE``.
    """
    with transaction.atomic(), unrecorded():
        add_default_kind_rules()
    if Organization.objects.filter(pk=1).exists():
        return
    zone = zone_named(settings.INITIAL_TIME_ZONE)
    with transaction.atomic(), unrecorded():
        Organization.objects.create(pk=1, time_zone=str(zone))
        add_default_rules()
        seed_price_book()
    start_token.make()
