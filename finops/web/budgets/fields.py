"""Fields that only budgets have: an amount, a percentage, e-mail addresses."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django import forms

from finops.budgets.amounts import LONGEST, AmountRefused, read_amount, write_amount
from finops.budgets.checks import check_recipients
from finops.budgets.refusals import BudgetRefused
from finops.domain.money import plain
from finops.web.fields import ReasonField

_BETWEEN_ADDRESSES: Final = re.compile(r"[\s,;]+")


class LineField(forms.CharField):
    """An amount of a line; what was typed comes back as it was typed when it is refused."""

    def __init__(self, *, currency: str, name: str = "", **options: Any) -> None:
        """Take amounts of a currency; ``name`` says in an error which one it is."""
        self.currency, self.name = currency, name
        attributes = {"inputmode": "decimal", "autocomplete": "off", "maxlength": LONGEST}
        attributes |= options.pop("attrs", {})
        super().__init__(widget=forms.TextInput(attributes), **options)

    def clean(self, value: Any) -> Any:
        """Give a Decimal in whole cents, or None for nothing."""
        text = super().clean(value)
        if not text:
            return None
        try:
            return read_amount(text, self.currency)
        except AmountRefused as error:
            said = f"{self.name}: {error}" if self.name else str(error)
            raise forms.ValidationError(said) from error

    def prepare_value(self, value: Any) -> Any:
        """Write an amount as it was understood: ``$12,000``."""
        return write_amount(value, self.currency) if isinstance(value, Decimal) else value


#: What people type where there is to be no limit.
OFF: Final = "off"


class PercentField(forms.CharField):
    """A percentage above 0, up to 100; empty is None, and ``off`` stays ``off``."""

    def __init__(self, **options: Any) -> None:
        """Make an optional field for digits."""
        attributes = {"inputmode": "decimal", "autocomplete": "off", "maxlength": 10}
        super().__init__(required=False, widget=forms.TextInput(attributes), **options)

    def clean(self, value: Any) -> Any:
        """Give a Decimal with at most two decimals, ``off``, or None."""
        text = super().clean(value).removesuffix("%").strip()
        if not text:
            return None
        if text.casefold() == OFF:
            return OFF
        try:
            percent = Decimal(text) if re.fullmatch(r"[0-9.]+", text) else Decimal(-1)
        except InvalidOperation:
            percent = Decimal(-1)
        if not 0 < percent <= 100 or percent != percent.quantize(Decimal("0.01")):
            raise forms.ValidationError("Enter a percentage above 0 and up to 100, such as 20.")
        return percent

    def prepare_value(self, value: Any) -> Any:
        """Write a stored percentage without needless zeros."""
        return plain(value) if isinstance(value, Decimal) else value


class AddressesField(forms.CharField):
    """E-mail addresses, parted by commas, spaces or lines."""

    def __init__(self, **options: Any) -> None:
        """Make an optional field of one line."""
        super().__init__(required=False, max_length=5_000, **options)

    def clean(self, value: Any) -> Any:
        """Give a list of addresses, each once."""
        try:
            return check_recipients(_BETWEEN_ADDRESSES.split(super().clean(value)))
        except BudgetRefused as error:
            raise forms.ValidationError(str(error)) from error

    def prepare_value(self, value: Any) -> Any:
        """Write stored addresses in a row."""
        return (
            ", ".join(value)
            if isinstance(value, Iterable) and not isinstance(value, str)
            else value
        )


class GoodReasonField(ReasonField):
    """A reason that says something: the domain asks for ten letters."""

    def __init__(self, **options: Any) -> None:
        """Make a required field of a few lines."""
        super().__init__(
            label="Why?", help_text="Ten letters or more. It stays on record.", **options
        )
