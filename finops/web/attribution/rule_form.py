"""A rule as people type it: which calls or charges, what they get, from when."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django import forms

from finops.attribution.rules import RuleFields, version
from finops.domain.dimensions import RULE_TARGETS
from finops.domain.periods import day_start
from finops.models import AttributionRule
from finops.web.fields import DayField

SINCE, ALWAYS = "since", "always"
#: Why a rule is not for somebody who may only assign charges.
CALLS_TOO: Final = (
    "Calls would meet this rule too, which is for Engineering to write. Name a service, an"
    " account, a sub account, a resource or a principal: only charges have these."
)


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
    """A rule: what it is about, what that gets, from when. Also from when a change applies."""

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
    tag = _pattern("tag", "Tag", help_text="It must be there.")
    tag_value = _pattern("tag_value", "Value of the tag", help_text="Empty: whatever it says.")
    service = _pattern("service", "Service", help_text="Such as Amazon Bedrock.")
    account = _pattern("account", "Billing account", help_text="Its id or its name.")
    sub_account = _pattern(
        "sub_account", "Sub account", help_text="Or project, subscription, workspace."
    )
    resource = _pattern("resource", "Resource", help_text="Its id or its name.")
    principal = _pattern("principal", "Principal", help_text="Who or which key used it.")
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
        choices=[(SINCE, "From a day on"), (ALWAYS, "To everything of the rule")],
        widget=forms.RadioSelect,
    )
    since = DayField(label="First day of the change")
    effective_from = DayField(label="In force from", help_text="The first day. Empty: however old.")
    effective_to = DayField(
        label="In force until", help_text="The first day on which it no longer holds. Empty: open."
    )
    history = forms.BooleanField(
        label="Apply it to history too",
        required=False,
        help_text="Makes a preview of the run. You apply it when you have seen the figures.",
    )
    seen = forms.CharField(required=False, max_length=16, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        zone: ZoneInfo,
        today: date,
        rule: AttributionRule | None = None,
        charges_only: bool = False,
        **kwargs: Any,
    ) -> None:
        """Start with a stored rule, or with an empty one; days are days of the zone.

        With ``charges_only`` a rule that calls can meet is refused.
        """
        self._zone, self._rule, self._charges_only = zone, rule, charges_only
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
        if self._charges_only and not self.rule_fields().is_of_charges:
            self.add_error("account", CALLS_TOO)
        return given

    @property
    def asks_of_charges(self) -> bool:
        """Say whether any condition that only charges have is filled in, or is wrong."""
        names = AttributionRule.CHARGE_CONDITIONS
        return any(self[name].value() or self[name].errors for name in names)

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
        """Give the instant from which a change applies; None for everything of the rule."""
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
