"""The small forms of a month: why somebody looks into it, accepts it, or gives it back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from django import forms

from finops.bills.words import provider_name
from finops.reconciliation.states import Tolerance
from finops.web.fields import ReasonField

_ANSWERS: Final = {"inputmode": "decimal", "autocomplete": "off", "size": 10}
_MOST: Final = Decimal(10) ** 9


class InvestigateForm(forms.Form):
    """What somebody is about to find out."""

    prefix = "investigate"
    reason = ReasonField(label="What do you look for?")


class AcceptForm(forms.Form):
    """Why a difference is taken as it is; ``seen`` names the figures that were looked at."""

    prefix = "accept"
    seen = forms.CharField(widget=forms.HiddenInput, max_length=64, required=False)
    reason = ReasonField(label="Why is this difference fine?")


class GiveBackForm(forms.Form):
    """Why what was said holds no more."""

    prefix = "back"
    reason = ReasonField(label="Why do you take it back?")


class PriceForm(forms.Form):
    """The model whose price the bill implies."""

    model = forms.CharField(max_length=500)


class MonthForm(forms.Form):
    """A month to be worked out again."""

    month = forms.DateField(input_formats=["%Y-%m"])


def _percent(label: str, help_text: str) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        help_text=help_text,
        min_value=0,
        max_value=100,
        max_digits=5,
        decimal_places=2,
        widget=forms.TextInput(_ANSWERS),
    )


class ToleranceForm(forms.Form):
    """How far bill and calls may be apart, for one provider or all that have no own tolerance."""

    provider = forms.ChoiceField(label="Holds for", required=False)
    matched_amount = forms.DecimalField(
        label="Matched up to",
        help_text="In the reporting currency. The larger of this and the percentage holds.",
        min_value=0,
        max_value=_MOST,
        max_digits=12,
        decimal_places=2,
        widget=forms.TextInput(_ANSWERS),
    )
    matched_percent = _percent("Matched up to, percent of the bill", "Such as 1.")
    explained_percent = _percent(
        "Explained up to, percent of the bill",
        "Beyond it, a difference is explained only when its causes are named by model.",
    )
    days_until_due = forms.IntegerField(
        label="Days until a month is judged",
        help_text="After its end. Bills arrive late and are corrected.",
        min_value=0,
        max_value=90,
        widget=forms.TextInput(_ANSWERS),
    )

    def __init__(self, *args: Any, providers: list[str], **options: Any) -> None:
        """Offer the providers that are known."""
        super().__init__(*args, **options)
        field = self.fields["provider"]
        assert isinstance(field, forms.ChoiceField)  # declared above
        named = [(provider, provider_name(provider)) for provider in providers]
        field.choices = [("", "All without one of their own"), *named]

    def clean(self) -> dict[str, Any]:
        """Refuse limits that are out of order."""
        given = super().clean() or {}
        matched, explained = given.get("matched_percent"), given.get("explained_percent")
        if matched is not None and explained is not None and explained < matched:
            self.add_error("explained_percent", "Enter at least the percentage for matched.")
        return given

    @property
    def tolerance(self) -> Tolerance:
        """What was entered. Only once the form is valid."""
        return Tolerance(*(self.cleaned_data[name] for name in Tolerance._fields))
