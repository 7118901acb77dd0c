"""The field that only price lists have: an amount."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms

from finops.domain.money import plain
from finops.pricing.amounts import AmountRefused, read_amount


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
