"""What people type of what is AI: a rule, one step from the worklist, an end, a place."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Final

from django import forms

from finops.bills.words import KINDS, TOKEN_KINDS
from finops.classification.editing import KindFields, version
from finops.classification.rule import FACTS_OF
from finops.classification.words import COLUMNS
from finops.domain.charge import CHARGE_KINDS
from finops.models import ChargeKindRule
from finops.web.fields import DayField

SINCE, ALWAYS = "since", "always"
END, DELETE = "end", "delete"
KIND_CHOICES: Final = [(kind, KINDS[kind]) for kind in CHARGE_KINDS]


def _pattern(name: str, label: str, **options: Any) -> forms.CharField:
    limit = getattr(ChargeKindRule._meta.get_field(name), "max_length", 0)
    return forms.CharField(
        label=label,
        required=False,
        max_length=limit,
        widget=forms.TextInput({"autocomplete": "off"}),
        **options,
    )


class KindForm(forms.Form):
    """A rule: which charges, what they pay for, from when."""

    name = forms.CharField(
        label="Name",
        max_length=200,
        help_text="What the list calls it.",
        error_messages={"required": "Give the rule a name."},
    )
    service_provider = _pattern("service_provider", "Provider on the bill")
    service_name = _pattern("service_name", "Service")
    sku_meter = _pattern("sku_meter", "Meter", help_text="Usage type, meter, SKU or line item.")
    unit = _pattern("unit", "Unit")
    resource = _pattern("resource", "Resource", help_text="Its id, name or type.")
    description = _pattern("description", "Description")
    service_category = _pattern("service_category", "Category")
    account = _pattern("account", "Billing account")
    sub_account = _pattern("sub_account", "Sub-account")
    kind = forms.ChoiceField(label="They pay for", choices=KIND_CHOICES)
    provider = _pattern("provider", "Provider", help_text="Empty: as the bill says.")
    model = _pattern("model", "Model", help_text="Always this one.")
    model_from = forms.ChoiceField(
        label="Or read the model from",
        required=False,
        choices=[("", "Nowhere"), *((name, label.capitalize()) for name, label in COLUMNS.items())],
    )
    model_pattern = _pattern(
        "model_pattern",
        "By an expression",
        help_text="With a group model. Empty: known spellings are read.",
    )
    token_kind = forms.ChoiceField(
        label="Token kind",
        required=False,
        choices=[("", "As the meter says"), *TOKEN_KINDS.items()],
    )
    tokens_per_unit = forms.DecimalField(
        label="Tokens in a unit",
        required=False,
        max_digits=18,
        decimal_places=6,
        help_text="Empty: as the unit says.",
        widget=forms.TextInput({"inputmode": "decimal"}),
    )
    position = forms.IntegerField(
        label="Place in the order",
        required=False,
        min_value=1,
        max_value=100_000,
        help_text="Earlier rules are asked first. Empty: before all others.",
        widget=forms.TextInput({"inputmode": "numeric"}),
    )
    applies = forms.ChoiceField(
        label="The change applies",
        required=False,
        choices=[(SINCE, "From a day on"), (ALWAYS, "To all charges of the rule")],
        widget=forms.RadioSelect,
    )
    since = DayField(label="First day of the change")
    effective_from = DayField(label="In force from", help_text="The first day. Empty: always.")
    effective_to = DayField(
        label="In force until", help_text="The first day on which it no longer holds. Empty: open."
    )
    seen = forms.CharField(required=False, max_length=16, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, today: date, rule: ChargeKindRule | None = None, **kwargs: Any
    ) -> None:
        """Start with a stored rule, or with an empty one."""
        self._rule = rule
        kwargs["initial"] = self._first(today) | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        for name in ("applies", "since") if rule is None else ("position",):
            del self.fields[name]

    def conditions(self) -> list[forms.BoundField]:
        """Give the fields that say which charges are meant."""
        return [
            self[name]
            for name in ("service_provider", "service_name", "sku_meter", "unit", "resource")
        ]

    def more_conditions(self) -> list[forms.BoundField]:
        """Give those that few rules need."""
        return [
            self[name] for name in ("description", "service_category", "account", "sub_account")
        ]

    def more_open(self) -> bool:
        """Tell whether one of those is in use, or wrong."""
        return any(field.value() or field.errors for field in self.more_conditions())

    def reads_open(self) -> bool:
        """Tell whether something stands behind the disclosure about models, or is wrong there."""
        names = ("model", "model_from", "model_pattern", "token_kind", "tokens_per_unit")
        return any(self[name].value() or self[name].errors for name in names)

    def _first(self, today: date) -> dict[str, Any]:
        if self._rule is None:
            return {}
        stored = {name: getattr(self._rule, name) for name in KindFields.__dataclass_fields__}
        return stored | {"applies": SINCE, "since": today, "seen": version(self._rule)}

    def clean(self) -> dict[str, Any]:
        """Ask the rule itself whether it makes sense; each problem goes to its field."""
        given = super().clean() or self.cleaned_data
        if given.get("applies") == SINCE and not given.get("since") and "since" not in self.errors:
            self.add_error("since", "Enter the first day of the change.")
        for name, problem in self.rule_fields().problems().items():
            if name not in self.errors:
                self.add_error(name, problem)
        return given

    def rule_fields(self) -> KindFields:
        """Give what was typed as a rule; what could not be read is empty."""
        given = self.cleaned_data
        dates = {"effective_from", "effective_to"}
        texts = {
            name: given.get(name) or ""
            for name in KindFields.__dataclass_fields__
            if name not in dates | {"tokens_per_unit"}
        }
        per_unit: Decimal | None = given.get("tokens_per_unit")
        return KindFields(
            **texts,
            tokens_per_unit=per_unit,
            effective_from=self.change_since() or given.get("effective_from"),
            effective_to=given.get("effective_to"),
        )

    def change_since(self) -> date | None:
        """Give the day from which a change applies; None for all charges of the rule."""
        day: date | None = self.cleaned_data.get("since")
        if self.cleaned_data.get("applies") != SINCE or day is None:
            return None
        begins = self._rule.effective_from if self._rule else None
        # A rule that begins later has no past to keep: it begins when it did.
        return None if begins is not None and begins >= day else day


class NamingForm(forms.Form):
    """One step from the worklist: charges of exactly this service and meter are of a kind."""

    kind = forms.ChoiceField(choices=KIND_CHOICES)
    service_provider = forms.CharField(required=False, max_length=200, strip=False)
    service_name = forms.CharField(required=False, max_length=500, strip=False)
    sku_meter = forms.CharField(required=False, max_length=500, strip=False)

    def rule_fields(self) -> KindFields:
        """Make a rule of it; whatever would read as a wildcard in the texts stays one."""
        given = self.cleaned_data
        named = given["service_name"] or given["service_provider"] or "Charges"
        name = f"{named}: {given['sku_meter']}" if given["sku_meter"] else named
        conditions = {
            name: given[name].replace("|", "*")
            for name in ("service_provider", "service_name", "sku_meter")
        }
        reads = "sku_meter" if given["kind"] == "llm_usage" and given["sku_meter"] else ""
        return KindFields(
            name=name.strip()[:200] or "Charges", kind=given["kind"], model_from=reads, **conditions
        )


class RemoveForm(forms.Form):
    """Stop using a rule from a day on, or forget it."""

    how = forms.ChoiceField(
        label="What should happen?",
        choices=[
            (END, "Stop using it from a day on. Charges before keep what it said."),
            (DELETE, "Delete it. Charges keep what it said until they are classified again."),
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


#: What the address may bring along to a new rule.
PREFILLED: Final = tuple(FACTS_OF)
