"""What a meeting types: an action, and the parts of it that are changed in place."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from django import forms
from django.db.models import QuerySet

from finops.budgets.amounts import LONGEST, AmountRefused, read_amount, write_amount
from finops.domain.display import mark_of
from finops.models import Action, Organization, Person
from finops.web.fields import DayField

#: What stands for a saving that nobody can tell yet, besides nothing at all.
_UNKNOWN: Final = frozenset({"", "?", "not known yet", "unknown", "not known"})
#: People offered in a list; beyond it the list would be no help.
MOST_PEOPLE: Final = 500


def people() -> QuerySet[Person]:
    """Give those who can be asked to do something, by name."""
    return Person.objects.filter(is_active=True).order_by("name", "email")


class SavingField(forms.CharField):
    """Dollars a month, as people write them; empty, or in words, for not known yet."""

    def __init__(self, **options: Any) -> None:
        """Make an optional field."""
        widget = forms.TextInput({"inputmode": "decimal", "autocomplete": "off"})
        super().__init__(required=False, max_length=LONGEST, widget=widget, **options)

    def clean(self, value: Any) -> Any:
        """Give a Decimal, or None for not known yet."""
        text = super().clean(value)
        if text.strip().lower() in _UNKNOWN:
            return None
        try:
            return read_amount(text, Organization.current().currency)
        except AmountRefused as error:
            raise forms.ValidationError(str(error)) from error


def person_field(label: str, missing: str) -> forms.ModelChoiceField[Person]:
    """Make a required field for somebody who can still sign in."""
    wrong = {"required": missing, "invalid_choice": "Choose somebody from the list."}
    return forms.ModelChoiceField(people(), label=label, error_messages=wrong)


class ActionForm(forms.Form):
    """What somebody promises: what, who, until when, and what it should save."""

    what = forms.CharField(
        label="What",
        max_length=500,
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={"required": "Say what will be done."},
    )
    owner = person_field("Owner", "Choose an owner.")
    due = DayField(label="Due")
    saving = SavingField(label="Saving a month")

    def __init__(self, *args: Any, **options: Any) -> None:
        """Name the currency, and ask for a day."""
        super().__init__(*args, **options)
        self.fields["due"].required = True
        self.fields["due"].error_messages["required"] = "Choose the day it is due."
        mark = mark_of(Organization.current().currency).strip()
        self.fields["saving"].label = f"Saving, {mark} a month"

    def promised(self) -> dict[str, Any]:
        """Give what the domain takes."""
        told = self.cleaned_data
        saving: Decimal | None = told["saving"]
        return {
            "what": told["what"],
            "owner": told["owner"],
            "due": told["due"],
            "expected_saving": saving,
        }


def as_typed(action: Action) -> dict[str, Any]:
    """Write an action down as its form would hold it."""
    return {
        "what": action.what,
        "owner": action.owner_id,
        "due": action.due.isoformat(),
        "saving": write_amount(action.expected_saving, Organization.current().currency),
    }
