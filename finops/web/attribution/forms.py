"""What people type into this room: rules, days, names and owners."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import Q

from finops.attribution.rules import RuleFields, version
from finops.domain.dimensions import RULE_TARGETS
from finops.domain.periods import day_start
from finops.models import AttributionRule, DimensionValue, Person
from finops.web.fields import DayField

SINCE, ALWAYS = "since", "always"
END, DELETE = "end", "delete"


def _pattern(name: str, label: str, **options: Any) -> forms.CharField:
    limit = getattr(AttributionRule._meta.get_field(name), "max_length", 0)
    return forms.CharField(
        label=label,
        required=False,
        max_length=limit,
        widget=forms.TextInput({"autocomplete": "off"} | options.pop("attrs", {})),
        **options,
    )


class RuleForm(forms.Form):
    """A rule: which calls, what they get, from when. Also says from when a change applies."""

    name = forms.CharField(
        label="Name",
        max_length=200,
        help_text="What the list calls it.",
        error_messages={"required": "Give the rule a name."},
    )
    source = _pattern("source", "Source", attrs={"list": "sources"})
    provider = _pattern("provider", "Provider")
    model = _pattern("model", "Model")
    environment = _pattern("environment", "Environment")
    tag = _pattern("tag", "Tag", help_text="The call must have this tag.")
    tag_value = _pattern("tag_value", "Value of the tag", help_text="Empty: whatever it says.")
    dimension = forms.ChoiceField(
        label="Dimension", choices=[(name, name.capitalize()) for name in RULE_TARGETS]
    )
    value = _pattern("value", "Value", help_text="Always this one.")
    value_tag = _pattern("value_tag", "Value from the tag", help_text="Or whatever this tag says.")
    position = forms.IntegerField(
        label="Place in the order",
        required=False,
        min_value=1,
        max_value=100_000,
        help_text="Earlier rules are asked first. Empty: after all others.",
        widget=forms.TextInput({"inputmode": "numeric"}),
    )
    applies = forms.ChoiceField(
        label="The change applies",
        required=False,
        choices=[(SINCE, "From a day on"), (ALWAYS, "To all calls of the rule")],
        widget=forms.RadioSelect,
    )
    since = DayField(label="First day of the change")
    effective_from = DayField(
        label="In force from", help_text="The first day. Empty: all calls, however old."
    )
    effective_to = DayField(
        label="In force until", help_text="The first day on which it no longer holds. Empty: open."
    )
    seen = forms.CharField(required=False, max_length=16, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        zone: ZoneInfo,
        today: date,
        rule: AttributionRule | None = None,
        **kwargs: Any,
    ) -> None:
        """Start with a stored rule, or with an empty one; days are days of the zone."""
        self._zone, self._rule = zone, rule
        kwargs["initial"] = self._first(today) | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        unused = ("applies", "since") if rule is None else ("position",)
        for name in unused:
            del self.fields[name]

    def _first(self, today: date) -> dict[str, Any]:
        rule = self._rule
        if rule is None:
            return {}
        stored = {name: getattr(rule, name) for name in RuleFields.__dataclass_fields__}
        days = {
            name: instant and instant.astimezone(self._zone).date()
            for name in ("effective_from", "effective_to")
            for instant in [getattr(rule, name)]
        }
        return stored | days | {"applies": SINCE, "since": today, "seen": version(rule)}

    def clean(self) -> dict[str, Any]:
        """Ask the rule itself whether it makes sense; each problem goes to its field."""
        given = super().clean() or self.cleaned_data
        if given.get("applies") == SINCE and not given.get("since") and "since" not in self.errors:
            self.add_error("since", "Enter the first day of the change.")
        for name, problem in self.rule_fields().problems().items():
            if name not in self.errors:
                self.add_error(name, problem)
        return given

    def rule_fields(self) -> RuleFields:
        """Give what was typed as a rule; what could not be read is empty."""
        given = self.cleaned_data
        texts = {
            name: given.get(name) or ""
            for name in RuleFields.__dataclass_fields__
            if name not in {"effective_from", "effective_to"}
        }
        since = self.change_since()
        begins = since if since is not None else self._instant("effective_from")
        return RuleFields(
            **texts, effective_from=begins, effective_to=self._instant("effective_to")
        )

    def change_since(self) -> datetime | None:
        """Give the instant from which a change applies; None for all calls of the rule."""
        day = self.cleaned_data.get("since")
        if self.cleaned_data.get("applies") != SINCE or day is None:
            return None
        begins: datetime | None = self._rule.effective_from if self._rule else None
        change = day_start(day, self._zone)
        # A rule that begins later has no past to keep: it begins when it did.
        return None if begins is not None and begins >= change else change

    def _instant(self, name: str) -> datetime | None:
        """Read a day as its first instant; a stored instant inside that day stays what it was."""
        day: date | None = self.cleaned_data.get(name)
        stored: datetime | None = getattr(self._rule, name) if self._rule else None
        if day is None:
            return None
        if stored is not None and stored.astimezone(self._zone).date() == day:
            return stored
        return day_start(day, self._zone)


class RemoveForm(forms.Form):
    """Stop using a rule from a day on, or forget it."""

    how = forms.ChoiceField(
        label="What should happen?",
        choices=[
            (END, "Stop using it from a day on. Calls before keep what it gave them."),
            (DELETE, "Delete it. Older calls lose its value once history is attributed again."),
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


class AgainForm(forms.Form):
    """Which calls to attribute again, and why."""

    since = DayField(label="From", help_text="The first day. Empty: all calls, however old.")
    until = DayField(label="Before", help_text="The day after the last. Empty: up to now.")
    reason = forms.CharField(
        label="Why",
        max_length=2_000,
        required=False,
        widget=forms.Textarea({"rows": 2}),
        help_text="It stays on record.",
    )

    def clean(self) -> dict[str, Any]:
        """Refuse a period that is empty."""
        given = super().clean() or self.cleaned_data
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
