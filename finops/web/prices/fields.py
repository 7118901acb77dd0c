"""Fields that the forms of the Prices room share: an amount, a day, a reason."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.core.validators import RegexValidator

from finops.domain.money import plain
from finops.pricing.amounts import AmountRefused, read_amount

#: Calls before it are refused at the door, so prices before it say nothing.
FIRST_DAY: Final = date(2015, 1, 1)
LAST_DAY: Final = date(2100, 1, 1)
_WORDS: Final = RegexValidator(r"[^\W_]", "Write at least one word.")


class AmountField(forms.CharField):
    """A price in dollars; what was typed comes back as it was typed when it is refused."""

    def __init__(self, *, name: str, **options: Any) -> None:
        """Make an optional field for digits; ``name`` says in an error which one it is."""
        self.name = name
        attributes = {"inputmode": "decimal", "autocomplete": "off", "size": 12}
        super().__init__(required=False, widget=forms.TextInput(attributes), **options)

    def clean(self, value: Any) -> Any:
        """Give a Decimal, or None for nothing."""
        text = super().clean(value)
        if not text:
            return None
        try:
            return read_amount(text)
        except AmountRefused as error:
            raise forms.ValidationError(f"{self.name}: {error}") from error

    def prepare_value(self, value: Any) -> Any:
        """Write a stored amount with every digit."""
        return plain(value) if isinstance(value, Decimal) else value


class DayField(forms.DateField):
    """A day, from the browser's own picker or typed as 2026-11-03."""

    def __init__(self, **options: Any) -> None:
        """Make an optional field for a day that a price can begin or end on."""
        super().__init__(
            required=False,
            widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
            input_formats=["%Y-%m-%d"],
            error_messages={"invalid": "Enter a day such as 2026-11-03."},
            **options,
        )

    def validate(self, value: Any) -> None:
        """Refuse days that no call can have."""
        super().validate(value)
        if value and not FIRST_DAY <= value <= LAST_DAY:
            raise forms.ValidationError(f"Enter a day from {FIRST_DAY:%Y} to {LAST_DAY:%Y}.")


class ReasonField(forms.CharField):
    """Why somebody changes something; it stays on record."""

    def __init__(self, **options: Any) -> None:
        """Make a required field of a few lines."""
        super().__init__(
            max_length=2_000,
            widget=forms.Textarea({"rows": 2}),
            validators=[_WORDS],
            error_messages={"required": "Say why. It stays on record."},
            **options,
        )
