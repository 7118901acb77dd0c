"""How bills are called in templates."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from django import template

from finops.bills import words
from finops.domain import display
from finops.models import BillSnapshot

register = template.Library()

_LONGEST: Final = 80


@register.filter
def account_name(bill: BillSnapshot) -> str:
    """Name the billing account of a bill, cut where it is endless."""
    name = words.account_name(bill)
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}\N{HORIZONTAL ELLIPSIS}"


@register.filter
def provider_name(provider: str) -> str:
    """Name a provider."""
    return words.provider_name(provider)


@register.filter
def held_because(reason: str) -> str:
    """Say why a version waits."""
    return words.HELD_BECAUSE.get(reason, "somebody has to look at it")


@register.filter
def kind_name(kind: str) -> str:
    """Say what a charge pays for."""
    return words.KINDS.get(kind, kind)


@register.filter
def token_kind_name(kind: str) -> str:
    """Say which tokens of a model's a charge counts."""
    return words.TOKEN_KINDS.get(kind, kind)


@register.filter
def utc_day(value: datetime) -> str:
    """Write the day of a charge, which is a day in UTC."""
    return display.day(value.astimezone(UTC).date(), weekday=True)
