"""Fields that describe the organisation, on the first run and ever after."""

from __future__ import annotations

from calendar import month_name
from zoneinfo import available_timezones

from django import forms
from django.core.validators import RegexValidator


def time_zone_field() -> forms.ChoiceField:
    """Ask for a time zone by its IANA name."""
    return forms.ChoiceField(
        label="Time zone",
        choices=lambda: [(zone, zone.replace("_", " ")) for zone in _zones()],
        help_text="Days and months are cut in this zone, for everybody.",
    )


def currency_field() -> forms.CharField:
    """Ask for an ISO currency code."""
    return forms.CharField(
        label="Reporting currency",
        min_length=3,
        max_length=3,
        validators=[RegexValidator("^[A-Z]{3}$", "Write three capital letters, such as USD.")],
        help_text="Three letters, such as USD. It can change only while nothing is taken in.",
    )


def fiscal_year_field() -> forms.TypedChoiceField:
    """Ask for the month in which the fiscal year starts."""
    return forms.TypedChoiceField(
        label="Fiscal year starts in",
        coerce=int,
        choices=[(month, month_name[month]) for month in range(1, 13)],
    )


def _zones() -> list[str]:
    return ["UTC", *sorted(available_timezones() - {"UTC", "localtime"})]
