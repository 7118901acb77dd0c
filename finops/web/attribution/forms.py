"""What people type into this room beside rules: days, places, names and owners."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.db.models import Q

from finops.models import DimensionValue, Person
from finops.web.fields import DayField

END, DELETE = "end", "delete"


class RemoveForm(forms.Form):
    """Stop using a rule from a day on, or forget it."""

    how = forms.ChoiceField(
        label="What should happen?",
        choices=[
            (END, "Stop using it from a day on. What was before keeps what it gave."),
            (DELETE, "Delete it. History loses its value once it is attributed again."),
        ],
        widget=forms.RadioSelect,
    )
    day = DayField(label="First day without it")
    seen = forms.CharField(required=False, max_length=16, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        """Ask for the day where one is needed."""
        given = super().clean() or self.cleaned_data
        if given.get("how") == END and not given.get("day") and "day" not in self.errors:
            self.add_error("day", "Enter the first day without the rule.")
        return given


class MoveForm(forms.Form):
    """Where a rule goes: some places up or down, or to a position."""

    step = forms.IntegerField(required=False, min_value=-1, max_value=1)
    to = forms.IntegerField(required=False, min_value=1, max_value=100_000)


CALLS, CHARGES = "calls", "charges"
_WHAT: Final = ((CALLS, "Calls"), (CHARGES, "Charges of bills"))


class AgainForm(forms.Form):
    """What to attribute again, of which days, and why."""

    what = forms.ChoiceField(
        label="What?", choices=_WHAT, initial=CALLS, required=False, widget=forms.RadioSelect
    )
    since = DayField(label="From", help_text="The first day. Empty: everything, however old.")
    until = DayField(label="Before", help_text="The day after the last. Empty: up to now.")
    reason = forms.CharField(
        label="Why",
        max_length=2_000,
        required=False,
        widget=forms.Textarea({"rows": 2}),
        help_text="It stays on record.",
    )

    def __init__(self, *args: Any, charges_only: bool = False, **kwargs: Any) -> None:
        """Offer both, or charges alone to whoever may not attribute calls."""
        super().__init__(*args, **kwargs)
        if charges_only:
            what = self.fields["what"]
            assert isinstance(what, forms.ChoiceField)
            what.choices, what.initial = _WHAT[1:], CHARGES

    def clean(self) -> dict[str, Any]:
        """Refuse a period that is empty; calls are meant unless somebody says otherwise."""
        given = super().clean() or self.cleaned_data
        given["what"] = given.get("what") or CALLS
        since, until = given.get("since"), given.get("until")
        if since and until and since >= until:
            self.add_error("until", "Enter a later day than the first.")
        return given


class DescriptionForm(forms.Form):
    """A value's display name and its two owners."""

    display_name = forms.CharField(
        label="Display name",
        required=False,
        max_length=200,
        help_text="For reading. Calls keep the value that they were sent with.",
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    business_owner = forms.ModelChoiceField(
        Person.objects.none(),
        label="Business owner",
        required=False,
        empty_label="Nobody",
        help_text="Answers for what it is worth.",
    )
    technical_owner = forms.ModelChoiceField(
        Person.objects.none(),
        label="Technical owner",
        required=False,
        empty_label="Nobody",
        help_text="Answers for how it works.",
    )
    seen = forms.CharField(required=False, max_length=16, widget=forms.HiddenInput)

    def __init__(self, *args: Any, described: DimensionValue, **kwargs: Any) -> None:
        """Offer whoever is here, and the owners that there are even when they have left."""
        super().__init__(*args, **kwargs)
        owners = [described.business_owner_id, described.technical_owner_id]
        people = Person.objects.filter(
            Q(is_active=True) | Q(pk__in=[pk for pk in owners if pk is not None])
        ).order_by("name", "email")
        for name in ("business_owner", "technical_owner"):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = people


class MergeForm(forms.Form):
    """What a value is read as from now on."""

    into = forms.CharField(
        label="Read it as",
        max_length=500,
        strip=False,
        help_text="Another value of the same dimension.",
        error_messages={"required": "Choose the value that it is read as."},
        widget=forms.TextInput({"list": "targets", "autocomplete": "off"}),
    )
