"""The small forms of a budget's page: another forecast, an accepted share, out of use."""

from __future__ import annotations

from typing import Any

from django import forms

from finops.budgets.amounts import currency_name
from finops.web.budgets.fields import GoodReasonField, LineField, PercentField
from finops.web.fields import DayField


class ForecastForm(forms.Form):
    """What somebody expects a period to end at, and why."""

    prefix = "forecast"

    def __init__(self, *args: Any, currency: str, kind: str, **options: Any) -> None:
        """Ask in the organisation's currency."""
        super().__init__(*args, **options)
        self.fields["amount"] = LineField(
            currency=currency,
            label=f"The {kind} ends at, {currency_name(currency)}",
            error_messages={"required": "Enter what you expect, such as 12,000."},
        )
        self.fields["reason"] = GoodReasonField()


class ShareForm(forms.Form):
    """A workflow whose large share is known and accepted."""

    prefix = "share"

    workflow = forms.CharField(
        max_length=500,
        label="Workflow",
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={"required": "Name the workflow whose share you accept."},
    )
    limit = PercentField(label="Up to, percent", help_text="Empty: any share.")
    reason = GoodReasonField()


class StopForm(forms.Form):
    """From when a budget is held against nothing."""

    prefix = "stop"

    from_day = DayField(label="Stop using it from", help_text="History stays.")

    def __init__(self, *args: Any, **options: Any) -> None:
        """Ask for a day in any case."""
        super().__init__(*args, **options)
        self.fields["from_day"].required = True
